package gpt2

import (
	"errors"
	"io"
	"math"
	"runtime"
	"slices"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/weights"
)

// HasMatrices reports whether a library has files for NewMatrices.
func (l Library) HasMatrices() bool { return len(l.matrices) > 0 }

// NewMatrices returns the case of the matrices of any model's file. The library must have some.
func NewMatrices(l Library) builtin.Case {
	file := l.matricesParam()
	return builtin.Case{
		Name:  "matrices",
		Title: "Store the matrices of a model file in fewer bits",
		Idea: "The layers of most models are unknown here, but their matrices can be read. " +
			"An operation multiplies a vector with each matrix of the file. " +
			"float16 and bfloat16 hold weights in 2 bytes, int8 in 1 with a scale for each output; all three widen a few weights at a time and compute in float32. " +
			"int8-activations multiplies integers and adds them up in int32.",
		Limit: "For the matrices alone, float32 takes half, float16 and bfloat16 a quarter, and integers close to an eighth of float64. " +
			"Without the layers, the error of the model's outputs cannot be measured; the reported error is the largest error of any product. " +
			"The price is that error, and time: Go has no vector instructions for the conversions.",

		Params: builtin.ParamsOf(file),
		Variants: []builtin.Variant{
			{
				Name: "float64", Title: "8 bytes per number",
				Setup:  formatVariant{l, "float64"}.setUpMatrices,
				Source: testbed.Quote(Sources, "formats.go", "float64Format"),
			},
			{
				Name: "float32", Title: "4 bytes per number",
				Setup:  formatVariant{l, "float32"}.setUpMatrices,
				Source: testbed.Quote(Sources, "formats.go", "float32Format"),
			},
			{
				Name: "float16", Title: "2 bytes per weight, 11 bits of precision",
				Setup:  formatVariant{l, "float16"}.setUpMatrices,
				Source: testbed.ModelSource("widened.go", "NewHalf"),
			},
			{
				Name: "bfloat16", Title: "2 bytes per weight, 8 bits of precision",
				Setup:  formatVariant{l, "bfloat16"}.setUpMatrices,
				Source: testbed.ModelSource("widened.go", "NewBrain"),
			},
			{
				Name: "int8", Title: "1 byte per weight, and a scale for each output",
				Setup:  formatVariant{l, "int8"}.setUpMatrices,
				Source: testbed.ModelSource("int8.go", "NewInt8"),
			},
			{
				Name: "int8-activations", Title: "1 byte per weight, and products of integers",
				Setup:  formatVariant{l, "int8-activations"}.setUpMatrices,
				Source: testbed.ModelSource("w8a8.go", "W8A8", "W8A8.addProducts"),
			},
		},
		Primary: []string{profiler.LiveHeap, profiler.NsPerOp},

		Estimate:    func(p profiler.Params) builtin.Estimate { return l.findMatrices(p).estimate() },
		Predict:     func(p profiler.Params) []profiler.Prediction { return l.findMatrices(p).predict() },
		Preparation: l.matricesPreparation(file),
	}
}

// matrices are those of a file, by themselves.
type matrices struct {
	name   string // of the file
	shapes []model.TensorShape
}

// smallestMatrices is the smallest number of weights in the matrices of a file for a case.
const smallestMatrices = 1 << 18

// matricesOf returns the matrices of a file that can be read, or nil if they have too few numbers.
func matricesOf(f *weights.File) []model.TensorShape {
	var shapes []model.TensorShape
	total := int64(0)
	for _, t := range f.Tensors {
		if len(t.Shape) != 2 || !t.Type.Readable() || t.Shape[0] < 2 || t.Shape[1] < 2 {
			continue
		}
		total += t.Count()
		shapes = append(shapes, model.TensorShape{Name: t.Name, Shape: []int{int(t.Shape[0]), int(t.Shape[1])}})
	}
	if total < smallestMatrices || total > f.Size { // a number takes a byte or more
		return nil
	}
	return shapes
}

// matricesParam returns the param model with the files of a library.
func (l Library) matricesParam() builtin.ChoiceParam {
	var names []string
	for _, m := range l.matrices {
		names = append(names, m.name)
	}
	return builtin.NewChoice(modelName.Param().Name, names[0], names, "a safetensors file of --models, whose matrices are multiplied with a vector")
}

func (l Library) findMatrices(p profiler.Params) matrices {
	return l.matrices[slices.IndexFunc(l.matrices, func(m matrices) bool { return m.name == modelName.Of(p) })]
}

func (l Library) matricesPreparation(file builtin.ChoiceParam) *builtin.Preparation {
	return &builtin.Preparation{
		What:    "the products of the matrices in every format",
		Version: testbed.ModelVersion(Sources),
		Params:  builtin.ParamsOf(file),
		Data:    func(in builtin.Input) string { return testbed.ModelFileVersion(in, file.Of(in.Params)) },
		Make: func(in builtin.Input, w io.Writer) error {
			return l.findMatrices(in.Params).prepare(in, w)
		},
		Duration: func(p profiler.Params) time.Duration {
			one := l.findMatrices(p).estimate()
			return time.Duration(len(all)) * (one.Setup + one.Op)
		},
	}
}

