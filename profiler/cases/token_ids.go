package cases

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
	"unsafe"

	"heaplab/profiler"
	"heaplab/profiler/subject/builtin"
)

// tokenIDs holds a corpus's token ids in types of 8, 4 and 2 bytes.
var tokenIDs = builtin.Case{
	Name:      "token-ids",
	Title:     "Hold token ids in as few bytes as they need",
	Technique: "数据类型优化 · 使用整数类型 (data types: use integers)",
	Idea: "使用整数类型: integers where they fit, and then as small as they fit. " +
		"A language model is trained on a corpus of token ids, which libraries hand out as int64, 8 bytes for a number that is less than 65,536 in most vocabularies. " +
		"Here the same ids are held in 8, 4 or 2 bytes, and the same generic code counts pairs of neighbours in them: the counts are equal.",
	Limit: "The width of a type over that of another: 2.0 × for int32 and 4.0 × for uint16, of the ids alone, and exactly, because nothing is rounded. " +
		"A vocabulary of more than 65,535 ids, with 0 for the end of a text, does not fit uint16: an id that is cut off is another word, and nothing tells. " +
		"It is not worth it where ids are few beside a model, such as those of a prompt; where a library takes int64, a batch is widened anew each time. " +
		"Time changes little: the corpus is read from front to back, and an id takes as many instructions in any type.",

	Params: []builtin.Param{
		{Name: "ids", Type: builtin.Int, Default: int64(1_000_000), Min: 2, Max: 1 << 28, Help: "token ids in the corpus; memory grows with them"},
		{Name: "vocab", Type: builtin.Int, Default: int64(50257), Min: 2, Max: 1 << 20, Help: "tokens of the vocabulary, without the end of a text; GPT-2's by default"},
		{Name: "seed", Type: builtin.Int, Default: int64(1), Min: 0, Max: math.MaxInt32, Help: "seed of the corpus"},
	},
	Presets: []builtin.Preset{
		{Name: "article", Title: "A million ids", Params: map[string]any{}, Scale: builtin.Small},
		{Name: "large", Title: "Large: 64 MiB of int64", Params: map[string]any{"ids": 1 << 23}, Scale: builtin.Large},
	},
	Variants: []builtin.Variant{
		{
			Name: "int64", Title: "8 bytes an id",
			Setup: idsInInt64, Source: ownSource("token_ids.go", "idsInInt64"),
		},
		{
			Name: "int32", Title: "4 bytes an id",
			Setup: idsInInt32, Source: ownSource("token_ids.go", "idsInInt32"),
		},
		{
			Name: "uint16", Title: "2 bytes an id",
			Setup: idsInUint16, Source: ownSource("token_ids.go", "idsInUint16"),
		},
	},
	Primary: []string{profiler.LiveHeap, profiler.NsPerOp},

	Check:    checkTokenIDs,
	Estimate: estimateTokenIDs,
	Predict:  predictTokenIDs,
}

// idsInInt64 holds ids as libraries hand them out.
func idsInInt64(in builtin.Input) (builtin.Work, error) { return newCorpus[int64](in), nil }

// idsInInt32 holds ids in half of that, for any vocabulary that there is.
func idsInInt32(in builtin.Input) (builtin.Work, error) { return newCorpus[int32](in), nil }

// idsInUint16 holds ids in a quarter, for vocabularies of up to 65,535 tokens.
func idsInUint16(in builtin.Input) (builtin.Work, error) { return newCorpus[uint16](in), nil }

// checkTokenIDs refuses a vocabulary of which uint16 cannot hold all ids.
func checkTokenIDs(p profiler.Params) profiler.Faults {
	if p.Int("vocab") > math.MaxUint16 {
		return profiler.Faults{{
			Field:   "vocab",
			Message: fmt.Sprintf("must be at most %d: ids begin at 1, and the variant uint16 holds none that is greater", math.MaxUint16),
		}}
	}
	return nil
}

// predictTokenIDs counts the ids' bytes and the counters', which are the same in all variants.
func predictTokenIDs(p profiler.Params) []profiler.Prediction {
	const counters = pairCounters * float64(unsafe.Sizeof(uint32(0)))
	ids := float64(p.Int("ids"))
	var out []profiler.Prediction
	for _, v := range []struct {
		name  string
		width float64
	}{{"int32", 4}, {"uint16", 2}} {
		out = append(out,
			profiler.Prediction{Variant: v.name, Unit: profiler.DataBytes, Ratio: profiler.Float(8 / v.width)},
			profiler.Prediction{Variant: v.name, Unit: profiler.LiveHeap, Ratio: profiler.Float((8*ids + counters) / (v.width*ids + counters)), Note: "with the counters of pairs, which stay as they are"},
		)
	}
	return out
}

// estimateTokenIDs scales what was measured at the defaults and at the large preset on two cores
// at about 3 GHz, without other load.
func estimateTokenIDs(p profiler.Params) builtin.Estimate {
	const (
		perID   = 10.0 // nanoseconds of the generation of an id
		perPair = 2.0  // of its counting
	)
	ids := float64(p.Int("ids"))
	return builtin.Estimate{
		Live:  int64(8*ids) + 4*pairCounters,
		Setup: time.Duration(ids * perID),
		Op:    time.Duration(ids * perPair),
	}
}

// pairCounters is how many counters the pairs of neighbours share: they fit the first-level cache.
const (
	pairBits     = 12
	pairCounters = 1 << pairBits
)

// A corpus is texts as token ids of type T, and counters of their pairs of neighbours.
type corpus[T int64 | int32 | uint16] struct {
	ids    []T // from 1; 0 ends a text
	counts [pairCounters]uint32
}

// newCorpus generates ids of which few are frequent and most are rare, as Zipf's law has it.
func newCorpus[T int64 | int32 | uint16](in builtin.Input) *corpus[T] {
	c := &corpus[T]{ids: make([]T, in.Int("ids"))}
	random := rand.New(rand.NewPCG(uint64(in.Int("seed")), 0))
	vocab := float64(in.Int("vocab"))
	scale := math.Log(vocab + 2)
	for i := range c.ids {
		c.ids[i] = T(min(math.Exp(random.Float64()*scale)-1, vocab))
	}
	return c
}

// Op counts the pairs of neighbours in the same text, by a hash of theirs.
func (c *corpus[T]) Op(mark func()) error {
	clear(c.counts[:])
	var last uint32
	for _, id := range c.ids {
		id := uint32(id)
		if last != 0 && id != 0 {
			c.counts[(last*0x9e3779b1+id*0x85ebca6b)>>(32-pairBits)]++
		}
		last = id
	}
	mark()
	return nil
}

// Metrics are the size of the ids.
func (c *corpus[T]) Metrics() []profiler.Measurement {
	return []profiler.Measurement{{Unit: profiler.DataBytes, Value: float64(len(c.ids)) * float64(unsafe.Sizeof(T(0)))}}
}

func (c *corpus[T]) Close() error { return nil }
