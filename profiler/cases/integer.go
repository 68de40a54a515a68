package cases

import (
	"math"
	"slices"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// newInteger holds a trained ImageClassifier, or GPT-2, in whole numbers of 8 bits, beside numbers of 8 and of 4
// bytes.
func newInteger(models library) builtin.Case {
	return builtin.Case{
		Name:      "integer",
		Title:     "Hold weights in integers instead of floats",
		Technique: "数据类型优化 · 使用整数类型 (data types: use integers)",
		Idea: "使用整数类型: integers instead of floating-point numbers take less memory. " +
			"A classifier of images is trained once, in float32; all variants have its weights. " +
			"int8 holds a weight as a multiple, from −127 to 127, of a scale that its output has (symmetric, so that 0 stays 0), and widens a few at a time to compute in float32. " +
			"int8-activations multiplies whole numbers and adds them up in int32: what the weights meet is quantised too, by scales that are found anew from each row itself. " +
			"No data is needed to calibrate those, so none can leak from the test images, of which the training has seen none. " +
			"GPT-2 reads a text with the matrices of its blocks and its tokens' rows in integers, and the rest in float32.",
		Limit: "n weights of c outputs take n + 4c bytes, scales counted: 7.98 times less than in float64 and 3.99 than in float32 for the article's model, and a little less with the biases, which stay float32. " +
			"Activations and images stay float32, in int8-activations too, which quantises 256 numbers at a time: in the article's model they are most of the memory, and int8 saves little that float32 does not. " +
			"What it costs is an error of the outputs, 0.0004 to 0.002 here, that does not move an accuracy near 100 % on generated images and may move another's; and time. " +
			"Go compiles conversions to no vector instructions, so each weight is widened by itself: 2.7 times float32's time for 64 MiB and one image. Whole numbers take 1.7 times, and ten times in the article's model, whose convolution quantises every patch anew. " +
			"Not worth it where activations are most of the memory, where time counts more than memory, or where one great weight makes an output's scale coarse.",

		Params: []builtin.Param{
			models.param("the article's image model", "tokens and seed"),
			tokensParam,
			{Name: "batch", Type: builtin.Int, Default: int64(32), Min: 1, Max: 1024, Help: "images in an inference"},
			{Name: "filters", Type: builtin.Int, Default: int64(32), Min: 1, Max: 1024, Help: "filters of the convolution; weights grow with them"},
			{Name: "image", Type: builtin.Int, Default: int64(32), Min: 8, Max: 256, Help: "side of the square images, in pixels; weights grow with its square"},
			{Name: "classes", Type: builtin.Int, Default: int64(10), Min: 10, Max: 4096, Help: "outputs of the model, of which ten occur in the data; weights grow with them"},
			{Name: "examples", Type: builtin.Int, Default: int64(500), Min: 10, Max: 100_000, Help: "images to train on"},
			{Name: "epochs", Type: builtin.Int, Default: int64(10), Min: 1, Max: 100, Help: "passes over the images in the training"},
			{Name: "seed", Type: builtin.Int, Default: int64(1), Min: 0, Max: math.MaxInt32, Help: "seed of the images and the first weights"},
			imageData,
		},
		Presets: []builtin.Preset{
			{Name: "article", Title: "The article's image model", Params: map[string]any{}, Scale: builtin.Small},
			{Name: "large", Title: "Large: 64 MiB of float32 weights", Params: map[string]any{"filters": 64, "image": 34, "classes": 1024, "batch": 1, "examples": 96, "epochs": 8}, Scale: builtin.Large},
			{Name: "gpt2-mini", Title: "GPT-2's architecture, 66 MiB in float32", Params: map[string]any{"model": "gpt2-mini"}},
			{Name: "gpt2-small", Title: "The size of GPT-2 small, 475 MiB in float32", Params: map[string]any{"model": "gpt2-small"}, Scale: builtin.Large},
		},
		Variants: []builtin.Variant{
			{
				Name: "float64", Title: "8 bytes a number",
				Setup:  integerVariant{models, "float64"}.setUp,
				Source: ownSource("integer_images.go", "doubleFormat"),
			},
			{
				Name: "float32", Title: "4 bytes a number",
				Setup:  integerVariant{models, "float32"}.setUp,
				Source: ownSource("integer_images.go", "singleFormat"),
			},
			{
				Name: "int8", Title: "1 byte a weight, the rest as float32",
				Setup:  integerVariant{models, "int8"}.setUp,
				Source: modelSource("int8.go", "NewInt8"),
			},
			{
				Name: "int8-activations", Title: "1 byte a weight, and products of whole numbers",
				Setup:  integerVariant{models, "int8-activations"}.setUp,
				Source: modelSource("w8a8.go", "W8A8", "W8A8.addProducts"),
			},
		},
		Primary: []string{profiler.LiveHeap, profiler.BytesPerOp, profiler.NsPerOp},

		Counts: models.counts(),
		Check: func(p profiler.Params) profiler.Faults {
			if m, ok := models.find(p); ok {
				return checkLanguage(p, m)
			}
			return checkImages(p)
		},
		Estimate: func(p profiler.Params) builtin.Estimate {
			if m, ok := models.find(p); ok {
				return estimateLanguage(p, m, languageIntegers())
			}
			return estimateInteger(p)
		},
		Predict: func(p profiler.Params) []profiler.Prediction {
			if m, ok := models.find(p); ok {
				return predictLanguage(p, m, languageIntegers())
			}
			return predictInteger(p)
		},
		Preparation: integerPreparation(models),
	}
}

// An integerVariant is named as its format. Its set-up is a method, as a precisionVariant's is.
type integerVariant struct {
	models library
	name   string
}

func (v integerVariant) setUp(in builtin.Input) (builtin.Work, error) {
	row := slices.IndexFunc(integerFormats, func(f integerFormat) bool { return f.name == v.name })
	if m, ok := v.models.find(in.Params); ok {
		return newLanguage(in, m, languageIntegers()[row], row, len(integerFormats))
	}
	return integerFormats[row].setUpImages(in, row)
}

// languageIntegers are the formats of language models that the variants are named as.
func languageIntegers() []languageFormat {
	var formats []languageFormat
	for _, f := range integerFormats {
		formats = append(formats, formatOf(f.name))
	}
	return formats
}

// predictInteger counts the bytes of every format. Activations and images are float32 in all but
// the baseline.
func predictInteger(p profiler.Params) []profiler.Prediction {
	m, batch := imageShape(p), p.Int("batch")
	weights := float64(m.WeightCount())
	outputs := float64(m.Filters + m.Classes) // each has a bias, and a scale where its weights are int8
	others := float64(m.PredictNeed(batch).Floats + heldImages(p)*m.Pixels())
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
			profiler.Prediction{Variant: v.name, Unit: profiler.BytesPerOp, Ratio: 2, Note: "activations, which are float32"},
		)
	}
	return out
}

