// Package training trains an image classifier with one technique after the other, and with all but
// one.
package training

import (
	"embed"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/subject/builtin"
)

// Sources are the files of this package.
//
//go:embed *.go
var Sources embed.FS

// New returns the case with the images of a server to train on.
func New(images builtin.ChoiceParam) builtin.Case {
	return builtin.Case{
		Name:  "training",
		Title: "Train with every technique that applies",
		Idea: "The training of an image classifier uses every technique of the article that applies, one on top of another: preallocation of a step's tensors and its batch; " +
			"float32 for weights, moments, gradients and activations; images as bytes, which are converted to numbers a batch at a time. " +
			"Other variants have all techniques but one. The memory that such a variant needs on top of all is the technique's own share, whatever the order of the others. " +
			"The remaining techniques do not apply. Pruning: masks increase the memory of training, and filters are removed after its peak. Distillation: the student is another model, and its teacher trains before it. " +
			"Pool: one buffer serves steps that are all alike. Locality: it changes speed, not memory. Memory mapping: an epoch reads all images, so all are loaded. float16 and int8: most of Adam's updates are smaller than their precision.",
		Limit: "float32 halves numbers, and bytes reduce images to an eighth. Preallocation does not change the live heap; it reduces bytes per operation to 0, which removes garbage from resident memory. " +
			"All techniques together save between 2 and 8 times, depending on the share of images. The shares depend on each other: images as bytes save 7 of 8 bytes beside float64, and 3 of 4 beside float32. " +
			"The price is the precision of float32, and the conversion of bytes to numbers in every step, with room for a batch of them. " +
			"Images that are not bytes would lose precision: here all variants train on images of 256 levels, so that variants with one type of numbers end with bit-identical weights. Do not use it if the training already fits in memory.",

		Params: builtin.ParamsOf(testbed.ImageBatch, testbed.Filters, testbed.ImageSide, testbed.Classes,
			testbed.ImageExamples, testbed.ImageEpochs, testbed.ImageSeed, images),
		Presets: []builtin.Preset{
			{Name: "article", Title: "The article's image model, a whole training", Params: builtin.Values(), Scale: builtin.Small},
			{Name: "large", Title: "Large: 69 MiB of float32 weights, 68 MiB of float32 images", Scale: builtin.Large, Params: builtin.Values(
				testbed.ImageSide.Is(96), testbed.Classes.Is(256), testbed.ImageBatch.Is(8), testbed.ImageExamples.Is(640), testbed.ImageEpochs.Is(1))},
		},
		Variants: variants,
		Primary:  []string{profiler.LiveHeap, profiler.BytesPerOp, profiler.NsPerOp},

		Check:    testbed.CheckImages,
		Estimate: estimate,
		Predict:  predict,
	}
}

var variants = []builtin.Variant{
	{
		Name: "plain", Title: "Plain: fresh tensors, float64, images as numbers",
		Setup: builder[float64](plain).setUp, Fit: builder[float64](plain).fit,
		Source: testbed.Quote(Sources, "training.go", "plain"),
	},
	{
		Name: "preallocated", Title: "1. Preallocated", Adds: "preallocation",
		Setup: builder[float64](withBuffer).setUp, Fit: builder[float64](withBuffer).fit,
		Source: testbed.Quote(Sources, "training.go", "withBuffer"),
	},
	{
		Name: "float32", Title: "2. And in float32: all but bytes", Adds: "float32", LeavesOut: "images as bytes",
		Setup: builder[float32](withoutBytes).setUp, Fit: builder[float32](withoutBytes).fit,
		Source: testbed.Quote(Sources, "training.go", "withoutBytes"),
	},
	{
		Name: "without-preallocation", Title: "All but preallocation", LeavesOut: "preallocation",
		Setup: builder[float32](withoutBuffer).setUp, Fit: builder[float32](withoutBuffer).fit,
		Source: testbed.Quote(Sources, "training.go", "withoutBuffer"),
	},
	{
		Name: "without-float32", Title: "All but float32", LeavesOut: "float32",
		Setup: builder[float64](withoutFloat32).setUp, Fit: builder[float64](withoutFloat32).fit,
		Source: testbed.Quote(Sources, "training.go", "withoutFloat32"),
	},
	{
		Name: "all", Title: "3. And images as bytes: all", Adds: "images as bytes",
		Setup: builder[float32](withAll).setUp, Fit: builder[float32](withAll).fit,
		Source: testbed.Quote(Sources, "training.go", "withAll"),
	},
}

