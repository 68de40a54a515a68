package precision

import (
	"errors"
	"io"
	"runtime"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// train trains new weights on the examples, in their order, and returns them with the result of
// each epoch.
func train[T model.Float](in builtin.Input, watch builtin.Watch) (model.TextWeights[T], []profiler.Epoch, error) {
	m, p := shape(in.Params), in.Params
	weights := model.NewTextWeights[T](m, uint64(seed.Of(p)))
	texts, _, err := loadTexts(in, m, examples.Of(p), testTexts)
	if err != nil {
		return weights, nil, err
	}
	trainer := model.NewTextTrainer(m, weights, model.Fresh[T]{}, runtime.GOMAXPROCS(0))
	defer trainer.Close()
	batches := testbed.ShortLast(texts.len(), batch.Of(p))
	results, err := testbed.TrainEpochs(epochs.Of(p), batches, watch, func(b testbed.Batch) (model.Result, error) {
		part := texts.part(b.Lo, b.Hi)
		return trainer.Step(part.ids, part.labels, watch.Mark)
	})
	return weights, results, err
}

// fit does a whole training in numbers of type T.
func fit[T model.Float](in builtin.Input, watch builtin.Watch) (profiler.Fit, error) {
	weights, results, err := train[T](in, watch)
	return profiler.Fit{Epochs: results, Weights: testbed.WeightsDigest(weights.All)}, err
}

// prepare trains a model in float64 and writes the quality of its outputs in each format, and then
// its weights.
func prepare(in builtin.Input, formats []format, w io.Writer) error {
	weights, _, err := train[float64](in, testbed.Unwatched)
	if err != nil {
		return err
	}
	m := shape(in.Params)
	_, tests, err := loadTexts(in, m, examples.Of(in.Params), testTexts)
	if err != nil {
		return err
	}
	var want, rows []float64
	for _, f := range formats {
		got := f.outputs(m, weights.All, tests, batch.Of(in.Params))
		if want == nil {
			want = got
		}
		rows = append(rows, quality(got, want, tests.labels)...)
	}
	return errors.Join(testbed.WriteNumbers(w, rows), testbed.WriteNumbers(w, weights.All))
}

// quality compares outputs, probabilities of the label 1, with those of the baseline and with the
// labels. It returns the values of testbed.QualityUnits.
func quality(got, want []float64, labels []int32) []float64 {
	var s testbed.Score
	for i, p := range got {
		s.Compare(p, want[i])
		if labels[i] == 0 {
			s.Add(p <= 0.5, 1-p)
		} else {
			s.Add(p > 0.5, p)
		}
	}
	return s.Numbers()
}

// Times of a multiplication, in nanoseconds on two cores at about 3 GHz without other load.
const (
	perProduct       = 0.35
	perNarrowProduct = 0.4 // with weights that are widened first
)

// stepTime estimates a training step.
func stepTime(p profiler.Params) time.Duration {
	const perUpdate = 4.0 // nanoseconds of the update of a weight
	m := shape(p)
	return time.Duration(float64(batch.Of(p)*m.StepProducts())*perProduct + float64(m.WeightCount())*perUpdate)
}

// setUpTime estimates the set-up of one child.
func setUpTime(p profiler.Params) time.Duration {
	const (
		perWeight = 12.0 // nanoseconds of the loading of a weight
		perWord   = 30.0 // of the generation of a word
	)
	m := shape(p)
	return time.Duration(float64(m.WeightCount())*perWeight + float64((examples.Of(p)+testTexts)*m.Steps)*perWord)
}

// fitTime estimates a whole training.
func fitTime(p profiler.Params) time.Duration {
	batches := len(testbed.ShortLast(examples.Of(p), batch.Of(p)))
	return setUpTime(p) + stepTime(p)*time.Duration(epochs.Of(p)*batches)
}

// trainingNumbers counts the numbers that are live at the peak of a training step: weights, two
// moments and the tensors of the step.
func trainingNumbers(p profiler.Params) int {
	m := shape(p)
	return 3*m.WeightCount() + m.Need(batch.Of(p)).Floats
}

// trainingBytes returns the size of these numbers in float64, and of the texts.
func trainingBytes(p profiler.Params) int64 { return int64(8*trainingNumbers(p)) + int64(heldBytes(p)) }
