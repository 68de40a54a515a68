package weights

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Cases that measure what is predicted here.
const (
	casePrecision = "precision"
	caseInteger   = "integer"
	caseTokenIDs  = "token-ids"
	casePruning   = "pruning"
	caseMmap      = "mmap"
	casePrealloc  = "preallocation"
	casePool      = "pool"
	caseLocality  = "locality"
	caseDistill   = "distillation"
)

// A rule says what a technique makes of a weight tensor.
type rule struct {
	name, title, theCase, assumption string

	before  func(w *weight) int64 // nil: what the file has
	after   func(w *weight, sum *terms) int64
	formula func(sum terms) string
}

// terms are what stands in a formula, over all weights.
type terms struct {
	numbers, matrix int64 // numbers in all, and in matrices
	kept            int64 // by pruning
	rows, channels  int64 // of matrices
	rest            int64 // bytes of what is no matrix
	values          int64 // bytes of the kept values
	mask            int64 // bytes that say where they are
}

// rules are the techniques whose bytes follow from the tensors alone.
var rules = []rule{
	{
		name: "float64-to-float32", title: "float64 to float32", theCase: casePrecision,
		assumption: "The program holds all numbers as float64, whatever the file has.",
		before:     func(w *weight) int64 { return 8 * w.n },
		after:      widthOf(4), formula: func(s terms) string { return "8n to 4n; n = " + Digits(s.numbers) },
	},
	stored("float32", 4, "Where it has narrower types this takes more: it is what computing in float32 takes."),
	stored("float16", 2, "Numbers over 65,504 do not fit. Widened tile by tile to compute: a whole widened copy takes more than was saved."),
	stored("bfloat16", 2, "The range of float32 with 8 bits of precision. Widened tile by tile to compute."),
	{
		name: "int8", title: "int8 per output channel", theCase: caseInteger,
		assumption: "Matrices and token embeddings, symmetric, with a float32 scale an output; position embeddings, normalisation and biases stay float32.",
		after:      int8Bytes,
		formula: func(s terms) string {
			return fmt.Sprintf("n + 4c + 4m; n = %s in matrices, c = %s outputs, m = %s other numbers", Digits(s.matrix), Digits(s.channels), Digits(s.numbers-s.matrix))
		},
	},
	csr(50), csr(80), csr(90),
	packed(50), packed(80), packed(90),
}

func widthOf(width int64) func(*weight, *terms) int64 {
	return func(w *weight, sum *terms) int64 {
		sum.numbers += w.n
		return width * w.n
	}
}

func stored(name string, width int64, assumption string) rule {
	return rule{
		name: name, title: "stored as " + name, theCase: casePrecision, assumption: "All weights, from what the file has. " + assumption,
		after:   widthOf(width),
		formula: func(s terms) string { return fmt.Sprintf("%dn; n = %s", width, Digits(s.numbers)) },
	}
}

func int8Bytes(w *weight, sum *terms) int64 {
	sum.numbers += w.n
	if !w.matrix {
		return 4 * w.n
	}
	sum.matrix += w.n
	sum.channels += w.channels
	return w.n + 4*w.channels
}

const prunedAlike = "Matrices but for embeddings and the output head, each pruned to that share, their values in the file's type (float32 where it has blocks); the rest stays as it is. "

// csr prunes to compressed sparse rows with 32-bit columns.
func csr(percent int64) rule {
	return rule{
		name: fmt.Sprintf("csr-%d", percent), title: fmt.Sprintf("pruned %d %%, sparse rows", percent), theCase: casePruning,
		assumption: prunedAlike + "A 32-bit column for every value, and where each row begins.",
		after: func(w *weight, sum *terms) int64 {
			kept, values := prune(w, percent, sum)
			if kept == 0 {
				return w.Bytes
			}
			sum.rows += w.rows + 1
			return values + 4*kept + 4*(w.rows+1)
		},
		formula: func(s terms) string {
			return fmt.Sprintf("v + 4k + 4r + m; k = %s kept of %s, v = %s B of them, r = %s row starts, m = %s B else", Digits(s.kept), Digits(s.matrix), Digits(s.values), Digits(s.rows), Digits(s.rest))
		},
	}
}

// packed prunes to a mask of one bit a weight, and the values that are left. The mask is in words of
// 64 bits; to find values by, every 16th has a mark of 4 bytes.
func packed(percent int64) rule {
	return rule{
		name: fmt.Sprintf("packed-%d", percent), title: fmt.Sprintf("pruned %d %%, bit mask", percent), theCase: casePruning,
		assumption: prunedAlike + "One bit a weight and the values packed, with an index to find them by of a 32nd of the mask.",
		after: func(w *weight, sum *terms) int64 {
			kept, values := prune(w, percent, sum)
			if kept == 0 {
				return w.Bytes
			}
			words := (w.n + 63) / 64
			mask := 8*words + 4*((words+15)/16)
			sum.mask += mask
			return values + mask
		},
		formula: func(s terms) string {
			return fmt.Sprintf("v + b + m; v = %s B of %s kept of %s, b = %s B of mask and index, m = %s B else", Digits(s.values), Digits(s.kept), Digits(s.matrix), Digits(s.mask), Digits(s.rest))
		},
	}
}

