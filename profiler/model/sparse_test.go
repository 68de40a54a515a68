package model

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
)

// sparseFormats returns the formats for pruned weights.
func sparseFormats[T Float]() map[string]func(ImageClassifier, ImageWeights[T]) ImageLayers[T] {
	return map[string]func(ImageClassifier, ImageWeights[T]) ImageLayers[T]{"csr": CSRLayers[T], "packed": PackedLayers[T]}
}

// TestSparseFormatsPredictExactly checks that outputs are bit-identical in all formats.
func TestSparseFormatsPredictExactly(t *testing.T) {
	t.Run("float32", testSparseFormatsPredictExactly[float32])
	t.Run("float64", testSparseFormatsPredictExactly[float64])
}

func testSparseFormatsPredictExactly[T Float](t *testing.T) {
	const batch = 7
	for _, m := range append(imageShapes,
		ImageClassifier{Height: 9, Width: 14, Channels: 3, Filters: 70, Classes: 10}, // more filters than bits per mask word
		ImageClassifier{Height: 10, Width: 10, Channels: 2, Filters: 64, Classes: 130},
	) {
		for _, sparsity := range []float64{0, 0.5, 0.9, 0.999} {
			x, _, weights := generateImages[T](m, batch, 7)
			Prune(sparsity, weights.ConvKernel, weights.DenseKernel)
			predict := func(layers ImageLayers[T]) []T {
				p := NewImagePredictor(m, layers, Preallocate[T](m.PredictNeed(batch)), 3)
				defer p.Close()
				return p.Predict(x, func() {})
			}
			want := predict(DenseLayers(m, weights))
			for name, layers := range sparseFormats[T]() {
				if !slices.Equal(predict(layers(m, weights)), want) {
					t.Errorf("%+v pruned to %v: %s differs", m, sparsity, name)
				}
			}
		}
	}
}

// TestSparseProducts compares the products of all formats for any rows of a kernel.
func TestSparseProducts(t *testing.T) {
	const rows, step = 60, 5
	for _, cols := range []int{1, 10, 63, 64, 65, 200} {
		dense := make([]float64, rows*cols)
		stream := lcg(3)
		draw(&stream, dense, 1)
		Prune(0.7, dense)
		clear(dense[cols : 2*cols]) // an empty row
		x := make([]float64, 500)
		draw(&stream, x, 1)
		kernels := []Kernel[float64]{NewDense(dense, cols), NewCSR(dense, cols), NewPacked(dense, cols)}
		for from := range rows {
			to := min(from+1+from%7, rows)
			var want []float64
			for _, kernel := range kernels {
				dst := make([]float64, 6*cols)
				kernel.addProducts(dst, x, step, from, to)
				if want == nil {
					want = dst
				}
				if !slices.Equal(dst, want) {
					t.Errorf("%d columns, rows %d to %d: %T differs", cols, from, to, kernel)
				}
			}
		}
	}
}

// TestSparseSizes compares the compression of a pruned dense kernel with the formula for n
// weights in r rows at sparsity s.
func TestSparseSizes(t *testing.T) {
	const r, cols = 225 * 128, 10
	const n = r * cols
	for _, test := range []struct{ sparsity, csr, packed float64 }{
		{0.5, 0.91, 1.88}, {0.8, 2.00, 4.32}, {0.9, 3.33, 7.62},
	} {
		dense := make([]float32, n)
		stream := lcg(1)
		draw(&stream, dense, 1)
		Prune(test.sparsity, dense)
		formula := 4 * n / (8*n*(1-test.sparsity) + 4*(r+1))
		csr := 4 * n / float64(NewCSR(dense, cols).Bytes())
		packed := 4 * n / float64(NewPacked(dense, cols).Bytes())
		check(t, fmt.Sprintf("CSR at %v", test.sparsity), csr, formula, 0.01*formula)
		check(t, fmt.Sprintf("CSR at %v, as published", test.sparsity), csr, test.csr, 0.01*formula)
		check(t, fmt.Sprintf("packed at %v", test.sparsity), packed, test.packed, 0.01*test.packed)
	}
}

// TestSparseLayersLiveBytes checks that the live memory after conversion equals Bytes, so
// the layers do not refer to the dense weights.
func TestSparseLayersLiveBytes(t *testing.T) {
	m := ImageClassifier{Height: 32, Width: 32, Channels: 3, Filters: 256, Classes: 10}
	for name, layersOf := range sparseFormats[float32]() {
		before := liveHeap()
		weights := NewImageWeights[float32](m, 1)
		Prune(0.8, weights.ConvKernel, weights.DenseKernel)
		layers := layersOf(m, weights)
		weights = ImageWeights[float32]{}
		got, want := liveHeap()-before, int64(layers.Bytes())
		if difference := got - want; difference < -want/20 || difference > want/20 {
			t.Errorf("%s: %d bytes live, want %d; dense %d", name, got, want, 4*m.WeightCount())
		}
		runtime.KeepAlive(layers)
	}
}
