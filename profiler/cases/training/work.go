package training

import (
	"encoding/binary"
	"runtime"

	"heaplab/profiler"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// techniques are the techniques of a training, apart from its number type.
type techniques struct {
	preallocated bool // a step's tensors and its batch are allocated before the first step
	bytes        bool // images are kept as bytes
}

// work is an ImageClassifier set up for training. Images have 256 levels, however they are kept.
type work[T model.Float] struct {
	trainer *model.ImageTrainer[T]
	images  pictures[T]
	labels  []int32 // [examples]
	batch   int
	next    int // first example of the next op
}

func newWork[T model.Float](in builtin.Input, use techniques) (*work[T], error) {
	p, m := in.Params, testbed.ImageShape(in.Params)
	data, _, err := testbed.LoadImages(in, m, testbed.ImageExamples.Of(p), 0)
	if err != nil {
		return nil, err
	}
	w := &work[T]{labels: data.Labels, batch: testbed.ImageBatch.Of(p)}
	levels, pixels := levelsOf(data.X), m.Pixels()
	switch {
	case !use.bytes:
		w.images = newNumberPictures[T](levels, pixels)
	case use.preallocated:
		w.images = &bytePictures[T]{levels, pixels, make([]T, w.batch*pixels)}
	default:
		w.images = &bytePictures[T]{levels, pixels, nil}
	}
	var memory model.Allocator[T] = model.Fresh[T]{}
	if use.preallocated {
		memory = model.Preallocate[T](m.Need(w.batch))
	}
	weights := model.NewImageWeights[T](m, uint64(testbed.ImageSeed.Of(p)))
	w.trainer = model.NewImageTrainer(m, weights, memory, runtime.GOMAXPROCS(0))
	return w, nil
}

// A builder sets up a training. The setUp and fit of a variant are methods, not closures: the
// compiler numbers closures, and profiles are compared by the names of functions.
type builder[T model.Float] func(builtin.Input) (*work[T], error)

func (build builder[T]) setUp(in builtin.Input) (builtin.Work, error) {
	w, err := build(in)
	if err != nil {
		return nil, err // not w, which would be a Work that is not nil
	}
	return w, nil
}

func (build builder[T]) fit(in builtin.Input, watch builtin.Watch) (profiler.Fit, error) {
	w, err := build(in)
	if err != nil {
		return profiler.Fit{}, err
	}
	defer w.Close()
	batches := testbed.ShortLast(len(w.labels), w.batch)
	epochs, err := testbed.TrainEpochs(testbed.ImageEpochs.Of(in.Params), batches, watch, func(b testbed.Batch) (model.Result, error) {
		return w.train(b.Lo, b.Hi, watch.Mark)
	})
	return profiler.Fit{Epochs: epochs, Weights: testbed.WeightsDigest(w.trainer.Weights.All)}, err
}

// Op trains on the next full batch, and starts again after the last one.
func (w *work[T]) Op(mark func()) error {
	if w.next+w.batch > len(w.labels) {
		w.next = 0
	}
	_, err := w.train(w.next, w.next+w.batch, mark)
	w.next += w.batch
	return err
}

func (w *work[T]) train(lo, hi int, mark func()) (model.Result, error) {
	return w.trainer.Step(w.images.part(lo, hi), w.labels[lo:hi], mark)
}

// Metrics returns the size of the weights. The fit reports loss and accuracy.
func (w *work[T]) Metrics() []profiler.Measurement {
	return []profiler.Measurement{{Unit: profiler.ModelBytes, Value: float64(binary.Size(w.trainer.Weights.All))}}
}

// Close ends the trainer's workers.
func (w *work[T]) Close() error {
	w.trainer.Close()
	return nil
}
