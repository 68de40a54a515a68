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
				t.Skip("there are no features")
			}
			h, begin := newTestHintTrainer(t, m, 5, weight, Fresh[float64]{}, 2)
			stream := lcg(13)
			draw(&stream, h.Projection, 0.5) // of 0, the student's features would have no gradient
			begin()
			h.forward()
			h.loss()
			h.backward()
			ofProjection := h.hint.dprojection // the losses that follow begin steps of their own
			checkGradients(t, h.step.gradients.All, h.Weights.All, begin, h)
			checkGradients(t, ofProjection, h.Projection, begin, h)
		})
	}
}

// TestHintTraining proves that a student comes nearer to the teacher's features, step by
// step, and that a weight of 0 trains as a ImageTrainer does, to the bit.
func TestHintTraining(t *testing.T) {
	m := imageShapes[0]
	off := func(h *HintTrainer[float32], begin func()) float64 {
		begin()
		h.forward()
		return h.loss().Loss - h.ImageTrainer.loss().Loss
	}
	h, begin := newTestHintTrainer(t, m, 6, 10, Fresh[float32]{}, 2)
	first := off(h, begin)
	for range 200 {
		begin()
		if _, err := runStep(h, func() {}); err != nil {
			t.Fatal(err)
		}
	}
	if last := off(h, begin); !(last < first/2) {
		t.Errorf("the features were off by %v and are by %v", first, last)
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
		t.Error("without a hint the weights differ")
	}
}

// TestHintStepIsDeterministic proves that weights are equal to the bit wherever memory
// comes from, which is asked for as much as was announced, and however many workers share
// the work.
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
			t.Errorf("used %+v, announced %+v", memory.used, h.need(batch))
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
