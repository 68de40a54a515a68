package cases

import (
	"encoding/binary"
	"math"
	"runtime"

	"heaplab/profiler"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// A stack says which techniques a training is built with, besides its type of numbers.
type stack struct {
	preallocated bool // a step's tensors and its batch have their place before the first
	bytes        bool // images are kept as bytes
}

// A stackedTraining is ImageClassifier and its data, set up. Images have 256 levels, however they are kept.
type stackedTraining[T model.Float] struct {
	trainer *model.ImageTrainer[T]
	images  pictures[T]
	labels  []int32 // [examples]
	batch   int
	next    int // first example of the next op
}

func newStackedTraining[T model.Float](in builtin.Input, s stack) (*stackedTraining[T], error) {
	p, m := in.Params, imageShape(in.Params)
	data, _, err := imagesFrom(in, m, p.Int("examples"), 0)
	if err != nil {
		return nil, err
	}
	t := &stackedTraining[T]{labels: data.labels, batch: p.Int("batch")}
	levels, pixels := levelsOf(data.x), m.Pixels()
	switch {
	case !s.bytes:
		t.images = newNumberPictures[T](levels, pixels)
	case s.preallocated:
		t.images = &bytePictures[T]{levels, pixels, make([]T, t.batch*pixels)}
	default:
		t.images = &bytePictures[T]{levels, pixels, nil}
	}
	var memory model.Allocator[T] = model.Fresh[T]{}
	if s.preallocated {
		memory = model.Preallocate[T](m.Need(t.batch))
	}
	weights := model.NewImageWeights[T](m, uint64(p.Int("seed")))
	t.trainer = model.NewImageTrainer(m, weights, memory, runtime.GOMAXPROCS(0))
	return t, nil
}

// pictures are images, kept in a way of their own.
type pictures[T model.Float] interface {
	// part returns images lo to hi as numbers [images, height, width, channels], which are the
	// caller's until the next call.
	part(lo, hi int) []T
}

// numberPictures are kept as what a training needs.
type numberPictures[T model.Float] struct {
	values []T
	pixels int
}

func newNumberPictures[T model.Float](levels []uint8, pixels int) *numberPictures[T] {
	n := &numberPictures[T]{make([]T, len(levels)), pixels}
	for i, level := range levels {
		n.values[i] = numberOf[T](level)
	}
	return n
}

func (n *numberPictures[T]) part(lo, hi int) []T { return n.values[lo*n.pixels : hi*n.pixels] }

// bytePictures are kept as bytes.
type bytePictures[T model.Float] struct {
	levels []uint8
	pixels int
	buffer []T // for as many images as a part has; nil: every part gets its own
}

func (b *bytePictures[T]) part(lo, hi int) []T {
	levels := b.levels[lo*b.pixels : hi*b.pixels]
	out := b.buffer
	if out == nil {
		out = make([]T, len(levels))
	}
	out = out[:len(levels)]
	for i, level := range levels {
		out[i] = numberOf[T](level)
	}
	return out
}

// numberOf is the number from 0 to 1 that a level stands for, and levelsOf the levels next to numbers.
func numberOf[T model.Float](level uint8) T { return T(level) / math.MaxUint8 }

func levelsOf(x []float32) []uint8 {
	levels := make([]uint8, len(x))
	for i, v := range x {
		levels[i] = uint8(math.Round(float64(v) * math.MaxUint8))
	}
	return levels
}

// A builder sets a training up. The set-up and the fit of a variant are methods, as those of a
// stepMemory are.
type builder[T model.Float] func(builtin.Input) (*stackedTraining[T], error)

func (build builder[T]) setUp(in builtin.Input) (builtin.Work, error) {
	t, err := build(in)
	if err != nil {
		return nil, err // not t, which would be a Work that is not nil
	}
	return t, nil
}

func (build builder[T]) fit(in builtin.Input, watch builtin.Watch) (profiler.Fit, error) {
	t, err := build(in)
	if err != nil {
		return profiler.Fit{}, err
	}
	defer t.Close()
	epochs, err := trainEpochs(in.Int("epochs"), shortLast(len(t.labels), t.batch), watch, func(b span) (model.Result, error) {
		return t.train(b.lo, b.hi, watch.Mark)
	})
	return profiler.Fit{Epochs: epochs, Weights: digest(t.trainer.Weights.All)}, err
}

// Op trains on the next full batch, and begins again when all have been used.
func (t *stackedTraining[T]) Op(mark func()) error {
	if t.next+t.batch > len(t.labels) {
		t.next = 0
	}
	_, err := t.train(t.next, t.next+t.batch, mark)
	t.next += t.batch
	return err
}

func (t *stackedTraining[T]) train(lo, hi int, mark func()) (model.Result, error) {
	return t.trainer.Step(t.images.part(lo, hi), t.labels[lo:hi], mark)
}

// Metrics are the size of the weights; a fit's loss and accuracy are those of its epochs.
func (t *stackedTraining[T]) Metrics() []profiler.Measurement {
	return []profiler.Measurement{{Unit: profiler.ModelBytes, Value: float64(binary.Size(t.trainer.Weights.All))}}
}

// Close ends the trainer's workers.
func (t *stackedTraining[T]) Close() error {
	t.trainer.Close()
	return nil
}
