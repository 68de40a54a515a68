package model

import (
	"runtime"
	"testing"
	"time"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
)

// gpt2Benchmarks are GPT-2 small, and a model with a third of its blocks and a small vocabulary.
var gpt2Benchmarks = []struct {
	name  string
	model GPT2
}{
	{"mid", GPT2{Vocab: 2000, Width: 768, Heads: 12, Blocks: 4, Context: 256}},
	{"small", GPT2Small},
}

// BenchmarkGPT2Token compares the time for a token at position 16 with gonum's matrix-vector
// products, with one worker, as gonum uses, and with all.
func BenchmarkGPT2Token(b *testing.B) {
	for _, size := range gpt2Benchmarks {
		b.Run(size.name+"/float32", func(b *testing.B) { benchmarkGPT2(b, size.model, 16, 1, gemv32) })
		b.Run(size.name+"/float64", func(b *testing.B) { benchmarkGPT2(b, size.model, 16, 1, gemv64) })
	}
}

// BenchmarkGPT2Prefill compares the time for a prompt of 32 tokens with gonum's matrix products,
// which run in parallel on their own.
func BenchmarkGPT2Prefill(b *testing.B) {
	m := gpt2Benchmarks[0].model
	b.Run("float32", func(b *testing.B) {
		benchmarkGPT2(b, m, 0, 32, func(trans bool, cols int, a, x, y []float32) {
			gemm32(false, trans, 32, len(y)/32, len(x)/32, x, a, y)
		})
	})
	b.Run("float64", func(b *testing.B) {
		benchmarkGPT2(b, m, 0, 32, func(trans bool, cols int, a, x, y []float64) {
			gemm64(false, trans, 32, len(y)/32, len(x)/32, x, a, y)
		})
	})
}

// A referenceProduct computes y = x·a, or x·aᵀ if trans is set, for a row-major matrix a with
// the given number of columns.
type referenceProduct[T Float] func(trans bool, cols int, a, x, y []T)

// benchmarkGPT2 repeatedly reads n tokens after a position, alternating with the reference,
// so that both run under the same conditions. It reports the minimum times in ms, which
// other processes affect least, and their ratios to the reference's.
func benchmarkGPT2[T Float](b *testing.B, m GPT2, position, n int, product referenceProduct[T]) {
	weights, err := NewGPT2Weights(m, DenseFormat[T](), GenerateGPT2[T](m, 1))
	if err != nil {
		b.Fatal(err)
	}
	variants := []struct {
		name    string
		workers int
		product referenceProduct[T]
	}{{"one", 1, nil}, {"all", runtime.GOMAXPROCS(0), nil}, {"gonum", 1, product}}
	decoders, least := make([]*Decoder[T], len(variants)), make([]time.Duration, len(variants))
	for i, variant := range variants {
		d := NewDecoder(m, weights, NewFixedCache[T](m, position+n), n, variant.workers)
		defer d.Close()
		d.Prefill(make([]int32, position+n))
		if variant.product != nil {
			replaceProducts(d, variant.product)
		}
		decoders[i], least[i] = d, time.Hour
	}
	text := make([]int32, n)
	for b.Loop() {
		for i, d := range decoders {
			d.at = position
			start := time.Now()
			d.Prefill(text)
			least[i] = min(least[i], time.Since(start))
		}
	}
	reference := least[len(variants)-1].Seconds()
	for i, variant := range variants {
		b.ReportMetric(least[i].Seconds()*1e3, "ms-"+variant.name)
		if variant.product == nil {
			b.ReportMetric(least[i].Seconds()/reference, variant.name+"/gonum")
		}
	}
}

// replaceProducts makes a decoder use other products with matrices. The other operations are
// unchanged.
func replaceProducts[T Float](d *Decoder[T], product referenceProduct[T]) {
	d.loops.parts = func(lo, _ int) {
		if p := &d.linear; lo == 0 {
			product(false, p.layer.outputs, p.layer.Kernel.(*Dense[T]).values, p.x, p.dst)
		}
	}
	d.loops.sums = func(lo, hi int) {
		p := &d.linear
		for i := lo; i < hi; i++ {
			p.dst[i] += d.buffers.bias[i%p.layer.outputs]
		}
		if p.gelu {
			gelu(p.dst[lo:hi])
		}
	}
	d.loops.logits = func(lo, _ int) {
		if lo == 0 {
			gemvOf[T]()(true, d.model.Width, d.Weights.Tokens.(*Dense[T]).values, d.buffers.last, d.buffers.logits)
		}
	}
}

