package cases

import (
	"time"

	"heaplab/profiler"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// prunedFormats are a language model's weights as pruning has them, the unpruned ones first.
func prunedFormats(p profiler.Params) []languageFormat {
	sparsity := p.Number("sparsity")
	pruned := func(format func() model.Format[float32]) func() model.Format[float32] {
		return func() model.Format[float32] { return model.PrunedFormat(format(), sparsity) }
	}
	dense := formatOf("float32")
	return []languageFormat{
		{name: "dense", format: dense.format, bytes: dense.bytes},
		{name: "masked", format: pruned(dense.format), bytes: dense.bytes},
		{name: "csr", format: pruned(model.CSRFormat[float32]), bytes: func(m model.GPT2) int { return m.CSRBytes(sparsity) }},
		{name: "packed", format: pruned(model.PackedFormat[float32]), bytes: func(m model.GPT2) int { return m.PackedBytes(sparsity) }},
	}
}

// estimatePruned is estimateLanguage with the time that pruning takes, and packed weights.
func estimatePruned(p profiler.Params, m languageModel) builtin.Estimate {
	const (
		perProduct = 0.5  // nanoseconds in the slowest format, the products that are left out counted
		perWeight  = 12.0 // of finding how large a weight must be to be left, and of cutting off the others
	)
	e, tokens := estimateLanguage(p, m, prunedFormats(p)), p.Int("tokens")
	e.Setup += time.Duration(float64(m.shape.WeightCount()) * perWeight)
	e.Op = time.Duration(float64(tokens*m.shape.TokenProducts(tokens)) * perProduct)
	return e
}
