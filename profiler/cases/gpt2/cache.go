package gpt2

import (
	"math"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// NewCache returns the case of the cache of keys and values, with the models of a library.
func NewCache(l Library) builtin.Case {
	return builtin.Case{
		Name:  "gpt2-cache",
		Title: "Preallocate GPT-2's cache of keys and values",
		Idea: "Preallocation allocates the whole cache before inference starts. " +
			"GPT-2 reads a text token by token, in float32, and keeps the keys and values of all tokens in a cache. " +
			"The variants concatenate the cache at every token, grow it by doubling, or allocate it for all tokens at once. " +
			"With concatenation, token t copies 2·blocks·width·4 bytes t times: a text of n tokens allocates 4·blocks·width·n(n+1) bytes, 51 MB in gpt2-mini for 64 tokens.",
		Limit: "Allocation per text falls to 0, but the live heap does not shrink: a text needs the same cache at its end. " +
			"A cache that doubles holds up to twice as much as its text needs. " +
			"Only the uncollected garbage shrinks, which is part of peak RSS. " +
			"The time saved is small and can drown in noise, because reading the weights dominates the time of a token.",

		Params: builtin.ParamsOf(l.param(), tokens, seed),
		Presets: []builtin.Preset{
			{Name: "gpt2-mini", Title: "GPT-2's architecture, 66 MiB of weights, 64 tokens", Params: builtin.Values(modelName.Is("gpt2-mini"), tokens.Is(64))},
			{Name: "gpt2-small", Title: "The size of GPT-2 small, 475 MiB of weights, 64 tokens", Params: builtin.Values(modelName.Is("gpt2-small"), tokens.Is(64))},
		},
		Variants: []builtin.Variant{
			{
				Name: "fresh", Title: "Concatenated at every token",
				Setup:  cacheVariant{l, concatenatedCache}.setUp,
				Source: testbed.ModelSource("gpt2_cache.go", "ConcatenatedCache.extend", "extended"),
			},
			{
				Name: "resize", Title: "Grown by doubling when a text needs more",
				Setup:  cacheVariant{l, grownCache}.setUp,
				Source: testbed.ModelSource("gpt2_cache.go", "GrownCache.extend"),
			},
			{
				Name: "preallocated", Title: "Allocated for all tokens before the first",
				Setup:  cacheVariant{l, fixedCache[float32]}.setUp,
				Source: testbed.ModelSource("gpt2_cache.go", "NewFixedCache"),
			},
		},
		Primary: []string{profiler.BytesPerOp, profiler.AllocsPerOp, profiler.LiveHeap, profiler.NsPerOp},

		Check:    l.check,
		Estimate: l.estimateCache,
		Predict:  l.predictCache,
	}
}

// A cacheVariant sets up a variant with the given cache, in float32. setUp is a method, not a closure: the
// compiler numbers closures, and profiles are compared by the names of functions.
type cacheVariant struct {
	Library
	cache func(in builtin.Input, m gpt) model.Cache[float32]
}

func (v cacheVariant) setUp(in builtin.Input) (builtin.Work, error) {
	m := v.find(in.Params)
	return newTextWork(in, m, float32Format(), v.cache(in, m), nil)
}

func concatenatedCache(_ builtin.Input, m gpt) model.Cache[float32] {
	return model.NewConcatenatedCache[float32](m.shape)
}

func grownCache(_ builtin.Input, m gpt) model.Cache[float32] {
	return model.NewGrownCache[float32](m.shape)
}

// predictCache predicts no allocations once the cache has room, and the extra size of a cache that
// grew by doubling.
func (l Library) predictCache(p profiler.Params) []profiler.Prediction {
	m, f, n := l.find(p).shape, cacheFormat, tokens.Of(p)
	none := profiler.Float(math.Inf(1))
	var out []profiler.Prediction
	for _, v := range []struct {
		name, note string
		live       float64
	}{
		{"resize", "once the cache has grown, in the first text", liveBytes(m, f, n) / liveBytes(m, f, model.GrownPositions(n))},
		{"preallocated", "", 1},
	} {
		out = append(out,
			profiler.Prediction{Variant: v.name, Unit: profiler.BytesPerOp, Ratio: none, Note: v.note},
			profiler.Prediction{Variant: v.name, Unit: profiler.AllocsPerOp, Ratio: none, Note: v.note},
			profiler.Prediction{Variant: v.name, Unit: profiler.LiveHeap, Ratio: profiler.Float(v.live)},
		)
	}
	return out
}

// cacheFormat is the format of all variants of the cache.
var cacheFormat = formatsOf("float32")[0]

// estimateCache covers all variants: a cache of the text's size, a larger one, and one that
// allocates all keys and values at every token.
func (l Library) estimateCache(p profiler.Params) builtin.Estimate {
	const perProduct = 0.2 // nanoseconds in float32, bound by memory
	m, n := l.find(p), tokens.Of(p)
	e := estimate(p, m, []format{cacheFormat})
	e.Live = int64(liveBytes(m.shape, cacheFormat, model.GrownPositions(n)))
	e.Churn = int64(concatenatedBytes(m.shape, n))
	e.Op = time.Duration(float64(n*m.shape.TokenProducts(n)) * perProduct)
	e.FitLive = 0 // nothing is prepared
	return e
}

// concatenatedBytes returns how many bytes a concatenated cache of float32 allocates in a text:
// the keys and values of 1, 2, … n tokens.
func concatenatedBytes(m model.GPT2, n int) int { return 4 * m.CacheCount(n*(n+1)/2) }
