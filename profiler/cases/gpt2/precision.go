package gpt2

import (
	"heaplab/profiler"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/subject/builtin"
)

// NewPrecision returns the case of floating-point formats, with the models of a library.
func NewPrecision(l Library) builtin.Case {
	return builtin.Case{
		Name:  "gpt2-precision",
		Title: "Store GPT-2's weights in fewer bits",
		Idea: "Where precision is not critical, float32 or float16 replaces float64. " +
			"GPT-2 reads a text. float64 and float32 hold and compute all numbers in one type. " +
			"float16 and bfloat16 hold weights in 2 bytes, widen a tile of them at a time, and compute in float32. " +
			"The cache of keys and values is allocated once.",
		Limit: "float32 halves the numbers; float16 and bfloat16 quarter the weights, and keys, values and activations stay float32. " +
			"The price is precision: weights are rounded to 24 bits instead of 53, to 11 in float16 and to 8 in bfloat16. " +
			"Weights of 2 bytes also cost time: Go has no vector instructions that widen them, so a token takes about twice as long as in float32. " +
			"Do not use them if time matters more than memory.",

		Params:  builtin.ParamsOf(l.param(), tokens, seed),
		Presets: sizes("in float32"),
		Variants: []builtin.Variant{
			{
				Name: "float64", Title: "8 bytes per number",
				Setup:  formatVariant{l, "float64"}.setUpFloat,
				Source: testbed.Quote(Sources, "formats.go", "float64Format"),
			},
			{
				Name: "float32", Title: "4 bytes per number",
				Setup:  formatVariant{l, "float32"}.setUpFloat,
				Source: testbed.Quote(Sources, "formats.go", "float32Format"),
			},
			{
				Name: "float16", Title: "2 bytes per weight, 11 bits of precision",
				Setup:  formatVariant{l, "float16"}.setUpFloat,
				Source: testbed.ModelSource("widened.go", "NewHalf"),
			},
			{
				Name: "bfloat16", Title: "2 bytes per weight, 8 bits of precision",
				Setup:  formatVariant{l, "bfloat16"}.setUpFloat,
				Source: testbed.ModelSource("widened.go", "NewBrain"),
			},
		},
		Primary: []string{profiler.LiveHeap, profiler.BytesPerOp, profiler.NsPerOp},

		Check:       l.check,
		Estimate:    func(p profiler.Params) builtin.Estimate { return estimate(p, l.find(p), floats) },
		Predict:     func(p profiler.Params) []profiler.Prediction { return predict(p, l.find(p).shape, floats) },
		Preparation: l.preparation(func(profiler.Params) []format { return floats }, modelName, tokens, seed),
	}
}

// sizes are the presets of the cases of formats.
func sizes(baseline string) []builtin.Preset {
	return []builtin.Preset{
		{Name: "gpt2-mini", Title: "GPT-2's architecture, 66 MiB " + baseline, Params: builtin.Values(modelName.Is("gpt2-mini"))},
		{Name: "gpt2-small", Title: "The size of GPT-2 small, 475 MiB " + baseline, Params: builtin.Values(modelName.Is("gpt2-small")), Scale: builtin.Large},
	}
}

// A formatVariant has the name of its format. Its set-ups are methods, not closures: the compiler
// numbers closures, and profiles are compared by the names of functions.
type formatVariant struct {
	Library
	name string
}

func (v formatVariant) setUpFloat(in builtin.Input) (builtin.Work, error) {
	return setUpFormat(in, v.find(in.Params), floats, indexOf(floats, v.name))
}
