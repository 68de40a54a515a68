package model

import (
	"fmt"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
)

// BenchmarkImageStep compares a preallocated training step at the defaults of case
// preallocation with the same step computed with gonum's matrix product.
func BenchmarkImageStep(b *testing.B) {
	m := ImageClassifier{Height: 32, Width: 32, Channels: 3, Filters: 32, Classes: 10}
	const batch = 32
	b.Run("float32", func(b *testing.B) { benchmarkImageStep[float32](b, m, batch, nil) })
	b.Run("float64", func(b *testing.B) { benchmarkImageStep[float64](b, m, batch, nil) })
	b.Run("gonum32", func(b *testing.B) { benchmarkImageStep(b, m, batch, gemm32) })
	b.Run("gonum64", func(b *testing.B) { benchmarkImageStep(b, m, batch, gemm64) })
}

func benchmarkImageStep[T Float](b *testing.B, m ImageClassifier, batch int, product gemm[T]) {
	x, labels := Images[T](m, ImageNoise, batch, 1)
	workers := runtime.GOMAXPROCS(0)
	trainer := NewImageTrainer(m, NewImageWeights[T](m, 1), Preallocate[T](m.Need(batch)), workers)
	defer trainer.Close()
	step := func() error {
		_, err := trainer.Step(x, labels, func() {})
		return err
	}
	if product != nil {
		step = newGemmImageStep(trainer, product, batch).run(x, labels)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := step(); err != nil {
			b.Fatal(err)
		}
	}
}

// A gemm computes c = a·b for row-major matrices, with a or b transposed if transA or transB is
// set: c [rows, cols]. inner is the length of the sums.
type gemm[T Float] func(transA, transB bool, rows, cols, inner int, a, b, c []T)

func gemm32(transA, transB bool, rows, cols, inner int, a, b, c []float32) {
	ta, ra, ca := transposed(transA, rows, inner)
	tb, rb, cb := transposed(transB, inner, cols)
	blas32.Gemm(ta, tb, 1,
		blas32.General{Rows: ra, Cols: ca, Stride: ca, Data: a},
		blas32.General{Rows: rb, Cols: cb, Stride: cb, Data: b}, 0,
		blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: c})
}

func gemm64(transA, transB bool, rows, cols, inner int, a, b, c []float64) {
	ta, ra, ca := transposed(transA, rows, inner)
	tb, rb, cb := transposed(transB, inner, cols)
	blas64.Gemm(ta, tb, 1,
		blas64.General{Rows: ra, Cols: ca, Stride: ca, Data: a},
		blas64.General{Rows: rb, Cols: cb, Stride: cb, Data: b}, 0,
		blas64.General{Rows: rows, Cols: cols, Stride: cols, Data: c})
}

// transposed returns BLAS's flag for a matrix used as [rows, cols], and its stored shape.
func transposed(trans bool, rows, cols int) (blas.Transpose, int, int) {
	if trans {
		return blas.Trans, cols, rows
	}
	return blas.NoTrans, rows, cols
}

// A gemmImageStep is a training step that computes the convolution and the dense layer as
// matrix products. It gathers the patches of the images as rows, and stores the gradient of all
// outputs of the convolution. The other operations are the trainer's.
type gemmImageStep[T Float] struct {
	trainer *ImageTrainer[T]
	product gemm[T]
	patches []T // [batch·convHeight·convWidth, 3·3·channels]
	dconv   []T // [batch, convHeight, convWidth, filters]
}

func newGemmImageStep[T Float](trainer *ImageTrainer[T], product gemm[T], batch int) *gemmImageStep[T] {
	m := trainer.model
	return &gemmImageStep[T]{
		trainer: trainer,
		product: product,
		patches: make([]T, batch*m.convHeight()*m.convWidth()*kernelSize*m.kernelRowSize()),
		dconv:   make([]T, batch*m.convSize()),
	}
}

// run returns a function that trains on one batch.
func (g *gemmImageStep[T]) run(x []T, labels []int32) func() error {
	t := g.trainer
	return func() error {
		t.begin(x, labels)
		g.forward()
		t.loss()
		g.backward()
		t.update()
		return nil
	}
}

func (g *gemmImageStep[T]) forward() {
	t, m, s, w := g.trainer, g.trainer.model, &g.trainer.step, g.trainer.Weights
	pixels := s.batch * m.convHeight() * m.convWidth()

	s.conv = t.memory.Floats(s.batch * m.convSize())
	t.workers.Run(s.batch*m.convHeight(), 16, g.gather)
	g.product(false, false, pixels, m.Filters, kernelSize*m.kernelRowSize(), g.patches, w.ConvKernel, s.conv)
	t.workers.Run(pixels, 512, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			out := s.conv[i*m.Filters:][:m.Filters]
			for f, bias := range w.ConvBias {
				out[f] = max(out[f]+bias, 0)
			}
		}
	})
	s.pooled = t.memory.Floats(s.batch * m.pooledSize())
	s.argmax = t.memory.Indices(s.batch * m.pooledSize())
	t.workers.Run(s.batch*m.poolHeight(), 16, t.poolRows)

	s.logits = t.memory.Floats(s.batch * m.Classes)
	g.product(false, false, s.batch, m.Classes, m.pooledSize(), s.pooled, w.DenseKernel, s.logits)
	for i := range s.logits {
		s.logits[i] += w.DenseBias[i%m.Classes]
	}
	s.probs = t.memory.Floats(s.batch * m.Classes)
	softmax(s.probs, s.logits, m.Classes)
}

