package weights

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Cases that measure these techniques: some on a GPT-2 of the folder of models, and caseMatrices
// on the matrices of any file.
const (
	casePrecision = "gpt2-precision"
	caseInteger   = "gpt2-integer"
	caseMatrices  = "matrices"
	caseTokenIDs  = "token-ids"
	casePruning   = "gpt2-pruning"
	caseMmap      = "mmap"
	caseCache     = "gpt2-cache"
	casePrealloc  = "preallocation"
	casePool      = "pool"
	caseLocality  = "locality"
	caseDistill   = "distillation"
)

// A rule computes the bytes of a weight tensor after a technique.
type rule struct {
	name, title, theCase, matrixCase, assumption string

	before  func(w *weight) int64 // bytes before; nil: bytes in the file
	after   func(w *weight, sum *terms) int64
	formula func(sum terms) string
}

// terms holds the terms of a formula, summed over all weights.
type terms struct {
	numbers, matrix int64 // numbers in total, and in matrices
	kept            int64 // numbers that pruning keeps
	rows, channels  int64 // of matrices
	rest            int64 // bytes of weights that are not pruned
	values          int64 // bytes of the kept numbers
	mask            int64 // bytes of the mask of kept numbers, with its index
}

// rules lists the techniques whose effect follows from the tensors alone.
var rules = []rule{
	{
		name: "float64-to-float32", title: "float64 to float32", theCase: casePrecision, matrixCase: caseMatrices,
		assumption: "The program holds all numbers as float64, whatever the file has.",
		before:     func(w *weight) int64 { return 8 * w.n },
		after:      widthOf(4), formula: func(s terms) string { return "8n to 4n; n = " + Digits(s.numbers) },
	},
	stored("float32", 4, "Narrower types grow: this is the memory needed to compute in float32."),
	stored("float16", 2, "Numbers above 65,504 do not fit. To compute, the program widens one tile at a time: widening all at once would need more memory than this saves."),
	stored("bfloat16", 2, "The range of float32 with 8 bits of precision. To compute, the program widens one tile at a time."),
	{
		name: "int8", title: "int8 per output channel", theCase: caseInteger, matrixCase: caseMatrices,
		assumption: "Matrices and token embeddings, symmetric, with a float32 scale per output; position embeddings, normalisation and biases stay float32.",
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
		name: name, title: "stored as " + name, theCase: casePrecision, matrixCase: caseMatrices, assumption: "All weights, from what the file has. " + assumption,
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

const prunedAlike = "That share of every matrix is pruned, except in embeddings and the output head. Kept values have the type of the file, or float32 if that type stores blocks. Other tensors do not change. "

// csr returns the rule for pruning to compressed sparse rows with 32-bit columns.
func csr(percent int64) rule {
	return rule{
		name: fmt.Sprintf("csr-%d", percent), title: fmt.Sprintf("pruned %d%%, sparse rows", percent), theCase: casePruning,
		assumption: prunedAlike + "Each value has a 32-bit column, and each row a 32-bit start.",
		after: func(w *weight, sum *terms) int64 {
			kept, values := prune(w, percent, sum)
			if kept == 0 {
				return w.Bytes
			}
			sum.rows += w.rows + 1
			return values + 4*kept + 4*(w.rows+1)
		},
		formula: func(s terms) string {
			return fmt.Sprintf("v + 4k + 4r + m; k = %s kept of %s, v = %s B of them, r = %s row starts, m = %s B of other tensors", Digits(s.kept), Digits(s.matrix), Digits(s.values), Digits(s.rows), Digits(s.rest))
		},
	}
}

// packed returns the rule for pruning to a mask of one bit per weight and the kept values. The mask
// has words of 64 bits; its index has 4 bytes for every 16 words.
func packed(percent int64) rule {
	return rule{
		name: fmt.Sprintf("packed-%d", percent), title: fmt.Sprintf("pruned %d%%, bit mask", percent), theCase: casePruning,
		assumption: prunedAlike + "One bit per weight, the packed values, and an index of 1/32 of the mask to find them.",
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
			return fmt.Sprintf("v + b + m; v = %s B of %s kept of %s, b = %s B of mask and index, m = %s B of other tensors", Digits(s.values), Digits(s.kept), Digits(s.matrix), Digits(s.mask), Digits(s.rest))
		},
	}
}

// prune returns how many numbers of a matrix pruning keeps, at least one, and their bytes. It returns
// 0 for a weight that is not pruned. As in the case, embeddings and the output head are not.
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

// runtimeSavings returns the techniques whose effect depends on how a program uses the file.
func runtimeSavings(f *File) []Saving {
	out := append(cacheSavings(f), mmapSaving(f))
	for _, s := range []struct{ name, title, theCase, why string }{
		{"preallocation", "preallocated buffers", casePrealloc, "It depends on your program, not on the file: what each step allocates, and how often."},
		{"pool", "memory pool", casePool, "It depends on your program, not on the file: the sizes and lifetimes of its allocations."},
		{"locality", "data locality", caseLocality, "It depends on your program, not on the file: the order of its accesses. It changes time, not memory."},
		{"distillation", "distillation", caseDistill, "It cannot be computed: you train a smaller model, which saves the difference in size. Only a test shows how much accuracy it loses."},
	} {
		out = append(out, Saving{Name: s.name, Title: s.title, Case: s.theCase, Unknown: s.why})
	}
	return out
}

// cacheSavings returns the techniques for the KV cache and for token ids.
func cacheSavings(f *File) []Saving {
	fixed := Saving{Name: "kv-fixed", Title: "KV cache allocated once: bytes allocated over the context", Case: caseCache}
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
		fixed.Unknown = "Left out: with a context this long, concatenating allocates more bytes than can be counted."
	} else {
		fixed.Before, fixed.After = c.numbers(4)*lengths, once
		fixed.Formula = fmt.Sprintf("4 B × %s × (1 + 2 + … + %s) to 4 B × %s", each, Digits(c.Context), size)
		fixed.Assumption = "One sequence of the full context, float32, with all positions kept in every layer. The numbers are total allocations, not memory in use at one time: before, every layer copies its keys and values into a longer array at every token."
	}
	half.Before, half.After = once, once/2
	half.Formula = "4 B to 2 B × " + size
	half.Assumption = "One sequence of the full context, with all positions kept in every layer, in a cache that is allocated once."
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
	tokens.Assumption = fmt.Sprintf("One sequence of the full context; %s ids fit %s. It matters for a program that keeps a data set of tokens in memory.", Digits(c.Vocabulary), name)
	return []Saving{fixed, half, tokens}
}

const (
	page    = 4096 // bytes
	touched = 10   // percent of the file
)

// mmapSaving returns the saving of mapping the file instead of reading it.
func mmapSaving(f *File) Saving {
	pages := (f.Size*touched/100 + page - 1) / page
	return Saving{
		Name: "mmap", Title: fmt.Sprintf("mapped, %d%% touched", touched), Case: caseMmap,
		Before: f.Size, After: pages * page,
		Formula:    fmt.Sprintf("%s B to %s pages of %d B", Digits(f.Size), Digits(pages), page),
		Assumption: "The program touches one contiguous part of the file. Touching every tenth page instead would make nearly all of it resident. The memory is backed by the file instead of anonymous: the system can drop it, and processes share it.",
	}
}

// Digits formats a whole number with commas between thousands.
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
