package model

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"heaplab/profiler/profilertest/allocs"
)

// textShapes covers edge cases: a single step, unit or word, sizes that unrolled loops do not
// divide, and more inputs than one gradient chunk.
var textShapes = []TextClassifier{
	{Vocab: 7, Steps: 5, Embedding: 3, Units: 4, Hidden: 3},
	{Vocab: 2, Steps: 1, Embedding: 1, Units: 1, Hidden: 1},
	{Vocab: 11, Steps: 3, Embedding: 5, Units: 7, Hidden: 2},
	{Vocab: 1, Steps: 4, Embedding: 2, Units: 3, Hidden: 4},
}

func eachTextShape(t *testing.T, test func(t *testing.T, m TextClassifier)) {
	for _, m := range textShapes {
		t.Run(fmt.Sprintf("%d words,steps=%d,units=%d", m.Vocab, m.Steps, m.Units), func(t *testing.T) { test(t, m) })
	}
}

// textBatches are the batch sizes of the tests. 11 is more than lstmTexts.
var textBatches = []int{3, 11, 11, 9}

// newTestTextTrainer returns a trainer and a batch. They depend only on m and n.
func newTestTextTrainer[T Float](t *testing.T, m TextClassifier, n int, memory Allocator[T], workers int) (*TextTrainer[T], []int32, []int32) {
	t.Helper()
	ids, labels, weights := generateTexts[T](m, n, 7)
	trainer := NewTextTrainer(m, weights, memory, workers)
	t.Cleanup(trainer.Close)
	return trainer, ids, labels
}

func TestTextForward(t *testing.T) {
	eachTextShape(t, func(t *testing.T, m TextClassifier) {
		const batch = 9
		ids, _, weights := generateTexts[float64](m, batch, 7)
		predictor := NewTextPredictor(m, DenseTextLayers(m, weights), Fresh[float64]{}, 2)
		defer predictor.Close()
		got := predictor.Predict(ids, func() {})
		for n := range batch {
			want := textOutputOf(m, weights, ids[n*m.Steps:][:m.Steps])
			check(t, fmt.Sprintf("output of text %d", n), got[n], want, 1e-12)
		}
	})
}

// textOutputOf computes the probability of one text directly from the definition.
func textOutputOf(m TextClassifier, w TextWeights[float64], ids []int32) float64 {
	logistic := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	var last []float64
	for d, l := range w.LSTM {
		h, c := make([]float64, m.Units), make([]float64, m.Units)
		for step := range ids {
			id := ids[step]
			if d == 1 {
				id = ids[len(ids)-1-step]
			}
			sums := slices.Clone(l.Bias)
			for j := range sums {
				for e := range m.Embedding {
					sums[j] += w.Embedding[int(id)*m.Embedding+e] * l.Kernel[e*4*m.Units+j]
				}
				for u := range m.Units {
					sums[j] += h[u] * l.Recurrent[u*4*m.Units+j]
				}
			}
			for u := range m.Units {
				i, f := logistic(sums[u]), logistic(sums[m.Units+u])
				g, o := math.Tanh(sums[2*m.Units+u]), logistic(sums[3*m.Units+u])
				c[u] = f*c[u] + i*g
				h[u] = o * math.Tanh(c[u])
			}
		}
		last = append(last, h...)
	}
	logit := w.OutputBias[0]
	for j := range m.Hidden {
		v := w.HiddenBias[j]
		for i, h := range last {
			v += h * w.HiddenKernel[i*m.Hidden+j]
		}
		logit += max(v, 0) * w.OutputKernel[j]
	}
	return logistic(logit)
}

func TestTextGradient(t *testing.T) {
	eachTextShape(t, func(t *testing.T, m TextClassifier) {
		trainer, ids, labels := newTestTextTrainer(t, m, 10, Fresh[float64]{}, 2)
		begin := func() { trainer.begin(ids, labels) }
		begin()
		trainer.forward()
		trainer.loss()
		trainer.backward()
		checkGradients(t, trainer.step.gradients.All, trainer.Weights.All, begin, trainer)
	})
}

// TestTextStepIsDeterministic checks that weights are bit-identical for all allocators and
// numbers of workers, and that inference gives the outputs of training.
func TestTextStepIsDeterministic(t *testing.T) {
	t.Run("float32", testTextStepIsDeterministic[float32])
	t.Run("float64", testTextStepIsDeterministic[float64])
}

func testTextStepIsDeterministic[T Float](t *testing.T) {
	m := TextClassifier{Vocab: 90, Steps: 12, Embedding: 10, Units: 17, Hidden: 16}
	largest := slices.Max(textBatches)
	var want, wantProbs []T
	for _, workers := range []int{1, 3, 4} {
		for _, memory := range []Allocator[T]{Fresh[T]{}, &Resize[T]{}, Preallocate[T](m.Need(largest))} {
			trainer, ids, labels := newTestTextTrainer(t, m, largest, memory, workers)
			for _, n := range append(textBatches, textBatches...) {
				if _, err := trainer.Step(ids[:n*m.Steps], labels[:n], func() {}); err != nil {
					t.Fatal(err)
				}
			}
			trainer.begin(ids, labels)
			trainer.forward()
			probs := slices.Clone(trainer.network.probs)
			predictor := NewTextPredictor(m, DenseTextLayers(m, trainer.Weights), memory, workers)
			defer predictor.Close()
			if want == nil {
				want, wantProbs = trainer.Weights.All, probs
			}
			if !slices.Equal(trainer.Weights.All, want) || !slices.Equal(probs, wantProbs) {
				t.Errorf("%T with %d workers: weights or outputs differ", memory, workers)
			}
			if !slices.Equal(predictor.Predict(ids, func() {}), wantProbs) {
				t.Errorf("%T with %d workers: outputs of inference differ", memory, workers)
			}
		}
	}
}