// gather copies the patches for rows lo..hi of the convolution's output.
func (g *gemmImageStep[T]) gather(lo, hi int) {
	m, run := g.trainer.model, g.trainer.model.kernelRowSize()
	at := lo * m.convWidth() * kernelSize * run
	for row := lo; row < hi; row++ {
		image, y := row/m.convHeight(), row%m.convHeight()
		for col := range m.convWidth() {
			for ky := range kernelSize {
				from := ((image*m.Height+y+ky)*m.Width + col) * m.Channels
				at += copy(g.patches[at:], g.trainer.step.x[from:from+run])
			}
		}
	}
}

func (g *gemmImageStep[T]) backward() {
	t, m, s := g.trainer, g.trainer.model, &g.trainer.step
	s.gradients = ImageWeightsIn(m, t.memory.Floats(m.WeightCount()))
	biasBackward(s.gradients.DenseBias, s.dlogits)
	g.product(true, false, m.pooledSize(), m.Classes, s.batch, s.pooled, s.dlogits, s.gradients.DenseKernel)
	s.dpooled = t.memory.Floats(s.batch * m.pooledSize())
	g.product(false, true, s.batch, m.pooledSize(), m.Classes, s.dlogits, t.Weights.DenseKernel, s.dpooled)

	t.workers.Run(s.batch, 1, g.spread)
	biasBackward(s.gradients.ConvBias, g.dconv)
	pixels := s.batch * m.convHeight() * m.convWidth()
	g.product(true, false, kernelSize*m.kernelRowSize(), m.Filters, pixels, g.patches, g.dconv, s.gradients.ConvKernel)
}

// spread propagates the gradients from the pooled cells of images lo..hi to the outputs of the
// convolution.
func (g *gemmImageStep[T]) spread(lo, hi int) {
	m, s := g.trainer.model, &g.trainer.step
	clear(g.dconv[lo*m.convSize() : hi*m.convSize()])
	for at := lo * m.pooledSize(); at < hi*m.pooledSize(); at++ {
		if s.pooled[at] == 0 {
			continue
		}
		f, cell := at%m.Filters, at/m.Filters
		col, row := cell%m.poolWidth(), cell/m.poolWidth()
		image, y := row/m.poolHeight(), row%m.poolHeight()
		dy, dx := int(s.argmax[at]>>1), int(s.argmax[at]&1)
		to := (image*m.convHeight()+2*y+dy)*m.convWidth() + 2*col + dx
		g.dconv[to*m.Filters+f] = s.dpooled[at]
	}
}

// TestGemmImageStep checks that both sides of the benchmark compute the same.
func TestGemmImageStep(t *testing.T) {
	m := ImageClassifier{Height: 8, Width: 9, Channels: 3, Filters: 4, Classes: 10}
	x, labels := Images[float64](m, ImageNoise, 6, 1)
	var weights [2]ImageWeights[float64]
	for i, product := range []gemm[float64]{nil, gemm64} {
		weights[i] = NewImageWeights[float64](m, 1)
		trainer := NewImageTrainer(m, weights[i], Fresh[float64]{}, 1)
		defer trainer.Close()
		step := func() error {
			_, err := trainer.Step(x, labels, func() {})
			return err
		}
		if product != nil {
			step = newGemmImageStep(trainer, product, len(labels)).run(x, labels)
		}
		for range 5 {
			if err := step(); err != nil {
				t.Fatal(err)
			}
		}
	}
	checkAll(t, "weights", weights[1].All, weights[0].All, 1e-9)
}

// BenchmarkImagePredict compares the formats of a pruned ImageClassifier at the defaults of
// case preallocation.
func BenchmarkImagePredict(b *testing.B) {
	m := ImageClassifier{Height: 32, Width: 32, Channels: 3, Filters: 32, Classes: 10}
	const batch = 32
	for _, sparsity := range []float64{0.5, 0.8, 0.9} {
		x, _ := Images[float32](m, ImageNoise, batch, 1)
		weights := NewImageWeights[float32](m, 1)
		Prune(sparsity, weights.ConvKernel, weights.DenseKernel)
		for _, format := range []struct {
			name   string
			layers func(ImageClassifier, ImageWeights[float32]) ImageLayers[float32]
		}{{"dense", DenseLayers[float32]}, {"csr", CSRLayers[float32]}, {"packed", PackedLayers[float32]}} {
			b.Run(fmt.Sprintf("%s-%v", format.name, sparsity), func(b *testing.B) {
				memory := Preallocate[float32](m.PredictNeed(batch))
				p := NewImagePredictor(m, format.layers(m, weights), memory, runtime.GOMAXPROCS(0))
				defer p.Close()
				b.ReportAllocs()
				for b.Loop() {
					p.Predict(x, func() {})
				}
			})
		}
	}
}
