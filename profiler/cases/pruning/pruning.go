// Package pruning removes weights or filters of a trained image classifier, and stores the
// remaining weights in dense and sparse formats.
package pruning

import (
	"embed"
	"fmt"
	"math"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/words"
)

// Sources are the files of this package.
//
//go:embed *.go
var Sources embed.FS

// New returns the case with the images of a server to train on.
func New(images builtin.ChoiceParam) builtin.Case {
	return builtin.Case{
		Name:  "pruning",
		Title: "Prune a model's connections or filters",
		Idea: "A model has too many parameters; pruning removes unimportant neurons or connections. " +
			"Connections: while an image classifier trains, masks remove the weights of least magnitude, as tfmot does. " +
			"(The article's third case calls tfmot; its code lacks the import and the callback that tfmot needs, and its speech model is an image classifier.) " +
			"Neurons: whole filters are removed, and the training of the smaller model continues.",
		Limit: "Zeros take as much memory as other numbers: masking alone saves nothing, and masks increase the memory of training. " +
			"Compressed sparse rows with 32-bit columns take 4n/(8n(1−s)+4(r+1)) times less: less than 1 at 50%, and 2 at 80% with the article's ten outputs. " +
			"With many outputs the starts of rows count less, up to 2.5. " +
			"One bit per weight and packed values take 1/(1/32+1−s) times less, 4.3 at 80%. " +
			"With filters removed, the model is smaller and still dense; it is then trained for half as many epochs. " +
			"The price is accuracy, and time where a format is slow to compute with.",

		Params: builtin.ParamsOf(sparsity, schedule, begin, frequency, testbed.ImageBatch, filters, testbed.ImageSide, testbed.Classes,
			testbed.ImageExamples, testbed.ImageEpochs, testbed.ImageSeed, images),
		Presets: []builtin.Preset{
			{Name: "article", Title: "The article's case 3", Params: builtin.Values(), Scale: builtin.Small},
			{Name: "half", Title: "Half of the weights", Params: builtin.Values(sparsity.Is(0.5))},
			{Name: "ninety", Title: "Nine of ten weights", Params: builtin.Values(sparsity.Is(0.9))},
			{Name: "large", Title: "Large: 64 MiB of weights", Scale: builtin.Large, Params: builtin.Values(
				filters.Is(64), testbed.ImageSide.Is(34), testbed.Classes.Is(1024), testbed.ImageBatch.Is(1), testbed.ImageExamples.Is(96), testbed.ImageEpochs.Is(8), frequency.Is(2))},
		},
		Variants: []builtin.Variant{
			{
				Name: "dense", Title: "Unpruned",
				Setup: variant("dense").setUp, Fit: fitDense,
				Source: testbed.ModelSource("image_layers.go", "DenseLayers"),
			},
			{
				Name: "masked", Title: "Pruned, zeros kept",
				Setup: variant("masked").setUp, Fit: fitMasked,
				Source: testbed.ModelSource("pruner.go", "Pruner.Strip", "Prune"),
			},
			{
				Name: "csr", Title: "Pruned, compressed sparse rows",
				Setup:  variant("csr").setUp,
				Source: testbed.ModelSource("csr.go", "NewCSR"),
			},
			{
				Name: "filters", Title: "Filters removed, dense and smaller, trained on",
				Setup:  variant("filters").setUp,
				Source: testbed.ModelSource("filters.go", "KeepFilters"),
			},
			{
				Name: "packed", Title: "Pruned, one bit per weight and packed values",
				Setup:  variant("packed").setUp,
				Source: testbed.ModelSource("packed.go", "NewPacked"),
			},
		},
		Primary: []string{profiler.LiveHeap, profiler.NsPerOp},

		Check:       check,
		Estimate:    estimate,
		Predict:     predict,
		Preparation: &preparation,
	}
}

// Params of the case, besides those of all image classifiers.
var (
	sparsity  = builtin.NewNumber("sparsity", 0.8, 0.01, 0.99, "share of each kernel's weights, and of the filters, that is removed")
	schedule  = builtin.NewChoice("schedule", "polynomial", []string{"polynomial", constant}, "how sparsity grows during training: gradually or at once")
	begin     = builtin.NewInt("begin", 0, 0, 1_000_000, "first training step at which masks are computed")
	frequency = builtin.NewInt("frequency", 10, 1, 1_000_000, "training steps from one computation of masks to the next; tfmot's own default is 100")
	filters   = testbed.Filters.AtLeast(2)
)

