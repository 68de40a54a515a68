package cases

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
	"unsafe"

	"heaplab/profiler"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/subject/builtin"
)

// tokenIDs holds a corpus's token ids in types of 8, 4 and 2 bytes.
var tokenIDs = builtin.Case{
	Name:  "token-ids",
	Title: "Store token ids in fewer bytes",
	Idea: "Integers save memory if their type is as small as their values allow. " +
		"A language model trains on a corpus of token ids. Libraries return them as int64, 8 bytes for a number below 65,536 in most vocabularies. " +
		"The variants hold the same ids in 8, 4 or 2 bytes. The same generic code counts pairs of neighbours in them, and the counts are equal.",
	Limit: "The ids take 2.0 times less in int32 and 4.0 times less in uint16, exactly, because nothing is rounded. " +
		"A vocabulary of more than 65,535 ids, with 0 for the end of a text, does not fit uint16: a truncated id is another word, without any error. " +
		"It is not worthwhile for few ids, such as those of a prompt. If a library takes int64, each batch must be widened again. " +
		"Time changes little: the corpus is read from front to back, and an id takes the same number of instructions in any type.",

	Params: builtin.ParamsOf(ids, vocabulary, corpusSeed),
	Presets: []builtin.Preset{
		{Name: "article", Title: "A million ids", Params: builtin.Values(), Scale: builtin.Small},
		{Name: "large", Title: "Large: 64 MiB of int64", Params: builtin.Values(ids.Is(1 << 23)), Scale: builtin.Large},
	},
	Variants: []builtin.Variant{
		{
			Name: "int64", Title: "8 bytes per id",
			Setup: idsInInt64, Source: testbed.Quote(sources, "tokenids.go", "idsInInt64"),
		},
		{
			Name: "int32", Title: "4 bytes per id",
			Setup: idsInInt32, Source: testbed.Quote(sources, "tokenids.go", "idsInInt32"),
		},
		{
			Name: "uint16", Title: "2 bytes per id",
			Setup: idsInUint16, Source: testbed.Quote(sources, "tokenids.go", "idsInUint16"),
		},
	},
	Primary: []string{profiler.LiveHeap, profiler.NsPerOp},

	Check:    checkTokenIDs,
	Estimate: estimateTokenIDs,
	Predict:  predictTokenIDs,
}

// Params of the case token-ids.
var (
	ids        = builtin.NewInt("ids", 1_000_000, 2, 1<<28, "token ids in the corpus; memory grows with them")
	vocabulary = builtin.NewInt("vocab", 50257, 2, 1<<20, "tokens of the vocabulary, without the end of a text; GPT-2's by default")
	corpusSeed = builtin.NewInt("seed", 1, 0, math.MaxInt32, "seed of the corpus")
)

// idsInInt64 holds ids in the type that libraries return.
func idsInInt64(in builtin.Input) (builtin.Work, error) { return newCorpus[int64](in), nil }

// idsInInt32 holds ids in half of that, for any vocabulary.
func idsInInt32(in builtin.Input) (builtin.Work, error) { return newCorpus[int32](in), nil }

// idsInUint16 holds ids in a quarter, for vocabularies of up to 65,535 tokens.
func idsInUint16(in builtin.Input) (builtin.Work, error) { return newCorpus[uint16](in), nil }

// checkTokenIDs rejects a vocabulary that does not fit uint16.
func checkTokenIDs(p profiler.Params) profiler.Faults {
	if vocabulary.Of(p) > math.MaxUint16 {
		return profiler.Faults{{
			Field:   "vocab",
			Message: fmt.Sprintf("must be at most %d, the largest id that the variant uint16 can hold", math.MaxUint16),
		}}
	}
	return nil
}

// predictTokenIDs counts the bytes of the ids, and of the counters, which all variants have.
func predictTokenIDs(p profiler.Params) []profiler.Prediction {
	const counters = pairCounters * float64(unsafe.Sizeof(uint32(0)))
	n := float64(ids.Of(p))
	var out []profiler.Prediction
	for _, v := range []struct {
		name  string
		width float64
	}{{"int32", 4}, {"uint16", 2}} {
		out = append(out,
			profiler.Prediction{Variant: v.name, Unit: profiler.DataBytes, Ratio: profiler.Float(8 / v.width)},
			profiler.Prediction{Variant: v.name, Unit: profiler.LiveHeap, Ratio: profiler.Float((8*n + counters) / (v.width*n + counters)), Note: "with the counters of pairs, which stay as they are"},
		)
	}
	return out
}

// estimateTokenIDs scales measurements of the defaults and the large preset on two cores at about
// 3 GHz, without other load.
func estimateTokenIDs(p profiler.Params) builtin.Estimate {
	const (
		perID   = 10.0 // nanoseconds of the generation of an id
		perPair = 2.0  // of counting it
	)
	n := float64(ids.Of(p))
	return builtin.Estimate{
		Live:  int64(8*n) + 4*pairCounters,
		Setup: time.Duration(n * perID),
		Op:    time.Duration(n * perPair),
	}
}

// pairCounters is the number of counters of pairs. They fit the first-level cache.
const (
	pairBits     = 12
	pairCounters = 1 << pairBits
)

// A corpus is texts as token ids of type T, with counters of pairs of neighbours.
type corpus[T int64 | int32 | uint16] struct {
	ids    []T // from 1; 0 ends a text
	counts [pairCounters]uint32
}

// newCorpus generates ids by Zipf's law: a few are frequent, and most are rare.
func newCorpus[T int64 | int32 | uint16](in builtin.Input) *corpus[T] {
	c := &corpus[T]{ids: make([]T, ids.Of(in.Params))}
	random := rand.New(rand.NewPCG(uint64(corpusSeed.Of(in.Params)), 0))
	vocab := float64(vocabulary.Of(in.Params))
	scale := math.Log(vocab + 2)
	for i := range c.ids {
		c.ids[i] = T(min(math.Exp(random.Float64()*scale)-1, vocab))
	}
	return c
}

// Op counts the pairs of neighbours in the same text, by their hash.
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

// Metrics returns the size of the ids.
func (c *corpus[T]) Metrics() []profiler.Measurement {
	return []profiler.Measurement{{Unit: profiler.DataBytes, Value: float64(len(c.ids)) * float64(unsafe.Sizeof(T(0)))}}
}

func (c *corpus[T]) Close() error { return nil }