func (v formatVariant) setUpMatrices(in builtin.Input) (builtin.Work, error) {
	i := indexOf(all, v.name)
	file := testbed.OpenNumbers(in.Prepared)
	quality := testbed.ReadMeasurements(file, []string{profiler.MaxAbsErr}, i, len(all))
	if err := file.Close(); err != nil {
		return nil, err
	}
	m := v.findMatrices(in.Params)
	if all[i].layers == nil {
		return newMatrixWork(in, m, float64Format(), quality)
	}
	return newMatrixWork(in, m, all[i].layers(), quality)
}

// A matrixWork multiplies a vector with matrices in a format.
type matrixWork[T model.Float] struct {
	matrices *model.Matrices[T]
	metrics  []profiler.Measurement
}

func newMatrixWork[T model.Float](in builtin.Input, m matrices, format model.Format[T], quality []profiler.Measurement) (builtin.Work, error) {
	read, err := readMatrices(in, m, format)
	if err != nil {
		return nil, err
	}
	size := profiler.Measurement{Unit: profiler.ModelBytes, Value: float64(read.Bytes())}
	return &matrixWork[T]{read, append([]profiler.Measurement{size}, quality...)}, nil
}

func readMatrices[T model.Float](in builtin.Input, m matrices, format model.Format[T]) (*model.Matrices[T], error) {
	read, done, err := openFile[T](in, m.name, "")
	if err != nil {
		return nil, err
	}
	out, err := model.NewMatrices(m.shapes, format, read)
	return out, errors.Join(err, done())
}

// Op multiplies the vector with each matrix.
func (w *matrixWork[T]) Op(mark func()) error {
	w.matrices.Multiply(func([]T) {})
	mark()
	return nil
}

// Metrics returns the size of the matrices and the largest error of a product.
func (w *matrixWork[T]) Metrics() []profiler.Measurement { return w.metrics }

// Close does nothing: there are no workers.
func (w *matrixWork[T]) Close() error { return nil }

// prepare writes the largest error of a product in each format. Those of the first are right.
func (m matrices) prepare(in builtin.Input, w io.Writer) error {
	var right, errs []float64
	for _, f := range all {
		got, err := m.products(in, f)
		if err != nil {
			return err
		}
		if right == nil {
			right = got
		}
		largest := 0.0
		for i, v := range got {
			largest = math.Max(largest, math.Abs(v-right[i]))
		}
		errs = append(errs, largest)
		runtime.GC() // frees the matrices of this format before the next
	}
	return testbed.WriteNumbers(w, errs)
}

func (m matrices) products(in builtin.Input, f format) ([]float64, error) {
	if f.layers == nil {
		return productsIn(in, m, float64Format())
	}
	return productsIn(in, m, f.layers())
}

func productsIn[T model.Float](in builtin.Input, m matrices, format model.Format[T]) ([]float64, error) {
	read, err := readMatrices(in, m, format)
	if err != nil {
		return nil, err
	}
	var products []float64
	read.Multiply(func(product []T) { products = append(products, testbed.Converted[float64](product)...) })
	return products, nil
}

// liveBytes returns how many bytes are alive: the matrices, a vector and a product.
func (m matrices) liveBytes(f format) float64 {
	bytes := 0
	for _, shape := range m.shapes {
		bytes += f.matrix(shape.Shape[0], shape.Shape[1])
	}
	rows, cols := model.MatricesRoom(m.shapes)
	return float64(bytes + f.table + f.number()*(rows+cols))
}

// predict compares the bytes of formats with those of the first.
func (m matrices) predict() []profiler.Prediction {
	var out []profiler.Prediction
	for _, f := range all[1:] {
		ratio := profiler.Float(m.liveBytes(all[0]) / m.liveBytes(f))
		out = append(out, profiler.Prediction{Variant: f.name, Unit: profiler.LiveHeap, Ratio: ratio, Note: "for the matrices alone"})
	}
	return out
}

// estimate scales measurements of GPT-2.
func (m matrices) estimate() builtin.Estimate {
	const (
		perProduct = 0.3 // nanoseconds, in the slowest format
		perWeight  = 9.0 // of the loading of a weight, and its conversion
	)
	numbers, largest, columns := 0, 0, 0
	for _, shape := range m.shapes {
		numbers += shape.Size()
		largest = max(largest, shape.Size())
		columns += shape.Shape[1]
	}
	const float64Bytes = 8
	live := int64(m.liveBytes(all[0])) + float64Bytes*int64(largest)
	return builtin.Estimate{
		Live:    live,
		Setup:   time.Duration(perWeight * float64(numbers)),
		Op:      time.Duration(max(1, perProduct*float64(numbers))),
		FitLive: live + float64Bytes*int64(4*columns), // of the preparation, with products
	}
}
