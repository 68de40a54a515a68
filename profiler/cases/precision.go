package cases

import (
	"io"
	"math"
	"slices"
	"time"
	"unsafe"

	"heaplab/profiler"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// newPrecision runs TextClassifier with numbers of 8 bytes and of 4, and GPT-2 with weights of 2 as well: the
// same generic code, with the same weights and the same texts.
func newPrecision(models library) builtin.Case {
	return builtin.Case{
		Name:      "precision",
		Title:     "Hold numbers in fewer bits",
		Technique: "数据类型优化 · 降低数据精度 (data types: lower the precision)",
		Idea: "A language model whose inference takes too much memory (案例二). " +
			"降低数据精度: float32 or float16 instead of float64, where the use is not sensitive to it. " +
			"The article's code never changes a data type, and trains, though its story is inference. " +
			"Here the text is built: weights, activations and, in training, gradients and moments in either type. " +
			"Activations are allocated anew in every call on both sides. " +
			"GPT-2 reads a text with weights in float16 or bfloat16 too, which are widened a tile at a time and multiplied in float32; its cache of keys and values is allocated once.",
		Limit: "Half of what numbers take, 2.0 ×, and nothing of what are no numbers: texts, indices, the runtime's own. " +
			"The article's model has 231 KiB of weights even in float64, lost in a process of some MB; " +
			"a larger vocabulary, or GPT-2, makes memory that counts. What it costs is precision: outputs differ by the rounding of 24 bits instead of 53, of 11 in float16 and of 8 in bfloat16. " +
			"Weights of 2 bytes cost time as well: Go has no vector instructions that widen them, so a token takes about twice as long as in float32. Do not use them where time is short and memory is not.",

		Params: []builtin.Param{
			models.param("the article's model", "tokens and seed"),
			tokensParam,
			{Name: "mode", Type: builtin.Choice, Default: "inference", Choices: []string{"inference", "training"}, Help: "what an operation does with a batch"},
			{Name: "batch", Type: builtin.Int, Default: int64(32), Min: 1, Max: 1024, Help: "texts in a batch"},
			{Name: "vocab", Type: builtin.Int, Default: int64(1000), Min: 10, Max: 1 << 20, Help: "words that the model knows; weights grow with them"},
			{Name: "steps", Type: builtin.Int, Default: int64(50), Min: 2, Max: 512, Help: "words of a text"},
			{Name: "embedding", Type: builtin.Int, Default: int64(16), Min: 1, Max: 512, Help: "numbers that stand for a word; weights grow with them"},
			{Name: "units", Type: builtin.Int, Default: int64(32), Min: 1, Max: 512, Help: "units of the LSTM, in either direction"},
			{Name: "hidden", Type: builtin.Int, Default: int64(16), Min: 1, Max: 512, Help: "neurons of the dense layer"},
			{Name: "examples", Type: builtin.Int, Default: int64(500), Min: 10, Max: 100_000, Help: "texts to train on"},
			{Name: "epochs", Type: builtin.Int, Default: int64(10), Min: 1, Max: 100, Help: "passes over the texts in a whole fit"},
			{Name: "seed", Type: builtin.Int, Default: int64(1), Min: 0, Max: math.MaxInt32, Help: "seed of the texts and the first weights"},
			textData,
		},
		Presets: []builtin.Preset{
			{Name: "article", Title: "案例二 / Case 2", Params: map[string]any{}, Scale: builtin.Small},
			{Name: "article-training", Title: "Case 2, its training", Params: map[string]any{"mode": "training"}},
			{Name: "large", Title: "Large: 64 MiB of float32 weights", Params: map[string]any{"vocab": 1 << 18, "embedding": 64, "epochs": 4}, Scale: builtin.Large},
			{Name: "gpt2-mini", Title: "GPT-2's architecture, 66 MiB in float32", Params: map[string]any{"model": "gpt2-mini"}},
			{Name: "gpt2-small", Title: "The size of GPT-2 small, 475 MiB in float32", Params: map[string]any{"model": "gpt2-small"}, Scale: builtin.Large},
		},
		Variants: []builtin.Variant{
			{
				Name: "float64", Title: "8 bytes a number",
				Setup: precisionVariant{models, "float64"}.setUp, Fit: fitTexts[float64],
				Source: ownSource("precision.go", "inFloat64"),
			},
			{
				Name: "float32", Title: "4 bytes a number",
				Setup: precisionVariant{models, "float32"}.setUp, Fit: fitTexts[float32],
				Source: ownSource("precision.go", "inFloat32"),
			},
			{
				Name: "float16", Title: "2 bytes a weight, 11 bits of it the fraction",
				Setup: precisionVariant{models, "float16"}.setUp, When: models.asked,
				Source: modelSource("widened.go", "NewHalf"),
			},
			{
				Name: "bfloat16", Title: "2 bytes a weight, 8 bits of it the fraction",
				Setup: precisionVariant{models, "bfloat16"}.setUp, When: models.asked,
				Source: modelSource("widened.go", "NewBrain"),
			},
		},
		Primary: []string{profiler.LiveHeap, profiler.BytesPerOp, profiler.NsPerOp},

		Counts: models.counts(),
		Check: func(p profiler.Params) profiler.Faults {
			m, ok := models.find(p)
			switch {
			case !ok:
				return checkBatch(p)
			case p.Text("mode") != "inference":
				return profiler.Faults{{Field: "mode", Message: "must be inference: GPT-2 is not trained here"}}
			}
			return checkLanguage(p, m)
		},
		Estimate: func(p profiler.Params) builtin.Estimate {
			if m, ok := models.find(p); ok {
				return estimateLanguage(p, m, languageFormats[:languagePrecisions])
			}
			return estimateTexts(p)
		},
		Predict: func(p profiler.Params) []profiler.Prediction {
			if m, ok := models.find(p); ok {
				return predictLanguage(p, m, languageFormats[:languagePrecisions])
			}
			return predictPrecision(p)
		},
		Preparation: &builtin.Preparation{
			What:    "the training of the model in float64, or the logits of GPT-2 in every format",
			Version: codeVersion,
			Params:  []string{"model", "tokens", "batch", "vocab", "steps", "embedding", "units", "hidden", "examples", "epochs", "seed", "data"},
			Data:    func(in builtin.Input) string { return dataVersion(in) + modelVersion(in, in.Text("model")) },
			Make: func(in builtin.Input, w io.Writer) error {
				if m, ok := models.find(in.Params); ok {
					return prepareLanguage(in, m, languageFormats[:languagePrecisions], w)
				}
				return makeTexts(in, w)
			},
			Duration: func(p profiler.Params) time.Duration {
				if m, ok := models.find(p); ok {
					return languagePreparationTime(p, m, languageFormats[:languagePrecisions])
				}
				return estimateTexts(p).Fit
			},
		},
	}
}

// languagePrecisions is how many formats of language models are floating-point numbers, the
// first ones.
const languagePrecisions = 4

// A precisionVariant is named as its format. Its set-up is a method, not a closure: the compiler
// numbers closures, and profiles are held against each other by the names of functions.
type precisionVariant struct {
	models library
	name   string
}

func (v precisionVariant) setUp(in builtin.Input) (builtin.Work, error) {
	if m, ok := v.models.find(in.Params); ok {
		i := slices.IndexFunc(languageFormats, func(f languageFormat) bool { return f.name == v.name })
		return newLanguage(in, m, languageFormats[i], i, languagePrecisions)
	}
	if v.name == "float64" {
		return inFloat64(in)
	}
	return inFloat32(in)
}

// inFloat64 computes with numbers of 8 bytes.
func inFloat64(in builtin.Input) (builtin.Work, error) { return newTexts[float64](in, 0) }

// inFloat32 computes with numbers of 4 bytes, into which the trained weights are rounded.
func inFloat32(in builtin.Input) (builtin.Work, error) { return newTexts[float32](in, 1) }

// predictPrecision halves what are numbers.
func predictPrecision(p profiler.Params) []profiler.Prediction {
	numbers, others := textsLive(p)
	live := (8*numbers + others) / (4*numbers + others)
	return []profiler.Prediction{
		{Variant: "float32", Unit: profiler.ModelBytes, Ratio: 2},
		{Variant: "float32", Unit: profiler.LiveHeap, Ratio: profiler.Float(live), Note: "with the texts, which are no floating-point numbers"},
	}
}

// textsLive is how many numbers are alive at the peak of an operation, and how many bytes of
// texts, which are none.
func textsLive(p profiler.Params) (numbers, others float64) {
	m, batch := textShape(p), p.Int("batch")
	numbers = float64(m.WeightCount() + m.PredictNeed(batch).Floats)
	if p.Text("mode") == "training" {
		numbers = float64(3*m.WeightCount() + m.Need(batch).Floats) // with the optimiser's moments
	}
	const id = unsafe.Sizeof(int32(0))
	return numbers, float64(min(heldBatches*batch, p.Int("examples")) * (m.Steps + 1) * int(id))
}

// estimateTexts scales what was measured at the defaults and at the large preset on two cores
// at about 3 GHz, without other load.
func estimateTexts(p profiler.Params) builtin.Estimate {
	const (
		perProduct = 0.35 // nanoseconds of a multiplication, on two cores
		perUpdate  = 4.0  // of the update of a weight
		perWeight  = 12.0 // of the loading of a weight
		perWord    = 30.0 // of the generation of a word
	)
	m, batch := textShape(p), p.Int("batch")
	numbers, others := textsLive(p)
	step := float64(batch*m.StepProducts())*perProduct + float64(m.WeightCount())*perUpdate
	op := step
	if p.Text("mode") == "inference" {
		op = float64(batch*m.PredictProducts()) * perProduct
	}
	setup := float64(m.WeightCount())*perWeight + float64(textsOf(p)*m.Steps)*perWord
	batches := (p.Int("examples") + batch - 1) / batch
	churn := m.PredictNeed(batch).Floats
	if p.Text("mode") == "training" {
		churn = m.Need(batch).Floats
	}
	return builtin.Estimate{
		Live:  int64(8*numbers + others),
		Churn: int64(8 * churn),
		Setup: time.Duration(setup),
		Op:    time.Duration(op),
		Fit:   time.Duration(setup + step*float64(p.Int("epochs")*batches)),

		FitLive: int64(8*(3*m.WeightCount()+m.Need(batch).Floats)) + int64(others),
	}
}

// textShape is the model that the params ask for.
func textShape(p profiler.Params) model.TextClassifier {
	return model.TextClassifier{Vocab: p.Int("vocab"), Steps: p.Int("steps"), Embedding: p.Int("embedding"), Units: p.Int("units"), Hidden: p.Int("hidden")}
}