// estimateInteger scales what was measured at the defaults and at the large preset on two cores
// at about 3 GHz, without other load.
func estimateInteger(p profiler.Params) builtin.Estimate {
	const (
		perWeight = 8.0 // nanoseconds of the loading of a weight and its quantisation
		perPixel  = 6.0 // of the generation of a number of an image
	)
	m, batch := imageShape(p), p.Int("batch")
	weights, need, examples := m.WeightCount(), m.PredictNeed(batch), p.Int("examples")*m.Pixels()
	return builtin.Estimate{
		Live:  int64(8*(weights+need.Floats+heldImages(p)*m.Pixels()) + 4*examples),
		Churn: int64(8 * need.Floats),
		Setup: time.Duration(float64(examples)*perPixel + float64(weights)*perWeight),
		Op:    integerTime(m, batch, 2.9, 0.6),

		// The preparation trains in float32, and tests in float64 while it keeps the float32 weights.
		FitLive: int64(4 * (4*weights + m.Need(trainBatch).Floats + examples + imageTests*(m.Pixels()+4*m.Classes))),
	}
}

// integerTime estimates predictions, at so many nanoseconds a multiplication of the convolution
// and of the dense layer.
func integerTime(m model.ImageClassifier, images int, perConv, perDense float64) time.Duration {
	dense := m.DenseRows() * m.Classes
	conv := m.PredictProducts() - dense
	return time.Duration(float64(images) * (float64(conv)*perConv + float64(dense)*perDense))
}
