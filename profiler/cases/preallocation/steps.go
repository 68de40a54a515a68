package preallocation

import (
	"encoding/binary"
	"runtime"

	"heaplab/profiler"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// A stepMemory returns the allocator of m's training steps, given the sizes of the first batch (0
// if all are the same) and of the largest. Its setUp and fit are methods, not closures: the
// compiler numbers closures, and profiles are compared by the names of functions.
type stepMemory func(m model.ImageClassifier, first, largest int) model.Allocator[float32]

func freshTensors(model.ImageClassifier, int, int) model.Allocator[float32] {
	return model.Fresh[float32]{}
}

// resizedBuffer has the size of the first batch, as if the model had already trained on it, so
// that a larger batch makes it grow.
func resizedBuffer(m model.ImageClassifier, first, _ int) model.Allocator[float32] {
	r := &model.Resize[float32]{}
	if first > 0 {
		r.Begin(m.Need(first))
	}
	return r
}

func preallocatedBuffer(m model.ImageClassifier, _, largest int) model.Allocator[float32] {
	return model.Preallocate[float32](m.Need(largest))
}

// steps are training steps of an ImageClassifier. An epoch starts with the short batch that is left
// over from the full ones, so that batch sizes vary.
type steps struct {
	model    model.ImageClassifier
	trainer  *model.ImageTrainer[float32]
	examples testbed.ImageSet

	batch int // examples in a full batch
	short int // examples in the short one; 0 if there is none
	next  int // first example of the next op
}

func newSteps(in builtin.Input, memory stepMemory) (*steps, error) {
	p := in.Params
	m, n, batch := shape(p), testbed.ImageExamples.Of(p), testbed.ImageBatch.Of(p)
	examples, _, err := testbed.LoadImages(in, m, n, 0)
	if err != nil {
		return nil, err
	}
	s := &steps{model: m, examples: examples, batch: batch, short: n % batch}
	s.next = s.short
	weights := model.NewImageWeights[float32](m, uint64(testbed.ImageSeed.Of(p)))
	s.trainer = model.NewImageTrainer(m, weights, memory(m, s.short, s.batch), runtime.GOMAXPROCS(0))
	return s, nil
}

func (memory stepMemory) setUp(in builtin.Input) (builtin.Work, error) {
	s, err := newSteps(in, memory)
	if err != nil {
		return nil, err // not s, which would be a Work that is not nil
	}
	return s, nil
}

// fit does a whole training.
func (memory stepMemory) fit(in builtin.Input, watch builtin.Watch) (profiler.Fit, error) {
	s, err := newSteps(in, memory)
	if err != nil {
		return profiler.Fit{}, err
	}
	defer s.Close()
	batches := testbed.ShortFirst(s.examples.Len(), s.batch)
	epochs, err := testbed.TrainEpochs(testbed.ImageEpochs.Of(in.Params), batches, watch, func(b testbed.Batch) (model.Result, error) {
		return s.train(b.Lo, b.Hi, watch.Mark)
	})
	return profiler.Fit{Epochs: epochs, Weights: testbed.WeightsDigest(s.trainer.Weights.All)}, err
}

// Op trains on the next full batch, and starts again after the last one.
func (s *steps) Op(mark func()) error {
	if s.next == s.examples.Len() {
		s.next = s.short
	}
	_, err := s.train(s.next, s.next+s.batch, mark)
	s.next += s.batch
	return err
}

// train takes one step on examples lo to hi.
func (s *steps) train(lo, hi int, mark func()) (model.Result, error) {
	batch := s.examples.Part(lo, hi)
	return s.trainer.Step(batch.X, batch.Labels, mark)
}

// Metrics returns the size of the weights. The loss depends on the number of operations; the fit
// reports it.
func (s *steps) Metrics() []profiler.Measurement {
	return []profiler.Measurement{{Unit: profiler.ModelBytes, Value: float64(binary.Size(s.trainer.Weights.All))}}
}

// Close ends the trainer's workers.
func (s *steps) Close() error {
	s.trainer.Close()
	return nil
}
