package cases

import (
	"fmt"
	"math"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// newPreallocation trains ImageClassifier with the memory of its steps from three places, and reads a text with
// GPT-2 with its cache from three. Weights, optimiser state and data are set up alike, and the
// arithmetic is the same code.
func newPreallocation(models library) builtin.Case {
	return builtin.Case{
		Name:      "preallocation",
		Title:     "Preallocate a training step's tensors",
		Technique: "内存分配策略 · 预分配内存 (allocation strategy: preallocate)",
		Idea: "An image-recognition model that resizes its memory all the time while it trains wastes time and memory. " +
			"预分配内存: allocate enough before training or inference starts, and avoid resizing after that. " +
			"The article's code does the opposite of its text: set_memory_growth(True) grows memory on demand. " +
			"Here the text is built: one buffer for the largest batch, allocated before the first step. " +
			"GPT-2 reads a text token by token, in float32, with a cache of keys and values: concatenated at every token, or grown by doubling, or allocated for all tokens. " +
			"Concatenated, the token at place t copies 2·blocks·width·4 bytes t times: a text of n allocates 4·blocks·width·n(n+1) bytes, 51 MB in gpt2-mini for 64 tokens.",
		Limit: "Allocation per step goes to 0, but the live heap does not shrink: a step needs the same tensors at its peak, wherever they come from, " +
			"and a preallocated buffer keeps them between steps too. A cache that doubles holds up to twice what its text needs. What shrinks with GPT-2 is the garbage that waits for a collection: it is in peak RSS. " +
			"The gain in time is small and can drown in noise, because arithmetic dominates a step, and reading the weights a token. " +
			"The article's model has 285 KiB of weights even in float64; more filters and larger images make memory that counts.",

		Params: []builtin.Param{
			models.param("the article's model", "tokens and seed"),
			tokensParam,
			{Name: "batch", Type: builtin.Int, Default: int64(32), Min: 1, Max: 1024, Help: "examples in a training step"},
			{Name: "filters", Type: builtin.Int, Default: int64(32), Min: 1, Max: 1024, Help: "filters of the convolution; weights grow with them"},
			{Name: "image", Type: builtin.Int, Default: int64(32), Min: 8, Max: 256, Help: "side of the square images, in pixels; weights grow with its square"},
			{Name: "examples", Type: builtin.Int, Default: int64(500), Min: 10, Max: 100_000, Help: "examples to train on"},
			{Name: "epochs", Type: builtin.Int, Default: int64(10), Min: 1, Max: 100, Help: "passes over the examples in a whole fit"},
			{Name: "seed", Type: builtin.Int, Default: int64(1), Min: 0, Max: math.MaxInt32, Help: "seed of the images and the first weights"},
			imageData,
		},
		Presets: []builtin.Preset{
			{Name: "article", Title: "案例一 / Case 1", Params: map[string]any{}, Scale: builtin.Small},
			{Name: "large", Title: "Large: 86 MiB of weights", Params: map[string]any{"filters": 1024, "image": 96, "batch": 4, "examples": 12, "epochs": 2}, Scale: builtin.Large},
			{Name: "gpt2-mini", Title: "GPT-2's architecture, 66 MiB of weights, 64 tokens", Params: map[string]any{"model": "gpt2-mini", "tokens": 64}},
			{Name: "gpt2-small", Title: "The size of GPT-2 small, 475 MiB of weights, 64 tokens", Params: map[string]any{"model": "gpt2-small", "tokens": 64}},
		},
		Variants: []builtin.Variant{
			{
				Name: "fresh", Title: "Fresh tensors at every step",
				Setup: preallocationVariant{models, freshTensors, concatenatedCache}.setUp, Fit: stepMemory(freshTensors).fit,
				Source: sourcesOf(
					modelSource("allocator.go", "Fresh", "Fresh.Begin", "Fresh.Floats", "Fresh.Indices"),
					modelSource("gpt2_cache.go", "ConcatenatedCache.extend", "extended"),
				),
			},
			{
				Name: "resize", Title: "One buffer, reallocated when a batch needs more",
				Setup: preallocationVariant{models, resizedBuffer, grownCache}.setUp, Fit: stepMemory(resizedBuffer).fit,
				Source: sourcesOf(
					modelSource("allocator.go", "Resize", "Resize.Begin", "buffer.Floats"),
					modelSource("gpt2_cache.go", "GrownCache.extend"),
				),
			},
			{
				Name: "preallocated", Title: "One buffer, allocated before the first step",
				Setup: preallocationVariant{models, preallocatedBuffer, fixedCache[float32]}.setUp, Fit: stepMemory(preallocatedBuffer).fit,
				Source: sourcesOf(
					modelSource("allocator.go", "Preallocated", "Preallocate", "Preallocated.Begin", "buffer.Floats"),
					modelSource("gpt2_cache.go", "NewFixedCache"),
				),
			},
		},
		Primary: []string{profiler.BytesPerOp, profiler.AllocsPerOp, profiler.LiveHeap, profiler.NsPerOp},

		Counts: models.counts(),
		Check: func(p profiler.Params) profiler.Faults {
			if m, ok := models.find(p); ok {
				return checkLanguage(p, m)
			}
			return checkImages(p)
		},
		Estimate: func(p profiler.Params) builtin.Estimate {
			if m, ok := models.find(p); ok {
				return estimateCache(p, m)
			}
			return estimateTraining(p)
		},
		Predict: func(p profiler.Params) []profiler.Prediction {
			if m, ok := models.find(p); ok {
				return predictPreallocation("once the cache has grown, which the first text makes it do", grownCost(p, m.shape))
			}
			return predictPreallocation("once the buffer has grown, which the first step makes it do", 1)
		},
		Bitwise: true,
	}
}

// A preallocationVariant is where a training's steps get their tensors, and GPT-2 its cache. Its
// set-up is a method, not a closure: the compiler numbers closures, and profiles are held against
// each other by the names of functions.
type preallocationVariant struct {
	models library
	steps  stepMemory
	cache  cacheMemory
}

func (v preallocationVariant) setUp(in builtin.Input) (builtin.Work, error) {
	if m, ok := v.models.find(in.Params); ok {
		return readerOf(in, m, model.DenseFormat[float32](), v.cache(in, m), nil)
	}
	return newTraining(in, v.steps)
}

func freshTensors(model.ImageClassifier, int, int) model.Allocator[float32] {
	return model.Fresh[float32]{}
}

// resizedBuffer is sized by the first batch, as if that had been trained on already, so
// that a larger one makes it grow.
func resizedBuffer(m model.ImageClassifier, first, _ int) model.Allocator[float32] {
	r := &model.Resize[float32]{}
	if first > 0 {
		r.Begin(m.Need(first))
	}
	return r
}

func preallocatedBuffer(m model.ImageClassifier, _, largest int) model.Allocator[float32] {
	return model.Preallocate[float32](m.Need(largest))
}

// checkBatch refuses batches that the examples cannot fill.
func checkBatch(p profiler.Params) profiler.Faults {
	if p.Int("batch") > p.Int("examples") {
		return profiler.Faults{{
			Field:   "batch",
			Message: fmt.Sprintf("must be at most the number of examples, %d", p.Int("examples")),
		}}
	}
	return nil
}

// predictPreallocation says that nothing is left to allocate once there is room, and that the
// peak of an operation stays what it was, but for what grew beyond its need. Grown is what the
// baseline's live heap is of that.
func predictPreallocation(note string, grown float64) []profiler.Prediction {
	var predictions []profiler.Prediction
	for _, v := range []struct {
		name, note string
		live       float64
	}{
		{"resize", note, grown},
		{"preallocated", "", 1},
	} {
		predictions = append(predictions,
			profiler.Prediction{Variant: v.name, Unit: profiler.BytesPerOp, Ratio: profiler.Float(math.Inf(1)), Note: v.note},
			profiler.Prediction{Variant: v.name, Unit: profiler.AllocsPerOp, Ratio: profiler.Float(math.Inf(1)), Note: v.note},
			profiler.Prediction{Variant: v.name, Unit: profiler.LiveHeap, Ratio: profiler.Float(v.live)},
		)
	}
	return predictions
}

// estimateTraining scales what steps from the defaults up to 300 MB took on two cores at
// about 3 GHz, without other load.
func estimateTraining(p profiler.Params) builtin.Estimate {
	const (
		perProduct = 0.25 // nanoseconds of a multiplication in a layer, on two cores
		perPlace   = 40.0 // of a place of the convolution, whatever the filters
		perUpdate  = 4.0  // of the update of a weight
		perPixel   = 6.0  // of the generation of a number of an image
		perWeight  = 8.0  // of the generation of a weight, with the moments' allocation
		number     = 4    // bytes of a float32
	)
	m, batch, examples := shapeOf(p), p.Int("batch"), p.Int("examples")
	data, weights, need := examples*m.Pixels(), m.WeightCount(), m.Need(batch)

	// Data, weights, two moments and a step's tensors are alive at the peak.
	tensors := number*need.Floats + need.Indices
	live := number*(data+3*weights) + tensors
	image := float64(m.StepProducts())*perProduct + float64(m.Height*m.Width)*perPlace
	op := float64(batch)*image + float64(weights)*perUpdate
	setup := float64(data)*perPixel + float64(weights)*perWeight
	steps := p.Int("epochs") * ((examples + batch - 1) / batch)
	return builtin.Estimate{
		Live:  int64(live),
		Churn: int64(tensors),
		Setup: time.Duration(setup),
		Op:    time.Duration(op),
		Fit:   time.Duration(setup + op*float64(steps)),
	}
}
