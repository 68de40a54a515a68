package distillation

import (
	"runtime"

	"heaplab/profiler"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/model"
)

// A lesson trains the models of one seed on the same examples.
type lesson struct {
	profiler.Params
	seed     uint64 // of initial weights
	examples testbed.ImageSet

	pooled, logits []float32 // the teacher's, for all examples; set once it is trained
}

// A learner trains the model of the variant with the same name.
type learner struct {
	name  string
	shape func(profiler.Params) model.ImageClassifier
	learn func(*lesson) (model.ImageWeights[float32], error)
}

// learners are the models of a lesson, in the order in which they train.
var learners = []learner{
	{"teacher", testbed.ImageShape, (*lesson).teacher},
	{"alone", studentShape, (*lesson).alone},
	{"soft", studentShape, (*lesson).soft},
	{"feature", studentShape, (*lesson).feature},
}

// teacher trains the large model on labels, and keeps its features and logits of the examples.
func (l *lesson) teacher() (model.ImageWeights[float32], error) {
	m := testbed.ImageShape(l.Params)
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
	targets := model.SoftTargets{Temperature: temperature.Of(l.Params), Alpha: alpha.Of(l.Params)}
	trainer := model.NewSoftTrainer(m, weights, targets, model.Fresh[float32]{}, runtime.GOMAXPROCS(0))
	defer trainer.Close()
	return weights, l.train(func(batch testbed.ImageSet, b testbed.Batch) (model.Result, error) {
		teacher := l.logits[b.Lo*m.Classes : b.Hi*m.Classes]
		return trainer.Step(batch.X, batch.Labels, teacher, func() {})
	})
}

// feature trains a small model on labels and the teacher's features.
func (l *lesson) feature() (model.ImageWeights[float32], error) {
	m := studentShape(l.Params)
	weights := model.NewImageWeights[float32](m, l.seed)
	trainer := model.NewHintTrainer(m, weights, filters.Of(l.Params), hint.Of(l.Params), model.Fresh[float32]{}, runtime.GOMAXPROCS(0))
	defer trainer.Close()
	size := len(l.pooled) / l.examples.Len()
	return weights, l.train(func(batch testbed.ImageSet, b testbed.Batch) (model.Result, error) {
		return trainer.Step(batch.X, batch.Labels, l.pooled[b.Lo*size:b.Hi*size], func() {})
	})
}

func (l *lesson) labels(m model.ImageClassifier) (model.ImageWeights[float32], error) {
	weights := model.NewImageWeights[float32](m, l.seed)
	trainer := model.NewImageTrainer(m, weights, model.Fresh[float32]{}, runtime.GOMAXPROCS(0))
	defer trainer.Close()
	return weights, l.train(func(batch testbed.ImageSet, _ testbed.Batch) (model.Result, error) {
		return trainer.Step(batch.X, batch.Labels, func() {})
	})
}

// train takes the same steps on the same batches for every learner.
func (l *lesson) train(step func(testbed.ImageSet, testbed.Batch) (model.Result, error)) error {
	batches := testbed.ShortLast(l.examples.Len(), testbed.TrainBatch)
	_, err := testbed.TrainEpochs(epochs.Of(l.Params), batches, testbed.Unwatched, func(b testbed.Batch) (model.Result, error) {
		return step(l.examples.Part(b.Lo, b.Hi), b)
	})
	return err
}

// featuresOf returns the pooled outputs of a model's convolution, and its logits, for all images.
func featuresOf(m model.ImageClassifier, weights model.ImageWeights[float32], images testbed.ImageSet) (pooled, logits []float32) {
	predictor := model.NewImagePredictor(m, model.DenseLayers(m, weights), model.Fresh[float32]{}, runtime.GOMAXPROCS(0))
	defer predictor.Close()
	pooled = make([]float32, 0, images.Len()*m.DenseRows())
	for _, b := range testbed.ShortLast(images.Len(), testbed.TrainBatch) {
		features, outputs := predictor.Features(images.Part(b.Lo, b.Hi).X)
		pooled, logits = append(pooled, features...), append(logits, outputs...)
	}
	return pooled, logits
}
