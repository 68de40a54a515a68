package integer

import (
	"errors"
	"io"
	"slices"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// A format is the number format of the variant with the same name.
type format struct {
	name string
	imageFormat
}

// formats are those of the variants, in the same order. The others are compared with the first.
var formats = []format{
	{"float64", layersIn[float64]{float64Format()}},
	{"float32", layersIn[float32]{float32Format()}},
	{"int8", layersIn[float32]{model.Int8Format[float32]()}},
	{"int8-activations", layersIn[float32]{model.W8A8Format[float32]()}},
}

// float64Format holds numbers of 8 bytes, into which the trained weights are widened.
func float64Format() model.Format[float64] { return model.DenseFormat[float64]() }

// float32Format holds numbers of 4 bytes, as they were trained.
func float32Format() model.Format[float32] { return model.DenseFormat[float32]() }

// An imageFormat runs an ImageClassifier in a format, whatever its type of numbers.
type imageFormat interface {
	// setUp sets up inference; the quality of its outputs is row i of the prepared file.
	setUp(in builtin.Input, i int) (builtin.Work, error)
	// outputs returns the outputs [images, classes] of a model with trained weights.
	outputs(m model.ImageClassifier, trained []float32, images testbed.ImageSet) []float64
}

// layersIn is a format of weights, with activations and images in numbers of type T.
type layersIn[T model.Float] struct{ model.Format[T] }

func (f layersIn[T]) outputs(m model.ImageClassifier, trained []float32, images testbed.ImageSet) []float64 {
	layers := model.LayersIn(m, model.ImageWeightsIn(m, testbed.Converted[T](trained)), f.Format)
	return testbed.Converted[float64](testbed.PredictImages(m, layers, images))
}

// setUp loads the weights. Where the layers do not refer to them, they are garbage once it
// returns.
func (f layersIn[T]) setUp(in builtin.Input, i int) (builtin.Work, error) {
	m := testbed.ImageShape(in.Params)
	weights := model.ImageWeightsIn(m, make([]T, m.WeightCount()))
	file := testbed.OpenNumbers(in.Prepared)
	quality := testbed.ReadQuality(file, i, len(formats))
	testbed.ReadRow[float32](file, weights.All)
	if err := file.Close(); err != nil {
		return nil, err
	}
	examples, _, err := testbed.LoadImages(in, m, testbed.ImageExamples.Of(in.Params), 0)
	if err != nil {
		return nil, err
	}
	return testbed.NewImageInference(in.Params, m, model.LayersIn(m, weights, f.Format), examples, quality), nil
}

// A variant has the name of its format. Its setUp is a method, not a closure: the compiler numbers
// closures, and profiles are compared by the names of functions.
type variant string

func (name variant) setUp(in builtin.Input) (builtin.Work, error) {
	i := slices.IndexFunc(formats, func(f format) bool { return f.name == string(name) })
	return formats[i].setUp(in, i)
}

// preparation trains the model in float32 and keeps its weights, after the quality of the outputs
// in each format.
var preparation = builtin.Preparation{
	What:    "the training of the model in float32",
	Version: testbed.ModelVersion(Sources),
	Params: builtin.ParamsOf(testbed.Filters, testbed.ImageSide, testbed.Classes,
		testbed.ImageExamples, testbed.ImageEpochs, testbed.ImageSeed, testbed.ImageData),
	Data: testbed.ImagesVersion,
	Make: prepare,
	Duration: func(p profiler.Params) time.Duration {
		m := testbed.ImageShape(p)
		steps := testbed.TrainingSteps(testbed.ImageEpochs.Of(p), testbed.ImageExamples.Of(p))
		return testbed.ImageTrainingTime(m, steps) + inferenceTime(m, len(formats)*testbed.ImageTests, 0.9, 0.4)
	},
}

func prepare(in builtin.Input, w io.Writer) error {
	p, m := in.Params, testbed.ImageShape(in.Params)
	examples, tests, err := testbed.LoadImages(in, m, testbed.ImageExamples.Of(p), testbed.ImageTests)
	if err != nil {
		return err
	}
	weights := model.NewImageWeights[float32](m, uint64(testbed.ImageSeed.Of(p)))
	if _, err := testbed.TrainImages(m, weights, examples, testbed.ImageEpochs.Of(p), nil, testbed.Unwatched); err != nil {
		return err
	}
	var want, quality []float64
	for _, f := range formats {
		got := f.outputs(m, weights.All, tests)
		if want == nil {
			want = got
		}
		quality = append(quality, testbed.ImageQuality(got, want, tests.Labels)...)
	}
	return errors.Join(testbed.WriteNumbers(w, quality), testbed.WriteNumbers(w, weights.All))
}
