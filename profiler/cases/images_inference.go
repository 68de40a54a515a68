package cases

import (
	"runtime"

	"heaplab/profiler"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// Rows of the prepared file, after what the formats' outputs are worth.
const (
	denseRow = iota
	maskedRow
	filtersRow
)

// trainedImages is ImageClassifier after its training.
type trainedImages struct {
	shape   model.ImageClassifier
	weights model.ImageWeights[float32]
}

// An imageFormat is what a variant of the name holds in memory: weights of a row, as layers.
type imageFormat struct {
	name   string
	row    int
	layers func(model.ImageClassifier, model.ImageWeights[float32]) model.ImageLayers[float32]
}

var imageFormats = []imageFormat{
	{"dense", denseRow, model.DenseLayers[float32]},
	{"masked", maskedRow, model.DenseLayers[float32]},
	{"csr", maskedRow, model.CSRLayers[float32]},
	{"packed", maskedRow, model.PackedLayers[float32]},
	{"filters", filtersRow, model.DenseLayers[float32]},
}

// images is ImageClassifier set up for inference.
type images struct {
	metrics   []profiler.Measurement
	predictor *model.ImagePredictor[float32]
	held      imageSet
	batch     int
	next      int // first image of the next op
}

// newImages loads the weights of format i. Where its layers do not refer to them, they are
// garbage once it returns.
func newImages(in builtin.Input, i int) (*images, error) {
	m, format := imageShape(in.Params), imageFormats[i]
	small := m
	small.Filters = filtersLeft(in.Params)
	shapes := []model.ImageClassifier{denseRow: m, maskedRow: m, filtersRow: small}
	weights := model.ImageWeightsIn(shapes[format.row], make([]float32, shapes[format.row].WeightCount()))
	file := openNumbers(in.Prepared)
	quality := readQuality(file, i, len(imageFormats))
	for row, shape := range shapes {
		if row == format.row {
			readRow[float32](file, weights.All)
		} else {
			skip[float32](file, shape.WeightCount())
		}
	}
	if err := file.close(); err != nil {
		return nil, err
	}
	layers := format.layers(shapes[format.row], weights)
	examples, _, err := imagesFrom(in, m, in.Int("examples"), 0)
	if err != nil {
		return nil, err
	}
	w := &images{batch: in.Int("batch"), held: examples.first(heldImages(in.Params))}
	w.metrics = append(quality, profiler.Measurement{Unit: profiler.ModelBytes, Value: float64(layers.Bytes())})
	w.predictor = model.NewImagePredictor(shapes[format.row], layers, model.Fresh[float32]{}, runtime.GOMAXPROCS(0))
	return w, nil
}

// Op takes the next full batch, and begins again when all have been used.
func (w *images) Op(mark func()) error {
	if w.next+w.batch > w.held.len() {
		w.next = 0
	}
	w.predictor.Predict(w.held.part(w.next, w.next+w.batch).x, mark)
	w.next += w.batch
	return nil
}

func (w *images) Metrics() []profiler.Measurement { return w.metrics }

// Close ends the workers.
func (w *images) Close() error {
	w.predictor.Close()
	return nil
}

// heldImages is how many images an inference keeps to go round in: data is not what it is about.
func heldImages(p profiler.Params) int { return min(heldBatches*p.Int("batch"), p.Int("examples")) }

// predictImages returns the outputs [images, classes] of ImageClassifier for all images, in its type of
// numbers.
func predictImages[T model.Float](m model.ImageClassifier, layers model.ImageLayers[T], images imageSet) []T {
	predictor := model.NewImagePredictor(m, layers, model.Fresh[T]{}, runtime.GOMAXPROCS(0))
	defer predictor.Close()
	var out []T
	for lo := 0; lo < images.len(); lo += trainBatch {
		batch := images.part(lo, min(lo+trainBatch, images.len()))
		out = append(out, predictor.Predict(converted[T](batch.x), func() {})...)
	}
	return out
}

// imageQuality holds probabilities [images, classes] against those of the baseline, and
// against the labels. It returns numbers of qualityUnits.
func imageQuality[T model.Float](got, want []T, labels []int32) []float64 {
	classes := len(got) / len(labels)
	var s score
	for i, label := range labels {
		probs := got[i*classes:][:classes]
		best := 0
		for c, p := range probs {
			s.differs(float64(p), float64(want[i*classes+c]))
			if p > probs[best] {
				best = c
			}
		}
		s.predicts(best == int(label), float64(probs[label]))
	}
	return s.numbers()
}
