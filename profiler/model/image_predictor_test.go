package model

import (
	"fmt"
	"slices"
	"testing"

	"heaplab/profiler/profilertest/allocs"
)

// newTestImagePredictor returns a predictor and the images of newTestImageTrainer.
func newTestImagePredictor[T Float](t *testing.T, m ImageClassifier, n int, memory Allocator[T], workers int) (*ImagePredictor[T], []T) {
	t.Helper()
	x, _, weights := generateImages[T](m, n, 7)
	p := NewImagePredictor(m, DenseLayers(m, weights), memory, workers)
	t.Cleanup(p.Close)
	return p, x
}

func TestImagePredict(t *testing.T) {
	eachImageShape(t, func(t *testing.T, m ImageClassifier) {
		const batch = 5
		p, x := newTestImagePredictor(t, m, batch, Fresh[float64]{}, 2)
		_, _, weights := generateImages[float64](m, batch, 7)
		got := p.Predict(x, func() {})
		for n := range batch {
			want := outputOf(m, weights, x[n*m.Pixels():][:m.Pixels()])
			checkAll(t, fmt.Sprintf("output of example %d", n), got[n*m.Classes:][:m.Classes], want, 1e-12)
		}
	})
}

// TestImagePredictIsDeterministic checks that outputs are bit-identical for all allocators and
// numbers of workers, and after a larger batch.
func TestImagePredictIsDeterministic(t *testing.T) {
	m := ImageClassifier{Height: 25, Width: 18, Channels: 3, Filters: 24, Classes: 10}
	const largest, batch = 8, 5
	single, x := newTestImagePredictor(t, m, largest, Fresh[float32]{}, 1)
	x = x[:batch*m.Pixels()]
	want := slices.Clone(single.Predict(x, func() {}))
	for _, memory := range []Allocator[float32]{Fresh[float32]{}, &Resize[float32]{}, Preallocate[float32](m.PredictNeed(largest))} {
		p, all := newTestImagePredictor(t, m, largest, memory, 3)
		p.Predict(all, func() {})
		if !slices.Equal(p.Predict(x, func() {}), want) {
			t.Errorf("%T: outputs differ", memory)
		}
	}
}

// TestImagePredictMemory compares the allocated memory and the live memory at the mark with
// PredictNeed.
func TestImagePredictMemory(t *testing.T) {
	m := ImageClassifier{Height: 64, Width: 64, Channels: 3, Filters: 32, Classes: 10}
	const batch, tensors = 4, 5
	need := m.PredictNeed(batch)
	preallocated := Preallocate[float32](need)
	for _, test := range []struct {
		memory Allocator[float32]
		allocs float64
	}{{Fresh[float32]{}, tensors}, {preallocated, 0}} {
		p, x := newTestImagePredictor(t, m, batch, test.memory, 2)
		marks := 0
		got := allocs.PerRun(10, func() { p.Predict(x, func() { marks++ }) })
		if got != test.allocs || marks != 11 {
			t.Errorf("%T: %v allocations per call, want %v; %d marks in 11 calls", test.memory, got, test.allocs, marks)
		}
	}
	if preallocated.used != need {
		t.Errorf("used %+v, want %+v", preallocated.used, need)
	}

	p, x := newTestImagePredictor[float32](t, m, batch, Fresh[float32]{}, 1)
	before := liveHeap()
	var got int64
	p.Predict(x, func() { got = liveHeap() - before })
	if want := int64(4 * batch * (m.convSize() + m.pooledSize())); got < want || got > want+want/50 {
		t.Errorf("%d bytes live at the mark, want %d", got, want)
	}
}

func TestImageLayersBytes(t *testing.T) {
	m := imageShapes[0]
	weights := NewImageWeights[float64](m, 1)
	if got, want := DenseLayers(m, weights).Bytes(), 8*m.WeightCount(); got != want {
		t.Errorf("got %d, want %d", got, want)
	}
}
