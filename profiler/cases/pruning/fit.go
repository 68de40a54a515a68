package pruning

import (
	"errors"
	"io"
	"math"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// filtersLeft returns how many filters are not removed.
func filtersLeft(p profiler.Params) int {
	return max(1, int(math.Round(float64(filters.Of(p))*(1-sparsity.Of(p)))))
}

// smallShape returns the model without the filters that are removed.
func smallShape(p profiler.Params) model.ImageClassifier {
	m := testbed.ImageShape(p)
	m.Filters = filtersLeft(p)
	return m
}

// trainingSteps returns how many steps a whole training has.
func trainingSteps(p profiler.Params) int {
	return testbed.TrainingSteps(testbed.ImageEpochs.Of(p), testbed.ImageExamples.Of(p))
}

// newSchedule returns the schedule that the params ask for. It ends at the last step at which
// masks are computed, so that it reaches the whole sparsity there.
func newSchedule(p profiler.Params) model.Schedule {
	first, every := begin.Of(p), frequency.Of(p)
	if schedule.Of(p) == constant {
		return model.ConstantSparsity{Span: model.Span{Begin: first, End: -1, Frequency: every}, Sparsity: sparsity.Of(p)}
	}
	end := first + max(0, trainingSteps(p)-first)/every*every
	return model.PolynomialDecay{Span: model.Span{Begin: first, End: end, Frequency: every}, Final: sparsity.Of(p)}
}

// train does a whole training from new weights, with masks or without.
func train(p profiler.Params, examples testbed.ImageSet, masks bool, watch builtin.Watch) (model.ImageWeights[float32], []profiler.Epoch, error) {
	m := testbed.ImageShape(p)
	weights := model.NewImageWeights[float32](m, uint64(testbed.ImageSeed.Of(p)))
	var pruner *model.Pruner[float32]
	if masks {
		pruner = model.NewPruner(newSchedule(p), weights.ConvKernel, weights.DenseKernel)
	}
	epochs, err := testbed.TrainImages(m, weights, examples, testbed.ImageEpochs.Of(p), pruner, watch)
	return weights, epochs, err
}

func fitDense(in builtin.Input, watch builtin.Watch) (profiler.Fit, error) {
	return fit(in, false, watch)
}

func fitMasked(in builtin.Input, watch builtin.Watch) (profiler.Fit, error) {
	return fit(in, true, watch)
}

func fit(in builtin.Input, masks bool, watch builtin.Watch) (profiler.Fit, error) {
	examples, _, err := testbed.LoadImages(in, testbed.ImageShape(in.Params), testbed.ImageExamples.Of(in.Params), 0)
	if err != nil {
		return profiler.Fit{}, err
	}
	weights, epochs, err := train(in.Params, examples, masks, watch)
	return profiler.Fit{Epochs: epochs, Weights: testbed.WeightsDigest(weights.All)}, err
}

// preparation trains the model unpruned, with masks, and without the filters that are removed. It
// keeps all three, after the quality of the outputs in each format.
var preparation = builtin.Preparation{
	What:    "the training of the model, unpruned, pruned and with fewer filters",
	Version: testbed.ModelVersion(Sources),
	Params: builtin.ParamsOf(sparsity, schedule, begin, frequency, filters, testbed.ImageSide, testbed.Classes,
		testbed.ImageExamples, testbed.ImageEpochs, testbed.ImageSeed, testbed.ImageData),
	Data: testbed.ImagesVersion,
	Make: prepare,
	Duration: func(p profiler.Params) time.Duration {
		return 5*testbed.ImageTrainingTime(testbed.ImageShape(p), trainingSteps(p))/2 + testTime(p)
	},
}

// testTime estimates the outputs of all formats for the images to test on.
func testTime(p profiler.Params) time.Duration {
	const perProduct = 0.3 // nanoseconds, the mean of the formats
	return time.Duration(float64(len(formats)*testbed.ImageTests*testbed.ImageShape(p).PredictProducts()) * perProduct)
}

func prepare(in builtin.Input, w io.Writer) error {
	p, m, small := in.Params, testbed.ImageShape(in.Params), smallShape(in.Params)
	examples, tests, err := testbed.LoadImages(in, m, testbed.ImageExamples.Of(p), testbed.ImageTests)
	if err != nil {
		return err
	}
	dense, _, err := train(p, examples, false, testbed.Unwatched)
	if err != nil {
		return err
	}
	masked, _, err := train(p, examples, true, testbed.Unwatched)
	if err != nil {
		return err
	}
	_, kept := model.KeepFilters(m, dense, small.Filters)
	again := max(1, testbed.ImageEpochs.Of(p)/2)
	if _, err := testbed.TrainImages(small, kept, examples, again, nil, testbed.Unwatched); err != nil {
		return err
	}
	shapes, weights := shapesOf(p), []model.ImageWeights[float32]{denseRow: dense, maskedRow: masked, filtersRow: kept}
	var want []float32
	var quality []float64
	for _, f := range formats {
		got := testbed.PredictImages(shapes[f.row], f.layers(shapes[f.row], weights[f.row]), tests)
		if want == nil {
			want = got
		}
		quality = append(quality, testbed.ImageQuality(got, want, tests.Labels)...)
	}
	return errors.Join(testbed.WriteNumbers(w, quality), testbed.WriteNumbers(w, dense.All, masked.All, kept.All))
}
