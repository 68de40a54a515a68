package model

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"heaplab/profiler/profilertest/allocs"
)

func TestSchedules(t *testing.T) {
	always := Span{Begin: 0, End: -1, Frequency: 100} // tfmot's default
	for _, test := range []struct {
		name     string
		schedule Schedule
		due      []int // of the first 400 steps
		sparsity []float64
	}{
		{"tfmot's default", ConstantSparsity{always, 0.5}, []int{100, 200, 300, 400}, []float64{0.5, 0.5, 0.5, 0.5}},
		{"begin, end", ConstantSparsity{Span{3, 8, 2}, 0.9}, []int{3, 5, 7}, []float64{0.9, 0.9, 0.9}},
		{"one step", ConstantSparsity{Span{400, 400, 7}, 0.1}, []int{400}, []float64{0.1}},
		{"begins after the training", ConstantSparsity{Span{401, -1, 1}, 0.1}, nil, nil},
		{"decay", PolynomialDecay{Span: Span{0, 400, 100}, Initial: 0.5, Final: 0.8},
			[]int{100, 200, 300, 400}, []float64{0.8 - 0.3*0.421875, 0.8 - 0.3*0.125, 0.8 - 0.3*0.015625, 0.8}},
		{"linear decay of three steps", PolynomialDecay{Span: Span{10, 12, 1}, Initial: 0, Final: 0.5, Power: 1},
			[]int{10, 11, 12}, []float64{0, 0.25, 0.5}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := test.schedule.Check(); err != nil {
				t.Error(err)
			}
			var due []int
			for step := 1; step <= 400; step++ {
				if now, sparsity := test.schedule.At(step); now {
					check(t, fmt.Sprintf("sparsity at step %d", step), float64(sparsity), test.sparsity[min(len(due), len(test.sparsity)-1)], 1e-7)
					due = append(due, step)
				}
			}
			if !slices.Equal(due, test.due) {
				t.Errorf("due at %v, want %v", due, test.due)
			}
			if got := Updates(test.schedule, 400); got != len(test.due) {
				t.Errorf("%d updates, want %d", got, len(test.due))
			}
		})
	}
	if got := Updates(ConstantSparsity{always, 0.5}, 99); got != 0 {
		t.Errorf("tfmot's default: %d updates in 99 steps", got)
	}
}

func TestScheduleCheckErrors(t *testing.T) {
	span := Span{Begin: 0, End: 10, Frequency: 1}
	for name, schedule := range map[string]Schedule{
		"negative begin":    ConstantSparsity{Span{-1, 10, 1}, 0.5},
		"negative end":      ConstantSparsity{Span{0, -2, 1}, 0.5},
		"end before begin":  ConstantSparsity{Span{5, 4, 1}, 0.5},
		"zero frequency":    ConstantSparsity{Span{0, 10, 0}, 0.5},
		"sparsity of 1":     ConstantSparsity{span, 1},
		"negative sparsity": ConstantSparsity{span, -0.1},
		"NaN":               ConstantSparsity{span, math.NaN()},
		"decay without end": PolynomialDecay{Span: Span{0, -1, 1}, Final: 0.5},
		"empty decay span":  PolynomialDecay{Span: Span{4, 4, 1}, Final: 0.5},
		"initial sparsity":  PolynomialDecay{Span: span, Initial: 1},
		"final sparsity":    PolynomialDecay{Span: span, Final: 1},
	} {
		if schedule.Check() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestKept(t *testing.T) {
	for _, test := range []struct {
		n        int
		sparsity float32
		want     int
	}{{5, 0.5, 2}, {3, 0.5, 2}, {10, 0.99, 1}, {10, 0, 10}, {1, 0.9, 1}, {1<<24 + 3, 0, 1<<24 + 3}} {
		if got := keptCount(test.n, test.sparsity); got != test.want {
			t.Errorf("%d weights at %v: %d kept, want %d", test.n, test.sparsity, got, test.want)
		}
	}
}

func TestKthMagnitude(t *testing.T) {
	t.Run("float32", testKthMagnitude[float32])
	t.Run("float64", testKthMagnitude[float64])
}

func testKthMagnitude[T Float](t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	weights := []T{0, T(math.Copysign(0, -1)), T(math.SmallestNonzeroFloat32), T(math.Inf(-1)), 1, -1, 1}
	for range 500 {
		w := T(random.NormFloat64())
		weights = append(weights, w, w*T(1+1e-7))
	}
	sorted := make([]float64, len(weights))
	for i, w := range weights {
		sorted[i] = math.Abs(float64(w))
	}
	slices.SortFunc(sorted, func(a, b float64) int { return int(math.Copysign(1, b-a)) })
	for i, want := range sorted {
		if got := kthMagnitude(weights, i+1); got != want {
			t.Errorf("magnitude %d: got %v, want %v", i+1, got, want)
		}
	}
}

// TestPrunerOfTextClassifier checks that kernels of a text classifier can be pruned. Masked
// weights are 0 in a step's forward pass, and its update changes them.
func TestPrunerOfTextClassifier(t *testing.T) {
	m := textShapes[2]
	trainer, ids, labels := newTestTextTrainer(t, m, 6, Fresh[float32]{}, 2)
	kernels := [][]float32{trainer.Weights.LSTM[0].Recurrent, trainer.Weights.HiddenKernel}
	pruner := NewPruner(ConstantSparsity{Span{2, -1, 2}, 0.75}, kernels...)
	for step, want := range []float64{0, 0.75, 0.75} {
		pruner.BeginStep()
		check(t, fmt.Sprintf("zeros before step %d", step+1), zeroShare(kernels...), want, 0.01)
		if _, err := trainer.Step(ids, labels, func() {}); err != nil {
			t.Fatal(err)
		}
		check(t, fmt.Sprintf("zeros after step %d", step+1), zeroShare(kernels...), 0, 0.05) // weights of units below ReLU get no update
	}
	pruner.Strip()
	check(t, "zeros after training", zeroShare(kernels...), 0.75, 0.01)
	if n := allocs.PerRun(4, pruner.BeginStep); n != 0 {
		t.Errorf("%v allocations per step", n)
	}
}

// TestMaskBytes checks that a mask is as large as its kernel.
func TestMaskBytes(t *testing.T) {
	kernel := make([]float32, 1<<20)
	before := liveHeap()
	pruner := NewPruner(ConstantSparsity{Span{1, -1, 1}, 0.5}, kernel)
	if got := liveHeap() - before; got < 4<<20-1<<16 || got > 4<<20+1<<16 {
		t.Errorf("the masks take %d bytes, want %d", got, 4<<20)
	}
	pruner.BeginStep()
}

// zeroShare returns the share of weights that are 0.
func zeroShare[T Float](kernels ...[]T) float64 {
	zeros, all := 0, 0
	for _, kernel := range kernels {
		all += len(kernel)
		for _, w := range kernel {
			if w == 0 {
				zeros++
			}
		}
	}
	return float64(zeros) / float64(all)
}
