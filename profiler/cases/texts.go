package cases

import (
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"unsafe"

	"heaplab/profiler"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// heldBatches is how many batches an inference keeps to go round in: data is not what it is
// about.
const heldBatches = 8

// textTests is how many texts a model is tested on. They are generated along with those that
// it is trained on, of which they are none.
const textTests = 200

// textsOf is how many texts there are, those to test on included.
func textsOf(p profiler.Params) int { return p.Int("examples") + textTests }

// A textSet is texts with their labels.
type textSet struct {
	ids    []int32 // [texts, steps]
	labels []int32 // [texts]
	steps  int
}

// part are texts lo to hi.
func (t textSet) part(lo, hi int) textSet {
	return textSet{t.ids[lo*t.steps : hi*t.steps], t.labels[lo:hi], t.steps}
}

// first is a copy of the first n texts, or of all: the others can be let go.
func (t textSet) first(n int) textSet {
	n = min(n, t.len())
	return textSet{slices.Clone(t.ids[:n*t.steps]), slices.Clone(t.labels[:n]), t.steps}
}

// shuffle puts the texts into an order that depends on the seed alone.
func (t textSet) shuffle(seed uint64) {
	random := rand.New(rand.NewPCG(seed, uint64(t.len())))
	random.Shuffle(t.len(), func(i, j int) {
		t.labels[i], t.labels[j] = t.labels[j], t.labels[i]
		for k := range t.steps {
			t.ids[i*t.steps+k], t.ids[j*t.steps+k] = t.ids[j*t.steps+k], t.ids[i*t.steps+k]
		}
	})
}

func (t textSet) len() int { return len(t.labels) }

// trainTexts trains new weights of TextClassifier on the examples, in the order in which they stand, and
// returns them with what each epoch came to.
func trainTexts[T model.Float](in builtin.Input, watch builtin.Watch) (model.TextWeights[T], []profiler.Epoch, error) {
	m, p := textShape(in.Params), in.Params
	weights := model.NewTextWeights[T](m, uint64(p.Int("seed")))
	examples, _, err := textsFrom(in, m, p.Int("examples"), textTests)
	if err != nil {
		return weights, nil, err
	}
	trainer := model.NewTextTrainer(m, weights, model.Fresh[T]{}, runtime.GOMAXPROCS(0))
	defer trainer.Close()
	epochs, err := trainEpochs(p.Int("epochs"), shortLast(examples.len(), p.Int("batch")), watch, func(b span) (model.Result, error) {
		batch := examples.part(b.lo, b.hi)
		return trainer.Step(batch.ids, batch.labels, watch.Mark)
	})
	return weights, epochs, err
}

// fitTexts trains TextClassifier in numbers of type T.
func fitTexts[T model.Float](in builtin.Input, watch builtin.Watch) (profiler.Fit, error) {
	weights, epochs, err := trainTexts[T](in, watch)
	return profiler.Fit{Epochs: epochs, Weights: digest(weights.All)}, err
}

// makeTexts trains TextClassifier in float64, and keeps the weights, after what the outputs in either type
// are worth.
func makeTexts(in builtin.Input, w io.Writer) error {
	double, _, err := trainTexts[float64](in, builtin.Watch{Epoch: func(profiler.Epoch) {}, Mark: func() {}})
	if err != nil {
		return err
	}
	m := textShape(in.Params)
	_, tests, err := textsFrom(in, m, in.Int("examples"), textTests)
	if err != nil {
		return err
	}
	single := model.TextWeightsIn(m, make([]float32, m.WeightCount()))
	for i, weight := range double.All {
		single.All[i] = float32(weight)
	}
	batch := in.Int("batch")
	want := predictTexts(m, double, tests, batch)
	worth := slices.Concat(
		quality(want, want, tests.labels),
		quality(predictTexts(m, single, tests, batch), want, tests.labels))
	return errors.Join(writeNumbers(w, worth), writeNumbers(w, double.All))
}

// predictTexts returns the outputs [texts] of TextClassifier for all texts.
func predictTexts[T model.Float](m model.TextClassifier, weights model.TextWeights[T], texts textSet, batch int) []T {
	predictor := model.NewTextPredictor(m, weights, model.Fresh[T]{}, runtime.GOMAXPROCS(0))
	defer predictor.Close()
	var out []T
	for lo := 0; lo < texts.len(); lo += batch {
		part := texts.part(lo, min(lo+batch, texts.len()))
		out = append(out, predictor.Predict(part.ids, func() {})...)
	}
	return out
}

// texts is TextClassifier set up for inference or training in numbers of type T.
type texts[T model.Float] struct {
	metrics   []profiler.Measurement
	predictor *model.TextPredictor[T] // nil in training
	trainer   *model.TextTrainer[T]   // nil in inference
	examples  textSet
	batch     int
	next      int // first example of the next op
}

// precisions is how many types of numbers there are, float64 first.
const precisions = 2

// newTexts sets up precision i.
func newTexts[T model.Float](in builtin.Input, i int) (*texts[T], error) {
	m := textShape(in.Params)
	examples, _, err := textsFrom(in, m, in.Int("examples"), 0)
	if err != nil {
		return nil, err
	}
	t := &texts[T]{examples: examples.first(heldBatches * in.Int("batch")), batch: in.Int("batch")}
	weights := model.TextWeightsIn(m, make([]T, m.WeightCount()))
	file := openNumbers(in.Prepared)
	quality := readQuality(file, i, precisions)
	readRow[float64](file, weights.All)
	if err := file.close(); err != nil {
		return nil, err
	}
	size := float64(len(weights.All)) * float64(unsafe.Sizeof(T(0)))
	t.metrics = append(quality, profiler.Measurement{Unit: profiler.ModelBytes, Value: size})
	if in.Text("mode") == "training" {
		t.trainer = model.NewTextTrainer(m, weights, model.Fresh[T]{}, runtime.GOMAXPROCS(0))
	} else {
		t.predictor = model.NewTextPredictor(m, weights, model.Fresh[T]{}, runtime.GOMAXPROCS(0))
	}
	return t, nil
}

// Op takes the next full batch, and begins again when all have been used.
func (t *texts[T]) Op(mark func()) (err error) {
	if t.next+t.batch > t.examples.len() {
		t.next = 0
	}
	batch := t.examples.part(t.next, t.next+t.batch)
	t.next += t.batch
	if t.trainer != nil {
		_, err = t.trainer.Step(batch.ids, batch.labels, mark)
		return err
	}
	t.predictor.Predict(batch.ids, mark)
	return nil
}

func (t *texts[T]) Metrics() []profiler.Measurement { return t.metrics }

// Close ends the workers.
func (t *texts[T]) Close() error {
	if t.trainer != nil {
		t.trainer.Close()
	} else {
		t.predictor.Close()
	}
	return nil
}

// quality holds outputs, probabilities of the label 1, against what they should be, and
// against the labels. It returns numbers of qualityUnits.
func quality[T model.Float](got []T, want []float64, labels []int32) []float64 {
	var s score
	for i, p := range got {
		p := float64(p)
		s.differs(p, want[i])
		if labels[i] == 0 {
			s.predicts(p <= 0.5, 1-p)
		} else {
			s.predicts(p > 0.5, p)
		}
	}
	return s.numbers()
}
