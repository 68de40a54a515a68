package cases

import (
	"errors"
	"io"
	"runtime"
	"slices"

	"heaplab/profiler"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// A lesson is what all models of a seed learn from, and what they have learned so far.
type lesson struct {
	profiler.Params
	seed     uint64 // of first weights
	examples imageSet

	pooled, logits []float32 // the teacher's, for all examples; filled in once it is trained
}

// learners are the models of a lesson, in the order in which they learn. Each is a variant, and
// says how it comes by its weights.
var learners = []struct {
	name  learner
	shape func(profiler.Params) model.ImageClassifier
	learn func(*lesson) (model.ImageWeights[float32], error)
}{
	{"teacher", imageShape, (*lesson).teacher},
	{"alone", studentShape, (*lesson).alone},
	{"soft", studentShape, (*lesson).soft},
	{"feature", studentShape, (*lesson).feature},
}

// teacher trains the large model on labels, and keeps what it makes of the examples.
func (l *lesson) teacher() (model.ImageWeights[float32], error) {
	m := imageShape(l.Params)
	weights, err := l.labels(m)
	if err == nil {
		l.pooled, l.logits = featuresOf(m, weights, l.examples)
	}
	return weights, err
}

// alone trains a small model on labels.
func (l *lesson) alone() (model.ImageWeights[float32], error) {
	return l.labels(studentShape(l.Params))
}

// soft trains a small model on labels and the teacher's softened outputs.
func (l *lesson) soft() (model.ImageWeights[float32], error) {
	m := studentShape(l.Params)
	weights := model.NewImageWeights[float32](m, l.seed)
	targets := model.SoftTargets{Temperature: l.Number("temperature"), Alpha: l.Number("alpha")}
	trainer := model.NewSoftTrainer(m, weights, targets, model.Fresh[float32]{}, runtime.GOMAXPROCS(0))
	defer trainer.Close()
	return weights, l.train(func(batch imageSet, b span) (model.Result, error) {
		teacher := l.logits[b.lo*m.Classes : b.hi*m.Classes]
		return trainer.Step(batch.x, batch.labels, teacher, func() {})
	})
}

// feature trains a small model on labels and the teacher's features.
func (l *lesson) feature() (model.ImageWeights[float32], error) {
	m, filters := studentShape(l.Params), l.Int("filters")
	weights := model.NewImageWeights[float32](m, l.seed)
	trainer := model.NewHintTrainer(m, weights, filters, l.Number("hint"), model.Fresh[float32]{}, runtime.GOMAXPROCS(0))
	defer trainer.Close()
	size := len(l.pooled) / l.examples.len()
	return weights, l.train(func(batch imageSet, b span) (model.Result, error) {
		return trainer.Step(batch.x, batch.labels, l.pooled[b.lo*size:b.hi*size], func() {})
	})
}

func (l *lesson) labels(m model.ImageClassifier) (model.ImageWeights[float32], error) {
	weights := model.NewImageWeights[float32](m, l.seed)
	trainer := model.NewImageTrainer(m, weights, model.Fresh[float32]{}, runtime.GOMAXPROCS(0))
	defer trainer.Close()
	return weights, l.train(func(batch imageSet, _ span) (model.Result, error) {
		return trainer.Step(batch.x, batch.labels, func() {})
	})
}

// train takes the same steps on the same batches, whoever learns.
func (l *lesson) train(step func(imageSet, span) (model.Result, error)) error {
	watch := builtin.Watch{Epoch: func(profiler.Epoch) {}, Mark: func() {}}
	_, err := trainEpochs(l.Int("epochs"), shortLast(l.examples.len(), trainBatch), watch, func(b span) (model.Result, error) {
		return step(l.examples.part(b.lo, b.hi), b)
	})
	return err
}

// featuresOf returns what ImageClassifier's convolution gives after pooling, and its logits, for all images.
func featuresOf(m model.ImageClassifier, weights model.ImageWeights[float32], images imageSet) (pooled, logits []float32) {
	predictor := model.NewImagePredictor(m, model.DenseLayers(m, weights), model.Fresh[float32]{}, runtime.GOMAXPROCS(0))
	defer predictor.Close()
	pooled = make([]float32, 0, images.len()*m.DenseRows())
	for _, b := range shortLast(images.len(), trainBatch) {
		features, outputs := predictor.Features(images.part(b.lo, b.hi).x)
		pooled, logits = append(pooled, features...), append(logits, outputs...)
	}
	return pooled, logits
}

// distillationPreparation trains all models from the first weights of every seed, and keeps those of
// the first seed, after what each is worth: of every learner and seed a row of qualityUnits, where
// errors are held against the teacher of the same seed.
var distillationPreparation = builtin.Preparation{
	What:     "the training of the teacher and of its students, from the first weights of all seeds",
	Version:  codeVersion,
	Params:   []string{"filters", "student", "temperature", "alpha", "hint", "image", "classes", "noise", "examples", "epochs", "seeds", "seed", "data"},
	Data:     dataVersion,
	Make:     makeDistilled,
	Duration: distillationTime,
}

func makeDistilled(in builtin.Input, w io.Writer) error {
	p := in.Params
	examples, tests, err := imagesFrom(in, imageShape(p), p.Int("examples"), imageTests)
	if err != nil {
		return err
	}
	worth := make([][]float64, len(learners)) // [learners][seeds · qualityUnits]
	var kept [][]float32                      // weights
	for i := range p.Int("seeds") {
		taught := &lesson{Params: p, seed: uint64(p.Int("seed") + i), examples: examples}
		var want []float32
		for j, l := range learners {
			weights, err := l.learn(taught)
			if err != nil {
				return err
			}
			m := l.shape(p)
			got := predictImages(m, model.DenseLayers(m, weights), tests)
			if want == nil {
				want = got
			}
			worth[j] = append(worth[j], imageQuality(got, want, tests.labels)...)
			if i == 0 {
				kept = append(kept, weights.All)
			}
		}
	}
	return errors.Join(writeNumbers(w, slices.Concat(worth...)), writeNumbers(w, kept...))
}