// prune counts the numbers that pruning leaves of a matrix, at least one, and their bytes: 0 of what is
// not pruned. Embeddings are not, nor the head, as in the case.
func prune(w *weight, percent int64, sum *terms) (kept, bytes int64) {
	sum.numbers += w.n
	if !w.matrix || w.kind == kindTokens || w.kind == kindHead {
		sum.rest += w.Bytes
		return 0, 0
	}
	kept = max(int64(math.RoundToEven(float64(w.n)*float64(100-percent)/100)), 1)
	width := w.Type.width()
	if width == 0 {
		width = 4
	}
	sum.matrix += w.n
	sum.kept += kept
	sum.values += kept * width
	return kept, kept * width
}

// runtimeSavings are the techniques that are about what a program does with the file.
func runtimeSavings(f *File) []Saving {
	out := append(cacheSavings(f), mmapSaving(f))
	for _, s := range []struct{ name, title, theCase, why string }{
		{"preallocation", "preallocated buffers", casePrealloc, "It depends on your program, not on the file: what a step allocates anew, and how often."},
		{"pool", "memory pool", casePool, "It depends on your program, not on the file: sizes and lifetimes of what it allocates."},
		{"locality", "data locality", caseLocality, "It depends on your program, not on the file: the order of its accesses. Memory stays what it is; time changes."},
		{"distillation", "distillation", caseDistill, "Not arithmetic: a smaller model is trained, and saves what it is smaller by, at the price of accuracy that only a test tells."},
	} {
		out = append(out, Saving{Name: s.name, Title: s.title, Case: s.theCase, Unknown: s.why})
	}
	return out
}

// cacheSavings are about the keys and values of past positions, and about tokens.
func cacheSavings(f *File) []Saving {
	fixed := Saving{Name: "kv-fixed", Title: "KV cache allocated once: bytes allocated over the context", Case: casePrealloc}
	half := Saving{Name: "kv-float16", Title: "KV cache as float16"} // no case has one
	tokens := Saving{Name: "token-ids", Title: "token ids as small integers", Case: caseTokenIDs}
	c, unknown := cacheOf(f)
	if unknown != "" {
		unknown = "Left out: " + unknown + "."
		fixed.Unknown, half.Unknown, tokens.Unknown = unknown, unknown, unknown
		return []Saving{fixed, half, tokens}
	}
	each := fmt.Sprintf("%d layers × %s numbers", c.Layers, Digits(c.Keys+c.Values))
	size := fmt.Sprintf("%s × %s positions, by %s", each, Digits(c.Context), c.From)
	once := 4 * c.numbers(c.Context)
	if lengths := c.Context * (c.Context + 1) / 2; c.numbers(4) > math.MaxInt64/lengths {
		fixed.Unknown = "Left out: over a context as long as this, concatenating allocates more bytes than can be counted."
	} else {
		fixed.Before, fixed.After = c.numbers(4)*lengths, once
		fixed.Formula = fmt.Sprintf("4 B × %s × (1 + 2 + … + %s) to 4 B × %s", each, Digits(c.Context), size)
		fixed.Assumption = "One sequence of the full context, float32, every layer keeping all positions. It is what is allocated in all, not what is held at a time: before, every layer concatenates its keys and values at every token, into new ones of all positions so far."
	}
	half.Before, half.After = once, once/2
	half.Formula = "4 B to 2 B × " + size
	half.Assumption = "One sequence of the full context, every layer keeping all positions, in a cache that is allocated once."
	if c.Vocabulary <= 0 {
		tokens.Unknown = "Left out: the file does not give the size of the vocabulary."
		return []Saving{fixed, half, tokens}
	}
	width, name := int64(2), "uint16"
	if c.Vocabulary > 1<<16 {
		width, name = 4, "uint32"
	}
	tokens.Title = "token ids as " + name
	tokens.Before, tokens.After = 8*c.Context, width*c.Context
	tokens.Formula = fmt.Sprintf("8 B to %d B × %s positions", width, Digits(c.Context))
	tokens.Assumption = fmt.Sprintf("One sequence of the full context; %s ids fit %s. It counts where a data set of tokens is held.", Digits(c.Vocabulary), name)
	return []Saving{fixed, half, tokens}
}

const (
	page    = 4096 // bytes
	touched = 10   // percent of the file
)

// mmapSaving is about mapping the file in place of reading it.
func mmapSaving(f *File) Saving {
	pages := (f.Size*touched/100 + page - 1) / page
	return Saving{
		Name: "mmap", Title: fmt.Sprintf("mapped, %d %% touched", touched), Case: caseMmap,
		Before: f.Size, After: pages * page,
		Formula:    fmt.Sprintf("%s B to %s pages of %d B", Digits(f.Size), Digits(pages), page),
		Assumption: "One run of the file is touched; touching a number of every tenth page makes nearly all resident. What was anonymous becomes backed by the file: the system can drop it, and processes share it.",
	}
}

// Digits writes a whole number with its thousands grouped.
func Digits(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Digits(int64(n)) + " " + noun + "s"
}

func trimZeros(number string) string { return strings.TrimLeft(number, "0") }
