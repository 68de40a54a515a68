package testbed

import (
	"runtime"

	"heaplab/profiler"
	"heaplab/profiler/model"
)

// HeldBatches is the number of batches that an inference keeps and reuses: the case is not about its
// data.
const HeldBatches = 8

// HeldImages returns how many images an ImageInference keeps.
func HeldImages(p profiler.Params) int {
	return min(HeldBatches*ImageBatch.Of(p), ImageExamples.Of(p))
}

func workers() int { return runtime.GOMAXPROCS(0) }

// An ImageInference is an ImageClassifier set up for inference in numbers of type T.
type ImageInference[T model.Float] struct {
	metrics   []profiler.Measurement
	predictor *model.ImagePredictor[T]
	held      []T // [images, height, width, channels]
	batch     int // numbers of a batch
	next      int // first number of the next op
}

// NewImageInference sets up layers. It keeps copies of the first examples, so that the others can
// be freed. quality describes the outputs.
func NewImageInference[T model.Float](p profiler.Params, m model.ImageClassifier, layers model.ImageLayers[T], examples ImageSet, quality []profiler.Measurement) *ImageInference[T] {
	return &ImageInference[T]{
		metrics:   append(quality, profiler.Measurement{Unit: profiler.ModelBytes, Value: float64(layers.Bytes())}),
		predictor: model.NewImagePredictor(m, layers, model.Fresh[T]{}, workers()),
		held:      Converted[T](examples.Part(0, HeldImages(p)).X),
		batch:     ImageBatch.Of(p) * m.Pixels(),
	}
}

// Op predicts the next full batch. After the last one it starts again.
func (w *ImageInference[T]) Op(mark func()) error {
	if w.next+w.batch > len(w.held) {
		w.next = 0
	}
	w.predictor.Predict(w.held[w.next:][:w.batch], mark)
	w.next += w.batch
	return nil
}

// Metrics returns the quality of the outputs and the size of the weights.
func (w *ImageInference[T]) Metrics() []profiler.Measurement { return w.metrics }

// Close ends the workers.
func (w *ImageInference[T]) Close() error {
	w.predictor.Close()
	return nil
}

// PredictImages returns the outputs [images, classes] of an ImageClassifier for all images.
func PredictImages[T model.Float](m model.ImageClassifier, layers model.ImageLayers[T], images ImageSet) []T {
	predictor := model.NewImagePredictor(m, layers, model.Fresh[T]{}, workers())
	defer predictor.Close()
	var out []T
	for lo := 0; lo < images.Len(); lo += TrainBatch {
		batch := images.Part(lo, min(lo+TrainBatch, images.Len()))
		out = append(out, predictor.Predict(Converted[T](batch.X), func() {})...)
	}
	return out
}
