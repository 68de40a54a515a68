package cases

import (
	"io"
	"math"
	"runtime"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/weights"
)

// Of a file of a model whose layers are not known there are its matrices, by themselves. An
// operation multiplies a vector with each of them.

// smallestTensors is how many numbers the matrices of a file have to have to be worth a case.
const smallestTensors = 1 << 18

// matricesOf are the matrices of a file that can be read, and none where they have too few numbers.
func matricesOf(f *weights.File) []model.TensorShape {
	var matrices []model.TensorShape
	total := int64(0)
	for _, t := range f.Tensors {
		if len(t.Shape) != 2 || !t.Type.Readable() || t.Shape[0] < 2 || t.Shape[1] < 2 {
			continue
		}
		total += t.Count()
		matrices = append(matrices, model.TensorShape{Name: t.Name, Shape: []int{int(t.Shape[0]), int(t.Shape[1])}})
	}
	if total < smallestTensors || total > f.Size { // a number takes a byte or more
		return nil
	}
	return matrices
}

// tensors are a file's matrices in a format.
type tensors[T model.Float] struct {
	matrices *model.Matrices[T]
	metrics  []profiler.Measurement
}

// newTensors sets up format f, with what is known of the products.
func newTensors(in builtin.Input, m languageModel, f languageFormat, quality []profiler.Measurement) (builtin.Work, error) {
	if f.format == nil {
		return tensorsIn(in, m, model.DenseFormat[float64](), quality)
	}
	return tensorsIn(in, m, f.format(), quality)
}

func tensorsIn[T model.Float](in builtin.Input, m languageModel, format model.Format[T], quality []profiler.Measurement) (*tensors[T], error) {
	matrices, err := readMatrices(in, m, format)
	if err != nil {
		return nil, err
	}
	size := profiler.Measurement{Unit: profiler.ModelBytes, Value: float64(matrices.Bytes())}
	return &tensors[T]{matrices, append([]profiler.Measurement{size}, quality...)}, nil
}

func readMatrices[T model.Float](in builtin.Input, m languageModel, format model.Format[T]) (*model.Matrices[T], error) {
	source, done, err := sourceOf[T](in, m)
	if err != nil {
		return nil, err
	}
	matrices, err := model.NewMatrices(m.matrices, format, source)
	if closing := done(); err == nil {
		err = closing
	}
	return matrices, err
}

func (t *tensors[T]) Op(mark func()) error {
	t.matrices.Multiply(func([]T) {})
	mark()
	return nil
}

func (t *tensors[T]) Metrics() []profiler.Measurement { return t.metrics }

func (t *tensors[T]) Close() error { return nil }

// prepareTensors writes the largest error of a product in each format, the first format's being
// right. There is no loss of matrices: a 0 stands in its place, and nobody reads it.
func prepareTensors(in builtin.Input, m languageModel, formats []languageFormat, w io.Writer) error {
	var right []float64
	var worth []float64
	for _, f := range formats {
		got, err := productsOf(in, m, f)
		if err != nil {
			return err
		}
		if right == nil {
			right = got
		}
		greatest := 0.0
		for i, v := range got {
			greatest = math.Max(greatest, math.Abs(v-right[i]))
		}
		worth = append(worth, greatest, 0)
		runtime.GC() // the matrices of two formats need not be there at once
	}
	return writeNumbers(w, worth)
}

func productsOf(in builtin.Input, m languageModel, f languageFormat) ([]float64, error) {
	if f.format == nil {
		return productsIn(in, m, model.DenseFormat[float64]())
	}
	return productsIn(in, m, f.format())
}

func productsIn[T model.Float](in builtin.Input, m languageModel, format model.Format[T]) ([]float64, error) {
	matrices, err := readMatrices(in, m, format)
	if err != nil {
		return nil, err
	}
	var products []float64
	matrices.Multiply(func(product []T) {
		for _, v := range product {
			products = append(products, float64(v))
		}
	})
	return products, nil
}

// tensorsLive is how many bytes are alive: the matrices, a vector and a product.
func tensorsLive(m languageModel, f languageFormat) float64 {
	bytes := 0
	for _, shape := range m.matrices {
		bytes += f.matrix(shape.Shape[0], shape.Shape[1])
	}
	rows, cols := model.MatricesRoom(m.matrices)
	return float64(bytes + f.floatBytes()*(rows+cols))
}

// predictTensors counts the bytes of formats against those of the first.
func predictTensors(m languageModel, formats []languageFormat) []profiler.Prediction {
	var out []profiler.Prediction
	for _, f := range formats[1:] {
		ratio := profiler.Float(tensorsLive(m, formats[0]) / tensorsLive(m, f))
		out = append(out, profiler.Prediction{Variant: f.name, Unit: profiler.LiveHeap, Ratio: ratio, Note: "of the matrices, by themselves"})
	}
	return out
}

// estimateTensors scales what was measured of language models.
func estimateTensors(m languageModel, formats []languageFormat) builtin.Estimate {
	const (
		perProduct = 0.3 // nanoseconds, of the slowest format
		perWeight  = 9.0 // of the loading of a weight, and its conversion
	)
	numbers, largest, columns := 0, 0, 0
	for _, shape := range m.matrices {
		numbers += shape.Size()
		largest = max(largest, shape.Size())
		columns += shape.Shape[1]
	}
	live := tensorsLive(m, formats[0])
	const float64Bytes = 8
	return builtin.Estimate{
		Live:    int64(live) + float64Bytes*int64(largest),
		Setup:   time.Duration(perWeight * float64(numbers)),
		Op:      time.Duration(max(1, perProduct*float64(numbers))),
		FitLive: int64(live) + float64Bytes*int64(largest+4*columns), // of the preparation, with products
	}
}
