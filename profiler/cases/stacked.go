package cases

import (
	"math"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/subject/builtin"
)

// stacked trains ImageClassifier with one technique after the other, and with all but one.
var stacked = builtin.Case{
	Name:      "training",
	Title:     "Train with every technique that applies",
	Technique: "综合 · 训练 (all families together: a training)",
	Idea: "A training of ImageClassifier gets every technique of the article that applies to it, one on top of the other: 预分配内存, a step's tensors and its batch in one place that is allocated before; " +
		"降低数据精度, float32 for weights, moments, gradients and activations; 使用整数类型, images as the bytes that they are, made into numbers a batch at a time. " +
		"Then all but one: what that takes more than all is the technique's own share, whatever the order of the others. " +
		"The rest does not apply. 模型剪枝: masks add to a training, and filters go when the whole model has been trained, after the peak. 知识蒸馏: the student is another model, and its teacher is trained before it. " +
		"内存池: one buffer serves steps that are all alike; 数据局部性: speed, not memory; 内存映射: an epoch reads all images, so that nothing need not be loaded. Of float16 or int8, steps are larger than most of Adam's updates.",
	Limit: "2.0 for what are numbers, 8 for images, and nothing for the live heap by preallocation, which takes bytes per operation to 0, and so the garbage out of resident memory. " +
		"The whole is between 2 and 8, by how much of it is images, and the shares depend on each other: images as bytes save 7 of 8 bytes beside float64, and 3 of 4 beside float32. " +
		"It costs the precision of float32, and the making of numbers out of bytes in every step, with room for a batch of them. " +
		"Images that are no bytes would lose precision: here all variants train on images of 256 levels, so that those of one type end with equal weights, to the bit. It is not worth its code where a training fits as it is.",

	Params: []builtin.Param{
		{Name: "batch", Type: builtin.Int, Default: int64(32), Min: 1, Max: 1024, Help: "images in a training step"},
		{Name: "filters", Type: builtin.Int, Default: int64(32), Min: 1, Max: 1024, Help: "filters of the convolution; weights grow with them"},
		{Name: "image", Type: builtin.Int, Default: int64(32), Min: 8, Max: 256, Help: "side of the square images, in pixels; weights and data grow with its square"},
		{Name: "classes", Type: builtin.Int, Default: int64(10), Min: 10, Max: 4096, Help: "outputs of the model, of which ten occur in the data; weights grow with them"},
		{Name: "examples", Type: builtin.Int, Default: int64(500), Min: 10, Max: 100_000, Help: "images to train on"},
		{Name: "epochs", Type: builtin.Int, Default: int64(10), Min: 1, Max: 100, Help: "passes over the images in a whole fit"},
		{Name: "seed", Type: builtin.Int, Default: int64(1), Min: 0, Max: math.MaxInt32, Help: "seed of the images and the first weights"},
		imageData,
	},
	Presets: []builtin.Preset{
		{Name: "article", Title: "ImageClassifier and its fit", Params: map[string]any{}, Scale: builtin.Small},
		{Name: "large", Title: "Large: 69 MiB of float32 weights, 68 MiB of float32 images", Params: map[string]any{"image": 96, "classes": 256, "batch": 8, "examples": 640, "epochs": 1}, Scale: builtin.Large},
	},
	Variants: []builtin.Variant{
		{
			Name: "plain", Title: "Plain: fresh tensors, float64, images as numbers",
			Setup: builder[float64](plainly).setUp, Fit: builder[float64](plainly).fit,
			Source: ownSource("stacked.go", "plainly"),
		},
		{
			Name: "preallocated", Title: "1. Preallocated", Adds: "preallocation",
			Setup: builder[float64](withBuffer).setUp, Fit: builder[float64](withBuffer).fit,
			Source: ownSource("stacked.go", "withBuffer"),
		},
		{
			Name: "float32", Title: "2. And in float32: all but bytes", Adds: "float32", LeavesOut: "images as bytes",
			Setup: builder[float32](withoutBytes).setUp, Fit: builder[float32](withoutBytes).fit,
			Source: ownSource("stacked.go", "withoutBytes"),
		},
		{
			Name: "without-preallocation", Title: "All but preallocation", LeavesOut: "preallocation",
			Setup: builder[float32](withoutBuffer).setUp, Fit: builder[float32](withoutBuffer).fit,
			Source: ownSource("stacked.go", "withoutBuffer"),
		},
		{
			Name: "without-float32", Title: "All but float32", LeavesOut: "float32",
			Setup: builder[float64](withoutFloat32).setUp, Fit: builder[float64](withoutFloat32).fit,
			Source: ownSource("stacked.go", "withoutFloat32"),
		},
		{
			Name: "all", Title: "3. And images as bytes: all", Adds: "images as bytes",
			Setup: builder[float32](withAll).setUp, Fit: builder[float32](withAll).fit,
			Source: ownSource("stacked.go", "withAll"),
		},
	},
	Primary: []string{profiler.LiveHeap, profiler.BytesPerOp, profiler.NsPerOp},

	Check:    checkImages,
	Estimate: estimateStacked,
	Predict:  predictStacked,
}

