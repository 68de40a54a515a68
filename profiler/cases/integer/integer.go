// Package integer holds the weights of a trained image classifier in integers of 8 bits, beside
// floats of 8 and of 4 bytes.
package integer

import (
	"embed"
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

// New returns the case with the images of a server to train on.
func New(images builtin.ChoiceParam) builtin.Case {
	return builtin.Case{
		Name:  "integer",
		Title: "Store weights as integers instead of floats",
		Idea: "Integers take less memory than floating-point numbers. " +
			"An image classifier is trained once, in float32; all variants have its weights. " +
			"int8 stores a weight as an integer from −127 to 127 times a scale for its output (symmetric, so that 0 stays 0), widens a few weights at a time and computes in float32. " +
			"int8-activations multiplies integers and adds them up in int32: it also quantises the other factors, with scales that it computes from each row. " +
			"These scales need no calibration data, so nothing about the test images can leak into them.",
		Limit: "n weights with c outputs take n + 4c bytes with their scales: 7.98 times less than in float64 and 3.99 than in float32 for the article's model, and a little less with the biases, which stay float32. " +
			"Activations and images stay float32. int8-activations quantises only 256 numbers at a time. In the article's model activations and images are most of the memory, and int8 saves little more than float32. " +
			"The price is an error of the outputs, 0.0004 to 0.002 here, and time. The error does not change an accuracy near 100% on generated images; it may change another model's. " +
			"Go has no vector instructions for the conversions, so weights are widened one at a time: inference takes 2.7 times as long as float32 for 64 MiB and one image. Products of integers take 1.7 times as long, and ten times in the article's model, whose convolution quantises every patch again. " +
			"Do not use it if activations are most of the memory, if time matters more than memory, or if one large weight makes an output's scale coarse.",

		Params: builtin.ParamsOf(testbed.ImageBatch, testbed.Filters, testbed.ImageSide, testbed.Classes,
			testbed.ImageExamples, testbed.ImageEpochs, testbed.ImageSeed, images),
		Presets: []builtin.Preset{
			{Name: "article", Title: "The article's image model", Params: builtin.Values(), Scale: builtin.Small},
			{Name: "large", Title: "Large: 64 MiB of float32 weights", Scale: builtin.Large, Params: builtin.Values(
				testbed.Filters.Is(64), testbed.ImageSide.Is(34), testbed.Classes.Is(1024), testbed.ImageBatch.Is(1), testbed.ImageExamples.Is(96), testbed.ImageEpochs.Is(8))},
		},
		Variants: []builtin.Variant{
			{
				Name: "float64", Title: "8 bytes per number",
				Setup:  variant("float64").setUp,
				Source: testbed.Quote(Sources, "formats.go", "float64Format"),
			},
			{
				Name: "float32", Title: "4 bytes per number",
				Setup:  variant("float32").setUp,
				Source: testbed.Quote(Sources, "formats.go", "float32Format"),
			},
			{
				Name: "int8", Title: "1 byte per weight, the rest as float32",
				Setup:  variant("int8").setUp,
				Source: testbed.ModelSource("int8.go", "NewInt8"),
			},
			{
				Name: "int8-activations", Title: "1 byte per weight, and products of integers",
				Setup:  variant("int8-activations").setUp,
				Source: testbed.ModelSource("w8a8.go", "W8A8", "W8A8.addProducts"),
			},
		},
		Primary: []string{profiler.LiveHeap, profiler.BytesPerOp, profiler.NsPerOp},

		Check:       testbed.CheckImages,
		Estimate:    estimate,
		Predict:     predict,
		Preparation: &preparation,
	}
}

// predict counts the bytes of every format. Activations and images are float32 in all but the
// baseline.
func predict(p profiler.Params) []profiler.Prediction {
	m := testbed.ImageShape(p)
	weights := float64(m.WeightCount())
	outputs := float64(m.Filters + m.Classes) // each has a bias, and a scale where its weights are int8
	others := float64(m.PredictNeed(testbed.ImageBatch.Of(p)).Floats + testbed.HeldImages(p)*m.Pixels())
	var out []profiler.Prediction
	for _, v := range []struct {
		name  string
		bytes float64
	}{
		{"float32", 4 * weights},
		{"int8", weights - outputs + (4+4)*outputs},
		{"int8-activations", weights - outputs + (4+4)*outputs},
	} {
		out = append(out,
			profiler.Prediction{Variant: v.name, Unit: profiler.ModelBytes, Ratio: profiler.Float(8 * weights / v.bytes)},
			profiler.Prediction{Variant: v.name, Unit: profiler.LiveHeap, Ratio: profiler.Float(8 * (weights + others) / (v.bytes + 4*others)), Note: "with activations and images, which are float32"},
			profiler.Prediction{Variant: v.name, Unit: profiler.BytesPerOp, Ratio: 2, Note: "for activations, which are float32"},
		)
	}
	return out
}

// estimate scales measurements of the defaults and the large preset on two cores at about 3 GHz,
// without other load.
func estimate(p profiler.Params) builtin.Estimate {
	const (
		perWeight = 8.0 // nanoseconds of the loading of a weight and its quantisation
		perPixel  = 6.0 // of the generation of a number of an image
	)
	m, batch := testbed.ImageShape(p), testbed.ImageBatch.Of(p)
	weights, need := m.WeightCount(), m.PredictNeed(batch)
	examples := testbed.ImageExamples.Of(p) * m.Pixels()
	return builtin.Estimate{
		Live:  int64(8*(weights+need.Floats+testbed.HeldImages(p)*m.Pixels()) + 4*examples),
		Churn: int64(8 * need.Floats),
		Setup: time.Duration(float64(examples)*perPixel + float64(weights)*perWeight),
		Op:    inferenceTime(m, batch, 2.9, 0.6),

		// The preparation trains in float32, and tests in float64 while it keeps the float32 weights.
		FitLive: int64(4 * (4*weights + m.Need(testbed.TrainBatch).Floats + examples + testbed.ImageTests*(m.Pixels()+4*m.Classes))),
	}
}

// inferenceTime estimates predictions, from the nanoseconds of a multiplication of the convolution
// and of the dense layer.
func inferenceTime(m model.ImageClassifier, images int, perConv, perDense float64) time.Duration {
	dense := m.DenseRows() * m.Classes
	conv := m.PredictProducts() - dense
	return time.Duration(float64(images) * (float64(conv)*perConv + float64(dense)*perDense))
}
