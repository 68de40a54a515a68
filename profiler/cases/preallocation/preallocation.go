// Package preallocation trains an image classifier with three ways to allocate the tensors of a
// step.
package preallocation

import (
	"embed"
	"math"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// Sources are the files of this package.
//
//go:embed *.go
var Sources embed.FS

// New returns the case with the images of a server to train on. Weights, optimiser state and data
// are set up alike in all variants, and the arithmetic is the same code.
func New(images builtin.ChoiceParam) builtin.Case {
	return builtin.Case{
		Name:  "preallocation",
		Title: "Preallocate a training step's tensors",
		Idea: "An image classifier that resizes its memory in every training step wastes time and memory. " +
			"Preallocation allocates all buffers before training starts. " +
			"The article's code does the opposite of its text: set_memory_growth(True) grows memory on demand. " +
			"This case does what the text says: it allocates one buffer for the largest batch before the first step.",
		Limit: "Allocation per step falls to 0, but the live heap does not shrink. A step needs the same tensors at its peak, wherever they come from, " +
			"and a preallocated buffer also keeps them between steps. " +
			"The time saved is small and can drown in noise, because arithmetic dominates a step. " +
			"The article's model has 285 KiB of weights even in float64; use more filters and larger images to measure a realistic size.",

		Params: builtin.ParamsOf(testbed.ImageBatch, testbed.Filters, testbed.ImageSide,
			testbed.ImageExamples, testbed.ImageEpochs, testbed.ImageSeed, images),
		Presets: []builtin.Preset{
			{Name: "article", Title: "The article's case 1", Params: builtin.Values(), Scale: builtin.Small},
			{Name: "large", Title: "Large: 86 MiB of weights", Scale: builtin.Large, Params: builtin.Values(
				testbed.Filters.Is(1024), testbed.ImageSide.Is(96), testbed.ImageBatch.Is(4), testbed.ImageExamples.Is(12), testbed.ImageEpochs.Is(2))},
		},
		Variants: []builtin.Variant{
			{
				Name: "fresh", Title: "Fresh tensors at every step",
				Setup: stepMemory(freshTensors).setUp, Fit: stepMemory(freshTensors).fit,
				Source: testbed.ModelSource("allocator.go", "Fresh", "Fresh.Begin", "Fresh.Floats", "Fresh.Indices"),
			},
			{
				Name: "resize", Title: "One buffer, reallocated when a batch needs more",
				Setup: stepMemory(resizedBuffer).setUp, Fit: stepMemory(resizedBuffer).fit,
				Source: testbed.ModelSource("allocator.go", "Resize", "Resize.Begin", "buffer.Floats"),
			},
			{
				Name: "preallocated", Title: "One buffer, allocated before the first step",
				Setup: stepMemory(preallocatedBuffer).setUp, Fit: stepMemory(preallocatedBuffer).fit,
				Source: testbed.ModelSource("allocator.go", "Preallocated", "Preallocate", "Preallocated.Begin", "buffer.Floats"),
			},
		},
		Primary: []string{profiler.BytesPerOp, profiler.AllocsPerOp, profiler.LiveHeap, profiler.NsPerOp},

		Check:    testbed.CheckImages,
		Estimate: estimate,
		Predict:  predict,
		Bitwise:  true,
	}
}

// predict says that a step allocates nothing once there is room, and that its peak stays the same.
func predict(profiler.Params) []profiler.Prediction {
	none := profiler.Float(math.Inf(1))
	var predictions []profiler.Prediction
	for _, v := range []struct{ name, note string }{
		{"resize", "once the buffer has grown, in the first step"},
		{"preallocated", ""},
	} {
		predictions = append(predictions,
			profiler.Prediction{Variant: v.name, Unit: profiler.BytesPerOp, Ratio: none, Note: v.note},
			profiler.Prediction{Variant: v.name, Unit: profiler.AllocsPerOp, Ratio: none, Note: v.note},
			profiler.Prediction{Variant: v.name, Unit: profiler.LiveHeap, Ratio: 1},
		)
	}
	return predictions
}

// estimate scales measurements of steps from the defaults up to 300 MB on two cores at about
// 3 GHz, without other load.
func estimate(p profiler.Params) builtin.Estimate {
	const (
		perProduct = 0.25 // nanoseconds of a multiplication in a layer, on two cores
		perPlace   = 40.0 // of a place of the convolution, whatever the filters
		perUpdate  = 4.0  // of the update of a weight
		perPixel   = 6.0  // of the generation of a number of an image
		perWeight  = 8.0  // of the generation of a weight, with the moments' allocation
		number     = 4    // bytes of a float32
	)
	m, batch, examples := shape(p), testbed.ImageBatch.Of(p), testbed.ImageExamples.Of(p)
	data, weights, need := examples*m.Pixels(), m.WeightCount(), m.Need(batch)

	// Data, weights, two moments and a step's tensors are live at the peak.
	tensors := number*need.Floats + need.Indices
	live := number*(data+3*weights) + tensors
	image := float64(m.StepProducts())*perProduct + float64(m.Height*m.Width)*perPlace
	op := float64(batch)*image + float64(weights)*perUpdate
	setup := float64(data)*perPixel + float64(weights)*perWeight
	steps := testbed.ImageEpochs.Of(p) * len(testbed.ShortFirst(examples, batch))
	return builtin.Estimate{
		Live:  int64(live),
		Churn: int64(tensors),
		Setup: time.Duration(setup),
		Op:    time.Duration(op),
		Fit:   time.Duration(setup + op*float64(steps)),
	}
}

// shape returns the model that the params ask for: the article's, with ten classes.
func shape(p profiler.Params) model.ImageClassifier {
	const classes = 10
	return testbed.NewImageShape(testbed.ImageSide.Of(p), testbed.Filters.Of(p), classes)
}