// constant is the schedule that prunes to the whole sparsity at once.
const constant = "constant"

// check rejects a schedule that would never prune, and a sparsity that would remove no filter.
func check(p profiler.Params) profiler.Faults {
	if faults := testbed.CheckImages(p); faults != nil {
		return faults
	}
	if filtersLeft(p) == filters.Of(p) {
		return profiler.Faults{{Field: "sparsity", Message: "is so small that no filter would be removed: raise it, or use more filters"}}
	}
	steps := trainingSteps(p)
	if s := newSchedule(p); s.Check() != nil || model.Updates(s, steps) == 0 {
		return profiler.Faults{{
			Field:   "frequency",
			Message: fmt.Sprintf("the training has %s, in which this schedule would never prune: begin earlier, prune more often, or train for longer", words.Plural(steps, "step")),
		}}
	}
	return nil
}

// predict counts the bytes of every format.
func predict(p profiler.Params) []profiler.Prediction {
	m, small := testbed.ImageShape(p), smallShape(p)
	dense := float64(4 * m.WeightCount())
	biases := float64(4 * (m.Filters + m.Classes))
	kernels := []struct{ rows, weights int }{
		{m.ConvRows(), m.ConvRows() * m.Filters},
		{m.DenseRows(), m.DenseRows() * m.Classes},
	}
	csr, packed := biases, biases
	for _, k := range kernels {
		left := math.RoundToEven(float64(k.weights) * (1 - sparsity.Of(p)))
		csr += 8*left + 4*float64(k.rows+1)
		packed += 4*left + float64(k.weights)/8 + float64(k.weights)/256 // a mark every 1,024 weights
	}
	others := func(m model.ImageClassifier) float64 {
		return float64(4 * (m.PredictNeed(testbed.ImageBatch.Of(p)).Floats + testbed.HeldImages(p)*m.Pixels()))
	}
	var out []profiler.Prediction
	for _, v := range []struct {
		name          string
		bytes, others float64
	}{
		{"masked", dense, others(m)}, {"csr", csr, others(m)},
		{"filters", float64(4 * small.WeightCount()), others(small)}, {"packed", packed, others(m)},
	} {
		out = append(out,
			profiler.Prediction{Variant: v.name, Unit: profiler.ModelBytes, Ratio: profiler.Float(dense / v.bytes)},
			profiler.Prediction{Variant: v.name, Unit: profiler.LiveHeap, Ratio: profiler.Float((dense + others(m)) / (v.bytes + v.others)), Note: "with activations and images, which stay as they are"},
		)
	}
	return out
}

// estimate scales measurements of the defaults and the large preset on two cores at about 3 GHz,
// without other load.
func estimate(p profiler.Params) builtin.Estimate {
	const (
		perProduct = 0.4 // nanoseconds of a multiplication, in the slowest format
		perWeight  = 6.0 // of the loading of a weight and its conversion
		perPixel   = 6.0 // of the generation of a number of an image
	)
	m, batch := testbed.ImageShape(p), testbed.ImageBatch.Of(p)
	weights, need := m.WeightCount(), m.PredictNeed(batch)
	op := float64(batch) * float64(m.PredictProducts()) * perProduct
	images := testbed.ImageExamples.Of(p) * m.Pixels()
	setup := float64(images)*perPixel + float64(weights)*perWeight
	return builtin.Estimate{
		Live:  int64(4 * (2*weights + need.Floats + images)),
		Churn: int64(4 * need.Floats),
		Setup: time.Duration(setup),
		Op:    time.Duration(op),
		Fit:   testbed.ImageTrainingTime(m, trainingSteps(p)),

		// The preparation keeps the unpruned weights while it trains the others, with moments and masks.
		FitLive: int64(4 * (5*weights + m.Need(testbed.TrainBatch).Floats + images + testbed.ImageTests*m.Pixels())),
	}
}
