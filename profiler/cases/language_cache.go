package cases

import (
	"time"

	"heaplab/profiler"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// A cacheMemory returns the cache of keys and values that a text is read with, in float32.
type cacheMemory func(in builtin.Input, m languageModel) model.Cache[float32]

func concatenatedCache(_ builtin.Input, m languageModel) model.Cache[float32] {
	return model.NewConcatenatedCache[float32](m.shape)
}

func grownCache(_ builtin.Input, m languageModel) model.Cache[float32] {
	return model.NewGrownCache[float32](m.shape)
}

// grownCost is the live heap with a cache that has what the text needs over that with one that
// grew by doubling.
func grownCost(p profiler.Params, m model.GPT2) float64 {
	f, tokens := formatOf("float32"), p.Int("tokens")
	return languageLive(m, f, tokens) / languageLive(m, f, model.GrownPositions(tokens))
}

// estimateCache is of the variants with a cache of the text's size, of a larger one, and of one
// that allocates all keys and values so far at every token.
func estimateCache(p profiler.Params, m languageModel) builtin.Estimate {
	const perProduct = 0.2 // nanoseconds in float32, bound by memory
	f, tokens := formatOf("float32"), p.Int("tokens")
	e := estimateLanguage(p, m, []languageFormat{f})
	e.Live = int64(languageLive(m.shape, f, model.GrownPositions(tokens)))
	e.Churn = int64(concatenatedBytes(m.shape, tokens))
	e.Op = time.Duration(float64(tokens*m.shape.TokenProducts(tokens)) * perProduct)
	e.FitLive = 0 // nothing is prepared
	return e
}

// concatenatedBytes is what a cache of float32 that is concatenated at every token allocates in
// a text: the keys and values of 1, 2, … tokens.
func concatenatedBytes(m model.GPT2, tokens int) int { return 4 * m.CacheCount(tokens*(tokens+1)/2) }
