package cases

import (
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// newPruning holds a trained ImageClassifier, or GPT-2, in formats that make use of what pruning cut off, or do
// not.
func newPruning(models library) builtin.Case {
	return builtin.Case{
		Name:      "pruning",
		Title:     "Prune a model's connections or filters",
		Technique: "模型结构优化 · 模型剪枝 (structure: prune the model)",
		Idea: "A model that has too many parameters (案例三). 模型剪枝: remove unimportant neurons or connections. " +
			"Connections: while ImageClassifier trains, the weights of least magnitude are cut off by masks, as tfmot does (案例三 calls it; its code lacks the import and the callback that it needs, and its speech model is a classifier of images). " +
			"Neurons: whole filters are removed, and the smaller model trains on. " +
			"GPT-2 reads a text with the matrices of its blocks pruned once, each by magnitude, and not trained since; its embeddings, norms and biases stay as they are.",
		Limit: "Zeros take as much memory as other numbers: masking alone saves nothing, and masks make a training larger. " +
			"In compressed sparse rows with 32-bit columns 4n/(8n(1−s)+4(r+1)), less than 1 at 50 %, 2 at 80 %; " +
			"with one bit a weight and the values packed 1/(1/32+1−s), 4.3 at 80 %. (2 holds for the ten outputs of the article; with many the starts of rows count less, up to 2.5. Half of GPT-2's matrices takes more than all of them: a column for each weight is as large as the weight, and the starts of rows come on top.) Without filters the model is dense and smaller at once, and trains on for half as many epochs again. " +
			"What it costs is accuracy, and time where a format is slow to compute with. A generated GPT-2 has learnt nothing: how far pruning moves its logits can be seen, what it costs in loss cannot.",

		Params: []builtin.Param{
			models.param("the article's model", "tokens, sparsity and seed"),
			tokensParam,
			{Name: "sparsity", Type: builtin.Number, Default: 0.8, Min: 0.01, Max: 0.99, Help: "share of each kernel's or matrix's weights that is cut off, and of the filters that is removed"},
			{Name: "schedule", Type: builtin.Choice, Default: "polynomial", Choices: []string{"polynomial", "constant"}, Help: "how sparsity comes about in training: more and more, or at once"},
			{Name: "begin", Type: builtin.Int, Default: int64(0), Min: 0, Max: 1_000_000, Help: "training step from which on masks are computed"},
			{Name: "frequency", Type: builtin.Int, Default: int64(10), Min: 1, Max: 1_000_000, Help: "training steps between them; tfmot's own default is 100"},
			{Name: "batch", Type: builtin.Int, Default: int64(32), Min: 1, Max: 1024, Help: "images in an inference"},
			{Name: "filters", Type: builtin.Int, Default: int64(32), Min: 2, Max: 1024, Help: "filters of the convolution; weights grow with them"},
			{Name: "image", Type: builtin.Int, Default: int64(32), Min: 8, Max: 256, Help: "side of the square images, in pixels; weights grow with its square"},
			{Name: "classes", Type: builtin.Int, Default: int64(10), Min: 10, Max: 4096, Help: "outputs of the model, of which ten occur in the data; weights grow with them"},
			{Name: "examples", Type: builtin.Int, Default: int64(500), Min: 10, Max: 100_000, Help: "images to train on"},
			{Name: "epochs", Type: builtin.Int, Default: int64(10), Min: 1, Max: 100, Help: "passes over the images in a whole fit"},
			{Name: "seed", Type: builtin.Int, Default: int64(1), Min: 0, Max: math.MaxInt32, Help: "seed of the images and the first weights"},
			imageData,
		},
		Presets: []builtin.Preset{
			{Name: "article", Title: "案例三 / Case 3", Params: map[string]any{}, Scale: builtin.Small},
			{Name: "half", Title: "Half of the weights", Params: map[string]any{"sparsity": 0.5}},
			{Name: "ninety", Title: "Nine of ten weights", Params: map[string]any{"sparsity": 0.9}},
			{Name: "large", Title: "Large: 64 MiB of weights", Params: map[string]any{"filters": 64, "image": 34, "classes": 1024, "batch": 1, "examples": 96, "epochs": 8, "frequency": 2}, Scale: builtin.Large},
			{Name: "gpt2-mini", Title: "GPT-2's architecture, 66 MiB unpruned", Params: map[string]any{"model": "gpt2-mini"}},
			{Name: "gpt2-mini-half", Title: "The same, half of the weights: compressed rows are larger", Params: map[string]any{"model": "gpt2-mini", "sparsity": 0.5}},
			{Name: "gpt2-small", Title: "The size of GPT-2 small, 475 MiB unpruned", Params: map[string]any{"model": "gpt2-small"}},
		},
		Variants: []builtin.Variant{
			{
				Name: "dense", Title: "Unpruned",
				Setup: pruningVariant{models, "dense"}.setUp, Fit: fitDense,
				Source: sourcesOf(modelSource("image_layers.go", "DenseLayers"), modelSource("format.go", "DenseFormat")),
			},
			{
				Name: "masked", Title: "Pruned, zeros kept",
				Setup: pruningVariant{models, "masked"}.setUp, Fit: fitMasked,
				Source: modelSource("pruner.go", "Pruner.Strip", "Prune"),
			},
			{
				Name: "csr", Title: "Pruned, compressed sparse rows",
				Setup:  pruningVariant{models, "csr"}.setUp,
				Source: modelSource("csr.go", "NewCSR"),
			},
			{
				Name: "filters", Title: "Filters removed, dense and smaller, trained on",
				Setup: pruningVariant{models, "filters"}.setUp, When: models.ownAsked,
				Source: modelSource("filters.go", "KeepFilters"),
			},
			{
				Name: "packed", Title: "Pruned, a bit a weight and packed values",
				Setup:  pruningVariant{models, "packed"}.setUp,
				Source: modelSource("packed.go", "NewPacked"),
			},
		},
		Primary: []string{profiler.LiveHeap, profiler.NsPerOp},

		Counts: models.counts("sparsity"),
		Check: func(p profiler.Params) profiler.Faults {
			if m, ok := models.find(p); ok {
				return checkLanguage(p, m)
			}
			return checkPruning(p)
		},
		Estimate: func(p profiler.Params) builtin.Estimate {
			if m, ok := models.find(p); ok {
				return estimatePruned(p, m)
			}
			return estimatePruning(p)
		},
		Predict: func(p profiler.Params) []profiler.Prediction {
			if m, ok := models.find(p); ok {
				return predictLanguage(p, m, prunedFormats(p))
			}
			return predictPruning(p)
		},
		Preparation: &builtin.Preparation{
			What:    "the training of the model, unpruned, pruned and with fewer filters, or the logits of GPT-2, unpruned and pruned",
			Version: codeVersion,
			Params:  []string{"model", "tokens", "sparsity", "schedule", "begin", "frequency", "filters", "image", "classes", "examples", "epochs", "seed", "data"},
			Data:    func(in builtin.Input) string { return dataVersion(in) + modelVersion(in, in.Text("model")) },
			Make: func(in builtin.Input, w io.Writer) error {
				if m, ok := models.find(in.Params); ok {
					return prepareLanguage(in, m, prunedFormats(in.Params), w)
				}
				return makeImages(in, w)
			},
			Duration: func(p profiler.Params) time.Duration {
				if m, ok := models.find(p); ok {
					one := estimatePruned(p, m)
					return time.Duration(len(prunedFormats(p))) * (one.Setup + one.Op)
				}
				return 5*imagesFitTime(p)/2 + imagesTestTime(p)
			},
		},
	}
}

// A pruningVariant is named as its format. Its set-up is a method, not a closure: the compiler
// numbers closures, and profiles are held against each other by the names of functions.
type pruningVariant struct {
	models library
	name   string
}

func (v pruningVariant) setUp(in builtin.Input) (builtin.Work, error) {
	if m, ok := v.models.find(in.Params); ok {
		formats := prunedFormats(in.Params)
		i := slices.IndexFunc(formats, func(f languageFormat) bool { return f.name == v.name })
		return newLanguage(in, m, formats[i], i, len(formats))
	}
	return newImages(in, slices.IndexFunc(imageFormats, func(f imageFormat) bool { return f.name == v.name }))
}

// checkPruning refuses a schedule that would never prune, and batches that the examples cannot
// fill.
func checkPruning(p profiler.Params) profiler.Faults {
	if faults := append(checkBatch(p), checkImageData(p)...); faults != nil {
		return faults
	}
	if filtersLeft(p) == p.Int("filters") {
		return profiler.Faults{{Field: "sparsity", Message: "is so small that no filter would be removed: raise it, or take more filters"}}
	}
	schedule := pruningSchedule(p)
	steps := trainingSteps(p)
	if err := schedule.Check(); err != nil || model.Updates(schedule, steps) == 0 {
		return profiler.Faults{{
			Field:   "frequency",
			Message: "the training has " + plural(steps, "step") + ", in which this schedule would never prune: let it begin earlier, prune more often, or train for longer",
		}}
	}
	return nil
}

// predictPruning counts the bytes of every format.
func predictPruning(p profiler.Params) []profiler.Prediction {
	m := imageShape(p)
	small := m
	small.Filters = filtersLeft(p)
	dense := float64(4 * m.WeightCount())
	biases := float64(4 * (m.Filters + m.Classes))
	kernels := []struct{ rows, weights int }{
		{m.ConvRows(), m.ConvRows() * m.Filters},
		{m.DenseRows(), m.DenseRows() * m.Classes},
	}
	csr, packed := biases, biases
	for _, k := range kernels {
		left := math.RoundToEven(float64(k.weights) * (1 - p.Number("sparsity")))
		csr += 8*left + 4*float64(k.rows+1)
		packed += 4*left + float64(k.weights)/8 + float64(k.weights)/256 // a mark every 1,024 weights
	}
	others := float64(4*m.PredictNeed(p.Int("batch")).Floats + 4*heldImages(p)*m.Pixels())
	smallOthers := float64(4*small.PredictNeed(p.Int("batch")).Floats + 4*heldImages(p)*m.Pixels())
	var out []profiler.Prediction
	for _, v := range []struct {
		name          string
		bytes, others float64
	}{
		{"masked", dense, others}, {"csr", csr, others}, {"filters", float64(4 * small.WeightCount()), smallOthers}, {"packed", packed, others},
	} {
		out = append(out,
			profiler.Prediction{Variant: v.name, Unit: profiler.ModelBytes, Ratio: profiler.Float(dense / v.bytes)},
			profiler.Prediction{Variant: v.name, Unit: profiler.LiveHeap, Ratio: profiler.Float((dense + others) / (v.bytes + v.others)), Note: "with activations and images, which stay as they are"},
		)
	}
	return out
}

// estimatePruning scales as estimateTraining does.
func estimatePruning(p profiler.Params) builtin.Estimate {
	const (
		perProduct = 0.4 // nanoseconds of a multiplication, in the slowest format
		perWeight  = 6.0 // of the loading of a weight and its conversion
		perPixel   = 6.0 // of the generation of a number of an image
	)
	m, batch := imageShape(p), p.Int("batch")
	weights, need := m.WeightCount(), m.PredictNeed(batch)
	op := float64(batch) * float64(m.PredictProducts()) * perProduct
	images := p.Int("examples") * m.Pixels()
	setup := float64(images)*perPixel + float64(weights)*perWeight
	return builtin.Estimate{
		Live:  int64(4 * (2*weights + need.Floats + images)),
		Churn: int64(4 * need.Floats),
		Setup: time.Duration(setup),
		Op:    time.Duration(op),
		Fit:   imagesFitTime(p),

		// The preparation keeps the unpruned weights while it trains the others, with moments and masks.
		FitLive: int64(4 * (5*weights + m.Need(trainBatch).Floats + images + imageTests*m.Pixels())),
	}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