// gemvOf returns the product for a type.
func gemvOf[T Float]() referenceProduct[T] {
	product, ok := any(referenceProduct[float32](gemv32)).(referenceProduct[T])
	if !ok {
		product = any(referenceProduct[float64](gemv64)).(referenceProduct[T])
	}
	return product
}

func gemv32(trans bool, cols int, a, x, y []float32) {
	blas32.Gemv(gemvFlag(trans), 1, blas32.General{Rows: len(a) / cols, Cols: cols, Stride: cols, Data: a},
		blas32.Vector{N: len(x), Inc: 1, Data: x}, 0, blas32.Vector{N: len(y), Inc: 1, Data: y})
}

func gemv64(trans bool, cols int, a, x, y []float64) {
	blas64.Gemv(gemvFlag(trans), 1, blas64.General{Rows: len(a) / cols, Cols: cols, Stride: cols, Data: a},
		blas64.Vector{N: len(x), Inc: 1, Data: x}, 0, blas64.Vector{N: len(y), Inc: 1, Data: y})
}

// gemvFlag returns BLAS's flag for a·x, which is x·aᵀ, or aᵀ·x.
func gemvFlag(trans bool) blas.Transpose {
	if trans {
		return blas.NoTrans
	}
	return blas.Trans
}

// TestReferenceProduct checks that both sides of the benchmarks compute the same.
func TestReferenceProduct(t *testing.T) {
	m := gpt2Shapes[len(gpt2Shapes)-1]
	text, tensors := generateGPT2[float64](m, 7, 7)
	weights := weightsOf(t, m, DenseFormat[float64](), tensors)
	own := newTestDecoder(t, m, weights, NewFixedCache[float64](m, 7), 1, 2)
	reference := newTestDecoder(t, m, weights, NewFixedCache[float64](m, 7), 1, 2)
	replaceProducts(reference, gemv64)
	checkAll(t, "logits", reference.Logits(text), own.Logits(text), 1e-12)

	reference = newTestDecoder(t, m, weights, NewFixedCache[float64](m, 7), 7, 2)
	replaceProducts(reference, func(trans bool, _ int, a, x, y []float64) {
		gemm64(false, trans, 7, len(y)/7, len(x)/7, x, a, y)
	})
	own.Reset()
	checkAll(t, "logits of a prompt", reference.Prefill(text), own.Prefill(text), 1e-12)
}

// BenchmarkGPT2Formats compares the formats in float32 with all workers.
func BenchmarkGPT2Formats(b *testing.B) {
	m := gpt2Benchmarks[0].model
	for _, name := range []string{"dense", "half", "brain", "int8", "w8a8", "csr", "packed"} {
		b.Run(name, func(b *testing.B) {
			format := gpt2Formats[float32]()[name]
			if name == "csr" || name == "packed" {
				format = PrunedFormat(format, 0.8)
			}
			weights, err := NewGPT2Weights(m, format, GenerateGPT2[float32](m, 1))
			if err != nil {
				b.Fatal(err)
			}
			d := NewDecoder(m, weights, NewFixedCache[float32](m, m.Context), 1, runtime.GOMAXPROCS(0))
			defer d.Close()
			d.Prefill(make([]int32, 16))
			b.ReportAllocs()
			for b.Loop() {
				d.at = 16
				d.Feed(0)
			}
		})
	}
}

// BenchmarkGPT2Generate measures the generation of GPT-2 small's weights.
func BenchmarkGPT2Generate(b *testing.B) {
	for b.Loop() {
		if _, err := NewGPT2Weights(GPT2Small, DenseFormat[float32](), GenerateGPT2[float32](GPT2Small, 1)); err != nil {
			b.Fatal(err)
		}
	}
}
