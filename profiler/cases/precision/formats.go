package precision

import (
	"runtime"
	"slices"

	"heaplab/profiler"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// A format is the number format of the variant with the same name.
type format struct {
	name           string
	weight, number float64 // bytes of a weight and of other numbers
	table          float64 // bytes of a table that widens weights
	textFormat
}

// formats are those of inference. The others are compared with the first.
var formats = []format{
	{"float64", 8, 8, 0, layersIn[float64]{float64Layers}},
	{"float32", 4, 4, 0, layersIn[float32]{float32Layers}},
	{"float16", 2, 4, model.HalfTableBytes, layersIn[float32]{float16Layers}},
	{"bfloat16", 2, 4, 0, layersIn[float32]{bfloat16Layers}},
}

// float64Layers holds weights in 8 bytes and computes in float64.
func float64Layers(m model.TextClassifier, w model.TextWeights[float64]) model.TextLayers[float64] {
	return model.DenseTextLayers(m, w)
}

// float32Layers holds weights in 4 bytes and computes in float32.
func float32Layers(m model.TextClassifier, w model.TextWeights[float32]) model.TextLayers[float32] {
	return model.DenseTextLayers(m, w)
}

func float16Layers(m model.TextClassifier, w model.TextWeights[float32]) model.TextLayers[float32] {
	return model.TextLayersIn(m, w, model.HalfFormat[float32]())
}

func bfloat16Layers(m model.TextClassifier, w model.TextWeights[float32]) model.TextLayers[float32] {
	return model.TextLayersIn(m, w, model.BrainFormat[float32]())
}

// A textFormat runs a TextClassifier in a format, whatever its type of numbers.
type textFormat interface {
	// setUpInference sets up row i of the formats.
	setUpInference(in builtin.Input, i int) (builtin.Work, error)
	// outputs returns the outputs [texts] of a model with trained weights.
	outputs(m model.TextClassifier, trained []float64, texts textSet, batch int) []float64
}

// layersIn is a textFormat that computes in numbers of type T.
type layersIn[T model.Float] struct {
	layers func(model.TextClassifier, model.TextWeights[T]) model.TextLayers[T]
}

func (f layersIn[T]) outputs(m model.TextClassifier, trained []float64, texts textSet, batch int) []float64 {
	layers := f.layers(m, model.TextWeightsIn(m, testbed.Converted[T](trained)))
	predictor := model.NewTextPredictor(m, layers, model.Fresh[T]{}, runtime.GOMAXPROCS(0))
	defer predictor.Close()
	var out []float64
	for lo := 0; lo < texts.len(); lo += batch {
		part := texts.part(lo, min(lo+batch, texts.len()))
		out = append(out, testbed.Converted[float64](predictor.Predict(part.ids, func() {}))...)
	}
	return out
}

// setUpInference loads the weights. Where the layers do not refer to them, they are garbage once
// it returns.
func (f layersIn[T]) setUpInference(in builtin.Input, i int) (builtin.Work, error) {
	m := shape(in.Params)
	texts, err := holdTexts(in)
	if err != nil {
		return nil, err
	}
	weights, quality, err := readTrained[T](in, i, len(formats))
	if err != nil {
		return nil, err
	}
	layers := f.layers(m, weights)
	return &predictions[T]{
		metrics:   append(quality, profiler.Measurement{Unit: profiler.ModelBytes, Value: float64(layers.Bytes())}),
		predictor: model.NewTextPredictor(m, layers, model.Fresh[T]{}, runtime.GOMAXPROCS(0)),
		texts:     texts,
	}, nil
}

// readTrained reads the prepared weights, and the quality of the outputs of format i of n.
func readTrained[T model.Float](in builtin.Input, i, n int) (model.TextWeights[T], []profiler.Measurement, error) {
	m := shape(in.Params)
	weights := model.TextWeightsIn(m, make([]T, m.WeightCount()))
	file := testbed.OpenNumbers(in.Prepared)
	quality := testbed.ReadQuality(file, i, n)
	testbed.ReadRow[float64](file, weights.All)
	return weights, quality, file.Close()
}

// inference is a variant of the case precision, by the name of its format. Its setUp is a method,
// not a closure: the compiler numbers closures, and profiles are compared by the names of
// functions.
type inference string

func (name inference) setUp(in builtin.Input) (builtin.Work, error) {
	i := slices.IndexFunc(formats, func(f format) bool { return f.name == string(name) })
	return formats[i].setUpInference(in, i)
}

// predictions are batches that a TextClassifier predicts in numbers of type T.
type predictions[T model.Float] struct {
	metrics   []profiler.Measurement
	predictor *model.TextPredictor[T]
	texts     heldTexts
}

// Op predicts the next full batch.
func (w *predictions[T]) Op(mark func()) error {
	w.predictor.Predict(w.texts.nextBatch().ids, mark)
	return nil
}

// Metrics returns the quality of the outputs and the size of the weights.
func (w *predictions[T]) Metrics() []profiler.Measurement { return w.metrics }

// Close ends the workers.
func (w *predictions[T]) Close() error {
	w.predictor.Close()
	return nil
}
