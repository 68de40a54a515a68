package cases

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"runtime"
	"slices"

	"heaplab/profiler"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// A stepMemory returns where the tensors of m's training steps come from, given the sizes
// of the first batch (0 if all are the same) and of the largest.
type stepMemory func(m model.ImageClassifier, first, largest int) model.Allocator[float32]

// A training is ImageClassifier and its data, set up. An epoch begins with the short batch that is left
// over when the examples are dealt out in full ones, so that batch sizes vary.
type training struct {
	model   model.ImageClassifier
	trainer *model.ImageTrainer[float32]
	x       []float32 // [examples, image, image, channels]
	labels  []int32   // [examples]

	batch int // examples in a full batch
	short int // examples in the short one; 0 if there is none
	next  int // first example of the next op
}

// shapeOf is the model that the params ask for.
func shapeOf(p profiler.Params) model.ImageClassifier {
	return model.ImageClassifier{Height: p.Int("image"), Width: p.Int("image"), Channels: 3, Filters: p.Int("filters"), Classes: 10}
}

func newTraining(in builtin.Input, memory stepMemory) (*training, error) {
	p := in.Params
	m, examples, seed := shapeOf(p), p.Int("examples"), uint64(p.Int("seed"))
	data, _, err := imagesFrom(in, m, examples, 0)
	if err != nil {
		return nil, err
	}
	t := &training{model: m, batch: p.Int("batch"), short: examples % p.Int("batch")}
	t.next = t.short
	t.x, t.labels = data.x, data.labels
	weights := model.NewImageWeights[float32](m, seed)
	t.trainer = model.NewImageTrainer(m, weights, memory(m, t.short, t.batch), runtime.GOMAXPROCS(0))
	return t, nil
}

// fit is that of a variant whose steps get their memory there.
func (memory stepMemory) fit(in builtin.Input, watch builtin.Watch) (profiler.Fit, error) {
	t, err := newTraining(in, memory)
	if err != nil {
		return profiler.Fit{}, err
	}
	defer t.Close()
	epochs, err := trainEpochs(in.Int("epochs"), shortFirst(len(t.labels), t.batch), watch, func(b span) (model.Result, error) {
		return t.train(b.lo, b.hi, watch.Mark)
	})
	return profiler.Fit{Epochs: epochs, Weights: digest(t.trainer.Weights.All)}, err
}

// Op trains on the next full batch, and begins again when all have been used.
func (t *training) Op(mark func()) error {
	if t.next == len(t.labels) {
		t.next = t.short
	}
	_, err := t.train(t.next, t.next+t.batch, mark)
	t.next += t.batch
	return err
}

// train takes one step on examples lo to hi.
func (t *training) train(lo, hi int, mark func()) (model.Result, error) {
	return t.trainer.Step(t.x[lo*t.model.Pixels():hi*t.model.Pixels()], t.labels[lo:hi], mark)
}

// Metrics are the size of the weights. The loss depends on how many operations there were,
// which the fit alone holds still.
func (t *training) Metrics() []profiler.Measurement {
	return []profiler.Measurement{{Unit: profiler.ModelBytes, Value: float64(binary.Size(t.trainer.Weights.All))}}
}

// Close ends the trainer's workers.
func (t *training) Close() error {
	t.trainer.Close()
	return nil
}

// digest is the SHA-256 of the weights' bytes, little-endian, in hex.
func digest[T model.Float](weights []T) string {
	hash := sha256.New()
	for chunk := range slices.Chunk(weights, 4096) {
		binary.Write(hash, binary.LittleEndian, chunk) // a hash takes everything
	}
	return hex.EncodeToString(hash.Sum(nil))
}
