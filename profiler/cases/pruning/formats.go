package pruning

import (
	"slices"

	"heaplab/profiler"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// Rows of the prepared file, after the quality of the formats' outputs.
const (
	denseRow = iota
	maskedRow
	filtersRow
)

// shapesOf returns the models of the rows.
func shapesOf(p profiler.Params) []model.ImageClassifier {
	m := testbed.ImageShape(p)
	return []model.ImageClassifier{denseRow: m, maskedRow: m, filtersRow: smallShape(p)}
}

// A format is the storage format of the variant with the same name.
type format struct {
	name   string
	row    int
	layers func(model.ImageClassifier, model.ImageWeights[float32]) model.ImageLayers[float32]
}

// formats are those of all variants. The others are compared with the first.
var formats = []format{
	{"dense", denseRow, model.DenseLayers[float32]},
	{"masked", maskedRow, model.DenseLayers[float32]},
	{"csr", maskedRow, model.CSRLayers[float32]},
	{"packed", maskedRow, model.PackedLayers[float32]},
	{"filters", filtersRow, model.DenseLayers[float32]},
}

// A variant has the name of its format. Its setUp is a method, not a closure: the compiler numbers
// closures, and profiles are compared by the names of functions.
type variant string

// setUp loads the weights of a format. Where its layers do not refer to them, they are garbage once
// it returns.
func (name variant) setUp(in builtin.Input) (builtin.Work, error) {
	i := slices.IndexFunc(formats, func(f format) bool { return f.name == string(name) })
	format, shapes := formats[i], shapesOf(in.Params)
	m := shapes[format.row]
	weights := model.ImageWeightsIn(m, make([]float32, m.WeightCount()))
	file := testbed.OpenNumbers(in.Prepared)
	quality := testbed.ReadQuality(file, i, len(formats))
	for row, shape := range shapes {
		if row == format.row {
			testbed.ReadRow[float32](file, weights.All)
		} else {
			testbed.Skip[float32](file, shape.WeightCount())
		}
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	layers := format.layers(m, weights)
	examples, _, err := testbed.LoadImages(in, m, testbed.ImageExamples.Of(in.Params), 0)
	if err != nil {
		return nil, err
	}
	return testbed.NewImageInference(in.Params, m, layers, examples, quality), nil
}
