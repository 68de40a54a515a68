package gpt2

import (
	"heaplab/profiler"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/subject/builtin"
)

// NewInteger returns the case of integer formats, with the models of a library.
func NewInteger(l Library) builtin.Case {
	return builtin.Case{
		Name:  "gpt2-integer",
		Title: "Store GPT-2's weights as integers instead of floats",
		Idea: "Integers take less memory than floating-point numbers. " +
			"GPT-2 reads a text with the matrices of its blocks and the embedding of its tokens in integers of 8 bits, and the rest in float32. " +
			"int8 stores a weight as an integer from −127 to 127 times a scale for its output, widens a few weights at a time and computes in float32. " +
			"int8-activations multiplies integers and adds them up in int32: it also quantises the other factors, with scales that it computes from each row.",
		Limit: "A matrix of n weights with c outputs takes n + 4c bytes with its scales: close to 8 times less than in float64 and 4 than in float32. " +
			"Position embeddings, norms, biases, keys, values and activations stay float32. " +
			"The price is an error of the logits, and time, because Go has no vector instructions for the conversions. " +
			"Do not use it if time matters more than memory, or if one large weight makes an output's scale coarse.",

		Params:  builtin.ParamsOf(l.param(), tokens, seed),
		Presets: sizes("in float32"),
		Variants: []builtin.Variant{
			{
				Name: "float64", Title: "8 bytes per number",
				Setup:  formatVariant{l, "float64"}.setUpInteger,
				Source: testbed.Quote(Sources, "formats.go", "float64Format"),
			},
			{
				Name: "float32", Title: "4 bytes per number",
				Setup:  formatVariant{l, "float32"}.setUpInteger,
				Source: testbed.Quote(Sources, "formats.go", "float32Format"),
			},
			{
				Name: "int8", Title: "1 byte per weight, the rest as float32",
				Setup:  formatVariant{l, "int8"}.setUpInteger,
				Source: testbed.ModelSource("int8.go", "NewInt8"),
			},
			{
				Name: "int8-activations", Title: "1 byte per weight, and products of integers",
				Setup:  formatVariant{l, "int8-activations"}.setUpInteger,
				Source: testbed.ModelSource("w8a8.go", "W8A8", "W8A8.addProducts"),
			},
		},
		Primary: []string{profiler.LiveHeap, profiler.BytesPerOp, profiler.NsPerOp},

		Check:       l.check,
		Estimate:    func(p profiler.Params) builtin.Estimate { return estimate(p, l.find(p), integers) },
		Predict:     func(p profiler.Params) []profiler.Prediction { return predict(p, l.find(p).shape, integers) },
		Preparation: l.preparation(func(profiler.Params) []format { return integers }, modelName, tokens, seed),
	}
}

func (v formatVariant) setUpInteger(in builtin.Input) (builtin.Work, error) {
	return setUpFormat(in, v.find(in.Params), integers, indexOf(integers, v.name))
}