// TestTextMemory compares the allocated memory and the live memory at the mark with Need and
// PredictNeed.
func TestTextMemory(t *testing.T) {
	m := TextClassifier{Vocab: 300, Steps: 5, Embedding: 16, Units: 90, Hidden: 16}
	const batch = 10
	ids, labels, weights := generateTexts[float32](m, batch, 7)
	step := func(memory Allocator[float32]) (func(mark func()), func()) {
		trainer := NewTextTrainer(m, weights, memory, 2)
		return func(mark func()) {
			if _, err := trainer.Step(ids, labels, mark); err != nil {
				t.Fatal(err)
			}
		}, trainer.Close
	}
	predict := func(memory Allocator[float32]) (func(mark func()), func()) {
		predictor := NewTextPredictor(m, DenseTextLayers(m, weights), memory, 2)
		return func(mark func()) { predictor.Predict(ids, mark) }, predictor.Close
	}
	for _, test := range []struct {
		name   string
		setUp  func(Allocator[float32]) (func(mark func()), func())
		need   Need
		allocs float64 // with Fresh
	}{
		{"step", step, m.Need(batch), 22},
		{"predict", predict, m.PredictNeed(batch), 10},
	} {
		t.Run(test.name, func(t *testing.T) {
			preallocated := Preallocate[float32](test.need)
			liveHeap() // the first collection of a process allocates
			for _, variant := range []struct {
				memory Allocator[float32]
				allocs float64
			}{{Fresh[float32]{}, test.allocs}, {&Resize[float32]{}, 0}, {preallocated, 0}} {
				op, done := test.setUp(variant.memory)
				defer done()
				marks := 0
				mark := func() { marks++ }
				got := allocs.PerRun(3, func() { op(mark) })
				if got != variant.allocs || marks != 4 {
					t.Errorf("%T: %v allocations, want %v; %d marks in 4 calls", variant.memory, got, variant.allocs, marks)
				}
			}
			if preallocated.used != test.need {
				t.Errorf("used %+v, want %+v", preallocated.used, test.need)
			}

			op, done := test.setUp(Fresh[float32]{})
			defer done()
			var got int64
			before := liveHeap()
			op(func() { got = liveHeap() - before })
			want := int64(4 * test.need.Floats)
			if difference := got - want; difference < -want/50 || difference > want/6 { // sizes are rounded up
				t.Errorf("%d bytes live at the mark, want %d", got, want)
			}
		})
	}
}

func TestTextStepRejectsNaNLoss(t *testing.T) {
	trainer, ids, labels := newTestTextTrainer(t, textShapes[0], 2, Fresh[float32]{}, 1)
	trainer.Weights.OutputBias[0] = float32(math.NaN())
	last := trainer.Weights.Embedding[0]
	if _, err := trainer.Step(ids, labels, func() { t.Error("mark was called") }); err == nil {
		t.Error("no error")
	}
	if trainer.Weights.Embedding[0] != last {
		t.Error("the weights were updated")
	}
}

func TestNewTextWeights(t *testing.T) {
	m := TextClassifier{Vocab: 40, Steps: 5, Embedding: 6, Units: 37, Hidden: 8}
	w, narrow := NewTextWeights[float64](m, 1), NewTextWeights[float32](m, 1)
	checkAll(t, "weights in float32", narrow.All, converted[float32](w.All), 0)
	if len(w.All) != m.WeightCount() {
		t.Errorf("%d weights, want %d", len(w.All), m.WeightCount())
	}
	if least, most := slices.Min(w.Embedding), slices.Max(w.Embedding); least < -0.05 || most > 0.05 || most < 0.045 {
		t.Errorf("embedding from %v to %v", least, most)
	}
	for _, l := range w.LSTM {
		for i, bias := range l.Bias {
			if forget := i/m.Units == 1; forget != (bias == 1) || !forget && bias != 0 {
				t.Errorf("bias %d of a gate is %v", i, bias)
			}
		}
		checkOrthonormal(t, l.Recurrent, m.gates())
	}
	if NewTextWeights[float64](m, 2).All[0] == w.All[0] {
		t.Error("different seeds give the same weights")
	}
}

func TestOrthogonal(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 4}, {16, 64}, {50, 50}, {130, 520}} {
		checkOrthonormal(t, orthogonal(size[0], size[1], rand.New(rand.NewPCG(1, 2))), size[1])
	}
}

// checkOrthonormal checks that the rows of q are orthonormal.
func checkOrthonormal(t *testing.T, q []float64, cols int) {
	t.Helper()
	rows := len(q) / cols
	name, products := fmt.Sprintf("products of %d rows", rows), make([]float64, rows*rows)
	transposedProducts(products, q, q, cols)
	for i, v := range products {
		want := 0.0
		if i/rows == i%rows {
			want = 1
		}
		checkAt(t, name, i, v, want, 1e-12)
	}
}

// converted returns the numbers rounded to another type.
func converted[To, From Float](s []From) []To {
	out := make([]To, len(s))
	for i, v := range s {
		out[i] = To(v)
	}
	return out
}
