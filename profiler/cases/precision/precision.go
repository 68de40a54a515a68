// Package precision holds the numbers of a text classifier in fewer bits: its weights in inference,
// and all its numbers in training.
package precision

import (
	"embed"
	"io"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/subject/builtin"
)

// Sources are the files of this package.
//
//go:embed *.go
var Sources embed.FS

// New returns the case of inference, with the texts of a server to train on. All variants run the
// same generic code on the same trained weights and the same texts.
func New(texts builtin.ChoiceParam) builtin.Case {
	return builtin.Case{
		Name:  "precision",
		Title: "Store numbers in fewer bits",
		Idea: "A language model takes too much memory in inference. " +
			"Where precision is not critical, float32 or float16 replaces float64. " +
			"The article's code never changes a data type, and it trains, although its example is about inference. " +
			"This case does what the text says: the model is trained once, in float64, and predicts with its weights in each type. " +
			"float64 and float32 hold activations in the same type. float16 and bfloat16 hold weights in 2 bytes, widen a tile of them at a time, and compute in float32. " +
			"All variants allocate their activations in every call.",
		Limit: "float32 halves the numbers. float16 and bfloat16 quarter the weights and halve the activations; float16 also needs a table of 256 KiB. Texts, indices and the runtime's own memory stay the same. " +
			"The article's model has 231 KiB of weights even in float64, too little to notice in a process of several MB. Use a larger vocabulary to measure a realistic size. " +
			"The price is precision: outputs are rounded to 24 bits instead of 53, weights to 11 in float16 and to 8 in bfloat16. " +
			"float16 and bfloat16 can cost time, up to twice float32's with large weights, because Go has no vector instructions that widen them. Set-up reads the weights in float32 before it narrows them. Do not use them if time matters more than memory.",

		Params: textParams(texts),
		Presets: []builtin.Preset{
			{Name: "article", Title: "The article's case 2", Params: builtin.Values(), Scale: builtin.Small},
			{Name: "large", Title: "Large: 64 MiB of float32 weights", Params: builtin.Values(vocab.Is(1<<18), embedding.Is(64), epochs.Is(4)), Scale: builtin.Large},
		},
		Variants: []builtin.Variant{
			{
				Name: "float64", Title: "8 bytes per number",
				Setup:  inference("float64").setUp,
				Source: testbed.Quote(Sources, "formats.go", "float64Layers"),
			},
			{
				Name: "float32", Title: "4 bytes per number",
				Setup:  inference("float32").setUp,
				Source: testbed.Quote(Sources, "formats.go", "float32Layers"),
			},
			{
				Name: "float16", Title: "2 bytes per weight, 11 bits of precision",
				Setup:  inference("float16").setUp,
				Source: testbed.ModelSource("widened.go", "NewHalf"),
			},
			{
				Name: "bfloat16", Title: "2 bytes per weight, 8 bits of precision",
				Setup:  inference("bfloat16").setUp,
				Source: testbed.ModelSource("widened.go", "NewBrain"),
			},
		},
		Primary: []string{profiler.LiveHeap, profiler.BytesPerOp, profiler.NsPerOp},

		Check:       checkTexts,
		Estimate:    estimateInference,
		Predict:     predictInference,
		Preparation: preparation(formats),
	}
}

// preparation trains the model in float64 and keeps its weights, after the quality of the outputs
// in each format.
func preparation(formats []format) *builtin.Preparation {
	return &builtin.Preparation{
		What:     "the training of the model in float64",
		Version:  testbed.ModelVersion(Sources),
		Params:   textParams(testbed.TextData),
		Data:     testbed.TextsVersion,
		Make:     func(in builtin.Input, w io.Writer) error { return prepare(in, formats, w) },
		Duration: fitTime,
	}
}

// predictInference counts the bytes of each format. Activations are in the type that computes.
func predictInference(p profiler.Params) []profiler.Prediction {
	m := shape(p)
	weights, activations := float64(m.WeightCount()), float64(m.PredictNeed(batch.Of(p)).Floats)
	live := func(f format) float64 { return f.weight*weights + f.table + f.number*activations + heldBytes(p) }
	var out []profiler.Prediction
	for _, f := range formats[1:] {
		note := "with activations, and with the texts, which stay as they are"
		if f.table > 0 {
			note += ", and a table of 256 KiB that widens the weights"
		}
		out = append(out,
			profiler.Prediction{Variant: f.name, Unit: profiler.ModelBytes, Ratio: profiler.Float(formats[0].weight / f.weight)},
			profiler.Prediction{Variant: f.name, Unit: profiler.LiveHeap, Ratio: profiler.Float(live(formats[0]) / live(f)), Note: note},
		)
	}
	return out
}

// estimateInference scales measurements of the defaults and the large preset on two cores at about
// 3 GHz, without other load.
func estimateInference(p profiler.Params) builtin.Estimate {
	m, n := shape(p), batch.Of(p)
	activations := m.PredictNeed(n).Floats
	return builtin.Estimate{
		Live:  int64(8*(m.WeightCount()+activations)) + int64(heldBytes(p)),
		Churn: int64(8 * activations),
		Setup: setUpTime(p),
		Op:    time.Duration(float64(n*m.PredictProducts()) * perNarrowProduct),

		FitLive: trainingBytes(p), // of the preparation
	}
}
