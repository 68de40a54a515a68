package model

import (
	"math/rand/v2"
	"runtime"
	"testing"
)

// BenchmarkTextStep compares a preallocated training step at the article's shape with the same
// step computed with gonum's matrix product.
func BenchmarkTextStep(b *testing.B) {
	m := TextClassifier{Vocab: 1000, Steps: 50, Embedding: 16, Units: 32, Hidden: 16}
	const batch = 32
	b.Run("float32", func(b *testing.B) { benchmarkTextStep[float32](b, m, batch, nil) })
	b.Run("float64", func(b *testing.B) { benchmarkTextStep[float64](b, m, batch, nil) })
	b.Run("gonum32", func(b *testing.B) { benchmarkTextStep(b, m, batch, gemm32) })
	b.Run("gonum64", func(b *testing.B) { benchmarkTextStep(b, m, batch, gemm64) })
}

func benchmarkTextStep[T Float](b *testing.B, m TextClassifier, batch int, product gemm[T]) {
	ids, labels := randomTexts(m, batch)
	workers := runtime.GOMAXPROCS(0)
	trainer := NewTextTrainer(m, NewTextWeights[T](m, 1), Preallocate[T](m.Need(batch)), workers)
	defer trainer.Close()
	step := func() error {
		_, err := trainer.Step(ids, labels, func() {})
		return err
	}
	if product != nil {
		step = (&gemmTextStep[T]{trainer, product}).run(ids, labels)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := step(); err != nil {
			b.Fatal(err)
		}
	}
}

// randomTexts returns texts of random words.
func randomTexts(m TextClassifier, n int) (ids, labels []int32) {
	random := rand.New(rand.NewPCG(1, 1))
	for range n {
		for range m.Steps {
			ids = append(ids, random.Int32N(int32(m.Vocab)))
		}
		labels = append(labels, random.Int32N(2))
	}
	return ids, labels
}

// A gemmTextStep is a training step that computes the LSTM as matrix products of the whole
// batch, and of all time steps at once where possible. The two directions run in parallel.
// The other operations are the trainer's.
type gemmTextStep[T Float] struct {
	trainer *TextTrainer[T]
	product gemm[T]
}

// run returns a function that trains on one batch.
func (g *gemmTextStep[T]) run(ids, labels []int32) func() error {
	t, n := g.trainer, g.trainer.network
	n.readLoop = func(lo, hi int) {
		// The first group of a lane processes all texts.
		for i := lo; i < hi; i++ {
			if l, from, _ := n.group(i); from == 0 {
				g.forward(l)
			}
		}
	}
	t.loops.readBack = func(lo, hi int) {
		for i := lo; i < hi; i++ {
			if l, from, _ := n.group(i); from == 0 {
				g.back(l)
			}
		}
	}
	t.loops.gradient = func(lo, hi int) {
		for i := lo; i < hi; i++ {
			if chunks := t.model.gradientChunks(); i%chunks == 0 {
				g.gradient(&n.lanes[i/chunks], t.step.gradients.LSTM[i/chunks])
			}
		}
	}
	return func() error {
		_, err := t.Step(ids, labels, func() {})
		return err
	}
}

func (g *gemmTextStep[T]) forward(l *lane[T]) {
	m, batch := l.m, g.trainer.network.batch
	for n := range batch {
		clear(rowOf(l.inputs, n, m.inputs())[m.Embedding:])
		clear(rowOf(l.cells, n, m.Units))
	}
	for step := range m.Steps {
		at := step * batch
		for n := range batch {
			l.embedding.lookUp(rowOf(l.inputs, at+n, m.inputs())[:m.Embedding], l.word(n, step))
		}
		gates := l.gates[at*m.gates():][:batch*m.gates()]
		g.product(false, false, batch, m.gates(), m.inputs(), l.inputs[at*m.inputs():], l.weights.both, gates)
		for n := range batch {
			sums := rowOf(gates, n, m.gates())
			for i, bias := range l.weights.Bias {
				sums[i] += bias
			}
			lstmForward(l.output(n, step), rowOf(l.cells, at+batch+n, m.Units), rowOf(l.tanhs, at+n, m.Units),
				sums, rowOf(l.cells, at+n, m.Units))
		}
	}
}

func (g *gemmTextStep[T]) back(l *lane[T]) {
	m, batch := l.m, g.trainer.network.batch
	for n := range batch {
		from := rowOf(g.trainer.step.dlast, n, m.states())
		if l.backward {
			from = from[m.Units:]
		}
		copy(rowOf(l.dh, n, m.Units), from)
	}
	clear(l.dc)
	for step := m.Steps - 1; step >= 0; step-- {
		at := step * batch
		for n := range batch {
			lstmBackward(rowOf(l.gates, at+n, m.gates()), rowOf(l.dc, n, m.Units), rowOf(l.dh, n, m.Units),
				rowOf(l.tanhs, at+n, m.Units), rowOf(l.cells, at+n, m.Units))
		}
		g.product(false, true, batch, m.Units, m.gates(), l.gates[at*m.gates():][:batch*m.gates()], l.weights.Recurrent, l.dh)
	}
	g.product(false, true, m.Steps*batch, m.Embedding, m.gates(), l.gates, l.weights.Kernel, l.dwords)
}

func (g *gemmTextStep[T]) gradient(l *lane[T], dweights LSTMWeights[T]) {
	m := l.m
	biasBackward(dweights.Bias, l.gates)
	g.product(true, false, m.inputs(), m.gates(), m.Steps*g.trainer.network.batch, l.inputs, l.gates, dweights.both)
}

// TestGemmTextStep checks that both sides of the benchmark compute the same.
func TestGemmTextStep(t *testing.T) {
	m := TextClassifier{Vocab: 30, Steps: 7, Embedding: 5, Units: 6, Hidden: 4}
	ids, labels := randomTexts(m, 19)
	var weights [2]TextWeights[float64]
	for i, product := range []gemm[float64]{nil, gemm64} {
		weights[i] = NewTextWeights[float64](m, 1)
		trainer := NewTextTrainer(m, weights[i], Fresh[float64]{}, 2)
		defer trainer.Close()
		step := func() error {
			_, err := trainer.Step(ids, labels, func() {})
			return err
		}
		if product != nil {
			step = (&gemmTextStep[float64]{trainer, product}).run(ids, labels)
		}
		for range 5 {
			if err := step(); err != nil {
				t.Fatal(err)
			}
		}
	}
	checkAll(t, "weights", weights[1].All, weights[0].All, 1e-9)
}
