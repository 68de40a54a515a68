package distillation

import (
	"errors"
	"io"
	"slices"

	"heaplab/profiler"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// preparation trains all models from the initial weights of every seed. It keeps the weights of the
// first seed, after a row of testbed.QualityUnits for each learner and seed. Errors are those of
// outputs against the teacher of the same seed.
var preparation = builtin.Preparation{
	What:    "the training of the teacher and its students, with all seeds",
	Version: testbed.ModelVersion(Sources),
	Params: builtin.ParamsOf(filters, student, temperature, alpha, hint, testbed.ImageSide, testbed.Classes,
		noise, testbed.ImageExamples, epochs, seeds, testbed.ImageSeed, testbed.ImageData),
	Data:     testbed.ImagesVersion,
	Make:     prepare,
	Duration: preparationTime,
}

func prepare(in builtin.Input, w io.Writer) error {
	p := in.Params
	examples, tests, err := testbed.LoadNoisyImages(in, testbed.ImageShape(p), noise.Of(p), testbed.ImageExamples.Of(p), testbed.ImageTests)
	if err != nil {
		return err
	}
	quality := make([][]float64, len(learners)) // [learners][seeds · QualityUnits]
	var kept [][]float32                        // weights
	for i := range seeds.Of(p) {
		lesson := &lesson{Params: p, seed: uint64(testbed.ImageSeed.Of(p) + i), examples: examples}
		var want []float32
		for j, l := range learners {
			weights, err := l.learn(lesson)
			if err != nil {
				return err
			}
			m := l.shape(p)
			got := testbed.PredictImages(m, model.DenseLayers(m, weights), tests)
			if want == nil {
				want = got
			}
			quality[j] = append(quality[j], testbed.ImageQuality(got, want, tests.Labels)...)
			if i == 0 {
				kept = append(kept, weights.All)
			}
		}
	}
	return errors.Join(testbed.WriteNumbers(w, slices.Concat(quality...)), testbed.WriteNumbers(w, kept...))
}

// A variant has the name of its learner. Its setUp is a method, not a closure: the compiler numbers
// closures, and profiles are compared by the names of functions.
type variant string

// setUp loads the learner's weights of the first seed.
func (name variant) setUp(in builtin.Input) (builtin.Work, error) {
	var m model.ImageClassifier
	var weights model.ImageWeights[float32]
	var quality []profiler.Measurement
	row := make([]float64, seeds.Of(in.Params)*len(testbed.QualityUnits))
	file := testbed.OpenNumbers(in.Prepared)
	for _, l := range learners {
		testbed.ReadRow[float64](file, row)
		if l.name == string(name) {
			quality = qualityOfSeeds(row)
		}
	}
	for _, l := range learners {
		shape := l.shape(in.Params)
		if l.name != string(name) {
			testbed.Skip[float32](file, shape.WeightCount())
			continue
		}
		m, weights = shape, model.ImageWeightsIn(shape, make([]float32, shape.WeightCount()))
		testbed.ReadRow[float32](file, weights.All)
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	examples, _, err := testbed.LoadNoisyImages(in, m, noise.Of(in.Params), testbed.ImageExamples.Of(in.Params), 0)
	if err != nil {
		return nil, err
	}
	return testbed.NewImageInference(in.Params, m, model.DenseLayers(m, weights), examples, quality), nil
}

// qualityOfSeeds combines rows of testbed.QualityUnits, one for each seed: the largest error, the
// mean loss, and the mean accuracy with the worst and the best.
func qualityOfSeeds(rows []float64) []profiler.Measurement {
	var worst, loss, accuracy float64
	var accuracies []float64
	units := len(testbed.QualityUnits)
	n := float64(len(rows) / units)
	for row := range slices.Chunk(rows, units) {
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
