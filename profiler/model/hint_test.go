package model

import (
	"slices"
	"testing"
)

func newTestHintTrainer[T Float](t *testing.T, m ImageClassifier, batch int, weight float64, memory Allocator[T], workers int) (h *HintTrainer[T], begin func()) {
	t.Helper()
	x, labels, weights := generateImages[T](m, batch, 7)
	filters, teacher, _ := testTeacher(t, m, x)
	h = NewHintTrainer(m, weights, filters, weight, memory, workers)
	t.Cleanup(h.Close)
	return h, func() { h.begin(x, labels, teacher) }
}

func TestHintGradient(t *testing.T) {
	for _, weight := range []float64{0.5, 2} {
		eachImageShape(t, func(t *testing.T, m ImageClassifier) {
			if m.DenseRows() == 0 {
				t.Skip("no features")
			}
			h, begin := newTestHintTrainer(t, m, 5, weight, Fresh[float64]{}, 2)
			stream := lcg(13)
			draw(&stream, h.Projection, 0.5) // a zero projection has no gradient with respect to the features
			begin()
			h.forward()
			h.loss()
			h.backward()
			projectionGradient := h.hint.dprojection // before checkGradients begins other steps
			checkGradients(t, h.step.gradients.All, h.Weights.All, begin, h)
			checkGradients(t, projectionGradient, h.Projection, begin, h)
		})
	}
}

// TestHintTraining checks that the student's features approach the teacher's, and that
// training with weight 0 is bit-identical to that of an ImageTrainer.
func TestHintTraining(t *testing.T) {
	m := imageShapes[0]
	hintLoss := func(h *HintTrainer[float32], begin func()) float64 {
		begin()
		h.forward()
		return h.loss().Loss - h.ImageTrainer.loss().Loss
	}
	h, begin := newTestHintTrainer(t, m, 6, 10, Fresh[float32]{}, 2)
	first := hintLoss(h, begin)
	for range 200 {
		begin()
		if _, err := runStep(h, func() {}); err != nil {
			t.Fatal(err)
		}
	}
	if last := hintLoss(h, begin); !(last < first/2) {
		t.Errorf("hint loss before training %v, after %v", first, last)
	}

	plain, x, labels := newTestImageTrainer(t, m, 6, Fresh[float32]{}, 2)
	without, begin := newTestHintTrainer(t, m, 6, 0, Fresh[float32]{}, 2)
	for range 3 {
		if _, err := plain.Step(x, labels, func() {}); err != nil {
			t.Fatal(err)
		}
		begin()
		if _, err := runStep(without, func() {}); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(without.Weights.All, plain.Weights.All) {
		t.Error("the weights differ from those without a hint")
	}
}

// TestHintStepIsDeterministic checks that weights are bit-identical for all allocators and
// numbers of workers, and that a step allocates exactly what need returns.
func TestHintStepIsDeterministic(t *testing.T) {
	m := ImageClassifier{Height: 12, Width: 9, Channels: 3, Filters: 6, Classes: 10}
	const batch = 7
	var want []float32
	for _, workers := range []int{1, 3} {
		h, begin := newTestHintTrainer(t, m, batch, 1, Fresh[float32]{}, workers)
		memory := Preallocate[float32](h.need(batch))
		preallocated, beginPreallocated := newTestHintTrainer[float32](t, m, batch, 1, memory, workers)
		for range 3 {
			for _, train := range []struct {
				h     *HintTrainer[float32]
				begin func()
			}{{h, begin}, {preallocated, beginPreallocated}} {
				train.begin()
				if _, err := runStep(train.h, func() {}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if memory.used != h.need(batch) {
			t.Errorf("used %+v, want %+v", memory.used, h.need(batch))
		}
		if want == nil {
			want = h.Weights.All
		}
		if !slices.Equal(h.Weights.All, want) || !slices.Equal(preallocated.Weights.All, want) {
			t.Errorf("%d workers: weights differ", workers)
		}
	}
}

func TestRelativeSquaresOfZeroTeacher(t *testing.T) {
	r := []float64{1, -2}
	if loss := relativeSquares(r, []float64{0, 0}, 5); loss != 0 || r[0] != 0 || r[1] != 0 {
		t.Errorf("loss %v, gradient %v", loss, r)
	}
}