// plain is a training without any thought of memory.
func plain(in builtin.Input) (*work[float64], error) {
	return newWork[float64](in, techniques{})
}

// withBuffer allocates the tensors of a step before the first.
func withBuffer(in builtin.Input) (*work[float64], error) {
	return newWork[float64](in, techniques{preallocated: true})
}

// withoutBytes does that with numbers of half the size.
func withoutBytes(in builtin.Input) (*work[float32], error) {
	return newWork[float32](in, techniques{preallocated: true})
}

// withAll also keeps images as one byte for each pixel and colour.
func withAll(in builtin.Input) (*work[float32], error) {
	return newWork[float32](in, techniques{preallocated: true, bytes: true})
}

// withoutBuffer allocates new tensors in every step.
func withoutBuffer(in builtin.Input) (*work[float32], error) {
	return newWork[float32](in, techniques{bytes: true})
}

// withoutFloat32 computes with numbers of 8 bytes.
func withoutFloat32(in builtin.Input) (*work[float64], error) {
	return newWork[float64](in, techniques{preallocated: true, bytes: true})
}

// trainingBytes returns the bytes that a training with numbers of that size holds at the peak of a
// step, and how many of them belong to the step alone.
func trainingBytes(p profiler.Params, number int, t techniques) (live, step int) {
	m, batch, examples := testbed.ImageShape(p), testbed.ImageBatch.Of(p), testbed.ImageExamples.Of(p)
	need, data := m.Need(batch), examples*m.Pixels()
	step = number*need.Floats + need.Indices
	if t.bytes {
		step += number * batch * m.Pixels()
	} else {
		data *= number
	}
	const moments = 2
	return step + data + 4*examples + (1+moments)*number*m.WeightCount(), step
}

// predict counts bytes. A preallocated training allocates none in a step.
func predict(p profiler.Params) []profiler.Prediction {
	plainLive, plainStep := trainingBytes(p, 8, techniques{})
	var out []profiler.Prediction
	for _, v := range []struct {
		name   string
		number int
		techniques
	}{
		{"preallocated", 8, techniques{preallocated: true}},
		{"float32", 4, techniques{preallocated: true}},
		{"without-preallocation", 4, techniques{bytes: true}},
		{"without-float32", 8, techniques{preallocated: true, bytes: true}},
		{"all", 4, techniques{preallocated: true, bytes: true}},
	} {
		live, step := trainingBytes(p, v.number, v.techniques)
		if v.preallocated {
			step = 0
		}
		out = append(out,
			profiler.Prediction{Variant: v.name, Unit: profiler.LiveHeap, Ratio: profiler.Float(float64(plainLive) / float64(live))},
			profiler.Prediction{Variant: v.name, Unit: profiler.BytesPerOp, Ratio: profiler.Float(float64(plainStep) / float64(step))},
			profiler.Prediction{Variant: v.name, Unit: profiler.ModelBytes, Ratio: profiler.Float(8 / float64(v.number))},
		)
	}
	return out
}

// estimate is that of the plain training, which needs most of everything. It scales measurements of
// the defaults and the large preset on two cores at about 3 GHz, without other load.
func estimate(p profiler.Params) builtin.Estimate {
	const (
		perProduct = 0.3  // nanoseconds of a multiplication in a layer, on two cores
		perPlace   = 40.0 // of a place of the convolution, whatever the filters
		perUpdate  = 6.0  // of the update of a weight
		perPixel   = 8.0  // of the generation of a number of an image, and its rounding
		perWeight  = 10.0 // of the generation of a weight, with the moments' allocation
	)
	m, batch, examples := testbed.ImageShape(p), testbed.ImageBatch.Of(p), testbed.ImageExamples.Of(p)
	live, step := trainingBytes(p, 8, techniques{})
	image := float64(m.StepProducts())*perProduct + float64(m.Height*m.Width)*perPlace
	op := float64(batch)*image + float64(m.WeightCount())*perUpdate
	setup := float64(examples*m.Pixels())*perPixel + float64(m.WeightCount())*perWeight
	steps := testbed.ImageEpochs.Of(p) * len(testbed.ShortLast(examples, batch))
	return builtin.Estimate{
		Live:  int64(live),
		Churn: int64(step),
		Setup: time.Duration(setup),
		Op:    time.Duration(op),
		Fit:   time.Duration(setup + op*float64(steps)),
	}
}
