package cases

import (
	"errors"
	"io"
	"runtime"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// An integerFormat is what a variant of the name holds in memory.
type integerFormat struct {
	name string
	numberFormat
}

var integerFormats = []integerFormat{
	{"float64", formatIn[float64]{doubleFormat()}},
	{"float32", formatIn[float32]{singleFormat()}},
	{"int8", formatIn[float32]{model.Int8Format[float32]()}},
	{"int8-activations", formatIn[float32]{model.W8A8Format[float32]()}},
}

// doubleFormat holds numbers of 8 bytes, into which the trained weights are widened.
func doubleFormat() model.Format[float64] { return model.DenseFormat[float64]() }

// singleFormat holds numbers of 4 bytes, as they were trained.
func singleFormat() model.Format[float32] { return model.DenseFormat[float32]() }

// A numberFormat sets models up in a format of their numbers, and tells what it makes of them.
type numberFormat interface {
	// setUpImages sets ImageClassifier up for inference; what its outputs are worth is in that row of what
	// was prepared.
	setUpImages(in builtin.Input, row int) (builtin.Work, error)
	// probabilities are the outputs [images, classes] of ImageClassifier with trained weights.
	probabilities(m model.ImageClassifier, trained []float32, images imageSet) []float64
}

// A formatIn is a format of weights, with activations and images in numbers of type T.
type formatIn[T model.Float] struct{ model.Format[T] }

func (f formatIn[T]) probabilities(m model.ImageClassifier, trained []float32, images imageSet) []float64 {
	layers := model.LayersIn(m, model.ImageWeightsIn(m, converted[T](trained)), f.Format)
	return converted[float64](predictImages(m, layers, images))
}

// setUpImages loads the weights. Where the layers do not refer to them, they are garbage once it
// returns.
func (f formatIn[T]) setUpImages(in builtin.Input, row int) (builtin.Work, error) {
	m := imageShape(in.Params)
	weights := model.ImageWeightsIn(m, make([]T, m.WeightCount()))
	file := openNumbers(in.Prepared)
	quality := readQuality(file, row, len(integerFormats))
	readRow[float32](file, weights.All)
	if err := file.close(); err != nil {
		return nil, err
	}
	examples, _, err := imagesFrom(in, m, in.Int("examples"), 0)
	if err != nil {
		return nil, err
	}
	layers := model.LayersIn(m, weights, f.Format)
	return &imagesIn[T]{
		metrics:   append(quality, profiler.Measurement{Unit: profiler.ModelBytes, Value: float64(layers.Bytes())}),
		predictor: model.NewImagePredictor(m, layers, model.Fresh[T]{}, runtime.GOMAXPROCS(0)),
		held:      converted[T](examples.part(0, heldImages(in.Params)).x),
		batch:     in.Int("batch") * m.Pixels(),
	}, nil
}

// imagesIn is ImageClassifier set up for inference in numbers of type T.
type imagesIn[T model.Float] struct {
	metrics   []profiler.Measurement
	predictor *model.ImagePredictor[T]
	held      []T // [images, height, width, channels]
	batch     int // numbers of a batch
	next      int // first number of the next op
}

// Op takes the next full batch, and begins again when all have been used.
func (w *imagesIn[T]) Op(mark func()) error {
	if w.next+w.batch > len(w.held) {
		w.next = 0
	}
	w.predictor.Predict(w.held[w.next:][:w.batch], mark)
	w.next += w.batch
	return nil
}

func (w *imagesIn[T]) Metrics() []profiler.Measurement { return w.metrics }

// Close ends the workers.
func (w *imagesIn[T]) Close() error {
	w.predictor.Close()
	return nil
}

// integerPreparation trains ImageClassifier in float32, and keeps the weights, after what the outputs in each
// format are worth; of GPT-2 it keeps that alone.
func integerPreparation(models library) *builtin.Preparation {
	return &builtin.Preparation{
		What:    "the training of the model in float32, or the logits of GPT-2 in every format",
		Version: codeVersion,
		Params:  []string{"model", "tokens", "filters", "image", "classes", "examples", "epochs", "seed", "data"},
		Data:    func(in builtin.Input) string { return dataVersion(in) + modelVersion(in, in.Text("model")) },
		Make: func(in builtin.Input, w io.Writer) error {
			if m, ok := models.find(in.Params); ok {
				return prepareLanguage(in, m, languageIntegers(), w)
			}
			return makeIntegerImages(in, w)
		},
		Duration: func(p profiler.Params) time.Duration {
			if m, ok := models.find(p); ok {
				return languagePreparationTime(p, m, languageIntegers())
			}
			return imagesFitTime(p) + integerTime(imageShape(p), len(integerFormats)*imageTests, 0.9, 0.4)
		},
	}
}

func makeIntegerImages(in builtin.Input, w io.Writer) error {
	m := imageShape(in.Params)
	examples, tests, err := imagesFrom(in, m, in.Int("examples"), imageTests)
	if err != nil {
		return err
	}
	weights, _, err := fitImages(in.Params, examples, false, builtin.Watch{Epoch: func(profiler.Epoch) {}, Mark: func() {}})
	if err != nil {
		return err
	}
	want := integerFormats[0].probabilities(m, weights.All, tests)
	worth := imageQuality(want, want, tests.labels)
	for _, f := range integerFormats[1:] {
		worth = append(worth, imageQuality(f.probabilities(m, weights.All, tests), want, tests.labels)...)
	}
	return errors.Join(writeNumbers(w, worth), writeNumbers(w, weights.All))
}