// plainly is what one writes without thinking of memory.
func plainly(in builtin.Input) (*stackedTraining[float64], error) {
	return newStackedTraining[float64](in, stack{})
}

// withBuffer allocates what a step needs before the first.
func withBuffer(in builtin.Input) (*stackedTraining[float64], error) {
	return newStackedTraining[float64](in, stack{preallocated: true})
}

// withoutBytes does so with numbers of half the size.
func withoutBytes(in builtin.Input) (*stackedTraining[float32], error) {
	return newStackedTraining[float32](in, stack{preallocated: true})
}

// withAll does so with images of a byte a pixel and colour, too.
func withAll(in builtin.Input) (*stackedTraining[float32], error) {
	return newStackedTraining[float32](in, stack{preallocated: true, bytes: true})
}

// withoutBuffer allocates anew at every step.
func withoutBuffer(in builtin.Input) (*stackedTraining[float32], error) {
	return newStackedTraining[float32](in, stack{bytes: true})
}

// withoutFloat32 computes with numbers of 8 bytes.
func withoutFloat32(in builtin.Input) (*stackedTraining[float64], error) {
	return newStackedTraining[float64](in, stack{preallocated: true, bytes: true})
}

// stackedBytes are what a training with numbers of so many bytes holds at the peak of a step, and
// what of that is a step's own.
func stackedBytes(p profiler.Params, number int, s stack) (live, step int) {
	m := imageShape(p)
	need, data := m.Need(p.Int("batch")), p.Int("examples")*m.Pixels()
	step = number*need.Floats + need.Indices
	if s.bytes {
		step += number * p.Int("batch") * m.Pixels()
	} else {
		data *= number
	}
	const moments = 2
	return step + data + 4*p.Int("examples") + (1+moments)*number*m.WeightCount(), step
}

// predictStacked counts bytes. A preallocated training allocates none in a step.
func predictStacked(p profiler.Params) []profiler.Prediction {
	plainLive, plainStep := stackedBytes(p, 8, stack{})
	var out []profiler.Prediction
	for _, v := range []struct {
		name   string
		number int
		stack  stack
	}{
		{"preallocated", 8, stack{preallocated: true}},
		{"float32", 4, stack{preallocated: true}},
		{"without-preallocation", 4, stack{bytes: true}},
		{"without-float32", 8, stack{preallocated: true, bytes: true}},
		{"all", 4, stack{preallocated: true, bytes: true}},
	} {
		live, step := stackedBytes(p, v.number, v.stack)
		if v.stack.preallocated {
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

// estimateStacked is of the plain training, which takes most of everything; it scales as
// estimateTraining does.
func estimateStacked(p profiler.Params) builtin.Estimate {
	const (
		perProduct = 0.3  // nanoseconds of a multiplication in a layer, on two cores
		perPlace   = 40.0 // of a place of the convolution, whatever the filters
		perUpdate  = 6.0  // of the update of a weight
		perPixel   = 8.0  // of the generation of a number of an image, and its rounding
		perWeight  = 10.0 // of the generation of a weight, with the moments' allocation
	)
	m, batch := imageShape(p), p.Int("batch")
	live, step := stackedBytes(p, 8, stack{})
	image := float64(m.StepProducts())*perProduct + float64(m.Height*m.Width)*perPlace
	op := float64(batch)*image + float64(m.WeightCount())*perUpdate
	setup := float64(p.Int("examples")*m.Pixels())*perPixel + float64(m.WeightCount())*perWeight
	steps := p.Int("epochs") * len(shortLast(p.Int("examples"), batch))
	return builtin.Estimate{
		Live:  int64(live),
		Churn: int64(step),
		Setup: time.Duration(setup),
		Op:    time.Duration(op),
		Fit:   time.Duration(setup + op*float64(steps)),
	}
}
