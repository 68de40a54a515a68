package cases

import (
	"runtime"
	"slices"

	"heaplab/profiler"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// A learner is a variant of the case distillation, by name. Its set-up is a method, as an
// imageVariant's is.
type learner string

// setUp loads the weights that the learner has from the first seed.
func (name learner) setUp(in builtin.Input) (builtin.Work, error) {
	var m model.ImageClassifier
	var weights model.ImageWeights[float32]
	var worth []profiler.Measurement
	seeds := in.Int("seeds")
	row := make([]float64, seeds*len(qualityUnits))
	file := openNumbers(in.Prepared)
	for _, l := range learners {
		readRow[float64](file, row)
		if l.name == name {
			worth = worthOf(row)
		}
	}
	for _, l := range learners {
		shape := l.shape(in.Params)
		if l.name != name {
			skip[float32](file, shape.WeightCount())
			continue
		}
		m, weights = shape, model.ImageWeightsIn(shape, make([]float32, shape.WeightCount()))
		readRow[float32](file, weights.All)
	}
	if err := file.close(); err != nil {
		return nil, err
	}
	examples, _, err := imagesFrom(in, m, in.Int("examples"), 0)
	if err != nil {
		return nil, err
	}
	layers := model.DenseLayers(m, weights)
	return &images{
		metrics:   append(worth, profiler.Measurement{Unit: profiler.ModelBytes, Value: float64(layers.Bytes())}),
		predictor: model.NewImagePredictor(m, layers, model.Fresh[float32]{}, runtime.GOMAXPROCS(0)),
		held:      examples.first(heldImages(in.Params)),
		batch:     in.Int("batch"),
	}, nil
}

// worthOf sums up rows of qualityUnits, one a seed: the largest error, the mean loss, and the mean
// accuracy with the worst and the best.
func worthOf(rows []float64) []profiler.Measurement {
	var worst, loss, accuracy float64
	var accuracies []float64
	n := float64(len(rows) / len(qualityUnits))
	for row := range slices.Chunk(rows, len(qualityUnits)) {
		worst = max(worst, row[0])
		accuracies = append(accuracies, row[1])
		accuracy += row[1] / n
		loss += row[2] / n
	}
	return []profiler.Measurement{
		{Unit: profiler.MaxAbsErr, Value: worst},
		{Unit: profiler.Accuracy, Value: accuracy},
		{Unit: profiler.AccuracyMin, Value: slices.Min(accuracies)},
		{Unit: profiler.AccuracyMax, Value: slices.Max(accuracies)},
		{Unit: profiler.Loss, Value: loss},
	}
}
