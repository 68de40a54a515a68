package gpt2

import (
	"time"

	"heaplab/profiler"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// sparsity is the share of weights that gpt2-pruning removes.
var sparsity = builtin.NewNumber("sparsity", 0.8, 0.01, 0.99, "share of each matrix's weights that is removed")

// NewPruning returns the case of pruned formats, with the models of a library.
func NewPruning(l Library) builtin.Case {
	return builtin.Case{
		Name:  "gpt2-pruning",
		Title: "Prune GPT-2's matrices",
		Idea: "Pruning removes unimportant connections of a model. " +
			"GPT-2 reads a text with the matrices of its blocks pruned once, each by magnitude, and not trained after that. " +
			"Embeddings, norms and biases stay as they are.",
		Limit: "Zeros take as much memory as other numbers: masking alone saves nothing. " +
			"In compressed sparse rows with 32-bit columns, a matrix pruned by half takes more than the whole matrix: a column for each weight is as large as the weight, and the starts of rows are added. " +
			"At 80% they take up to 2.5 times less, and one bit per weight with packed values 4.3 times. The embeddings, a third of GPT-2 small, are not pruned, so the whole model saves less. " +
			"The price is accuracy, and time where a format is slow to compute with. A generated GPT-2 has learned nothing: it shows how far pruning moves the logits, but not how much loss it costs.",

		Params: builtin.ParamsOf(l.param(), tokens, sparsity, seed),
		Presets: []builtin.Preset{
			{Name: "gpt2-mini", Title: "GPT-2's architecture, 66 MiB unpruned", Params: builtin.Values(modelName.Is("gpt2-mini"))},
			{Name: "gpt2-mini-half", Title: "The same, half of the weights: compressed rows are larger", Params: builtin.Values(modelName.Is("gpt2-mini"), sparsity.Is(0.5))},
			{Name: "gpt2-small", Title: "The size of GPT-2 small, 475 MiB unpruned", Params: builtin.Values(modelName.Is("gpt2-small"))},
		},
		Variants: []builtin.Variant{
			{
				Name: "dense", Title: "Unpruned",
				Setup:  formatVariant{l, "dense"}.setUpPruned,
				Source: testbed.ModelSource("format.go", "DenseFormat"),
			},
			{
				Name: "masked", Title: "Pruned, zeros kept",
				Setup:  formatVariant{l, "masked"}.setUpPruned,
				Source: testbed.ModelSource("pruner.go", "Prune"),
			},
			{
				Name: "csr", Title: "Pruned, compressed sparse rows",
				Setup:  formatVariant{l, "csr"}.setUpPruned,
				Source: testbed.ModelSource("csr.go", "NewCSR"),
			},
			{
				Name: "packed", Title: "Pruned, one bit per weight and packed values",
				Setup:  formatVariant{l, "packed"}.setUpPruned,
				Source: testbed.ModelSource("packed.go", "NewPacked"),
			},
		},
		Primary: []string{profiler.LiveHeap, profiler.NsPerOp},

		Check:       l.check,
		Estimate:    l.estimatePruned,
		Predict:     func(p profiler.Params) []profiler.Prediction { return predict(p, l.find(p).shape, prunedFormats(p)) },
		Preparation: l.preparation(prunedFormats, modelName, tokens, sparsity, seed),
	}
}

func (v formatVariant) setUpPruned(in builtin.Input) (builtin.Work, error) {
	formats := prunedFormats(in.Params)
	return setUpFormat(in, v.find(in.Params), formats, indexOf(formats, v.name))
}

// prunedFormats are the unpruned weights first, and then the pruned ones.
func prunedFormats(p profiler.Params) []format {
	share := sparsity.Of(p)
	pruned := func(format func() model.Format[float32]) func() model.Format[float32] {
		return func() model.Format[float32] { return model.PrunedFormat(format(), share) }
	}
	return []format{
		{name: "dense", layers: float32Format, bytes: weightsOf(4)},
		{name: "masked", layers: pruned(float32Format), bytes: weightsOf(4)},
		{name: "csr", layers: pruned(model.CSRFormat[float32]), bytes: func(m model.GPT2) int { return m.CSRBytes(share) }},
		{name: "packed", layers: pruned(model.PackedFormat[float32]), bytes: func(m model.GPT2) int { return m.PackedBytes(share) }},
	}
}

// estimatePruned adds the time of pruning, and takes that of the slowest format.
func (l Library) estimatePruned(p profiler.Params) builtin.Estimate {
	const (
		perProduct = 0.5  // nanoseconds in the slowest format, for all products of the unpruned model
		perWeight  = 12.0 // of finding the least magnitude that is kept, and cutting off the rest
	)
	m, n := l.find(p), tokens.Of(p)
	e := estimate(p, m, prunedFormats(p))
	e.Setup += time.Duration(float64(m.shape.WeightCount()) * perWeight)
	e.Op = time.Duration(float64(n*m.shape.TokenProducts(n)) * perProduct)
	return e
}
