package model

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"heaplab/profiler/profilertest/allocs"
)

// imageBatches are the batch sizes of the tests. As in an epoch, they are not all equal.
var imageBatches = []int{3, 8, 8, 5}

// TestImageStepIsDeterministic checks that weights are bit-identical for all allocators and
// numbers of workers.
func TestImageStepIsDeterministic(t *testing.T) {
	t.Run("float32", testImageStepIsDeterministic[float32])
	t.Run("float64", testImageStepIsDeterministic[float64])
}

func testImageStepIsDeterministic[T Float](t *testing.T) {
	// Every loop has several chunks.
	m := ImageClassifier{Height: 25, Width: 18, Channels: 3, Filters: 24, Classes: 10}
	largest := slices.Max(imageBatches)
	want := trained(t, m, Fresh[T]{}, 1)
	for _, workers := range []int{1, 2, 4} {
		for name, memory := range map[string]Allocator[T]{
			"fresh":        Fresh[T]{},
			"resize":       &Resize[T]{},
			"preallocated": Preallocate[T](m.Need(largest)),
		} {
			if got := trained(t, m, memory, workers); !slices.Equal(got, want) {
				t.Errorf("%s with %d workers: weights differ", name, workers)
			}
		}
	}
}

// trained returns the weights after training twice on each of imageBatches.
func trained[T Float](t *testing.T, m ImageClassifier, memory Allocator[T], workers int) []T {
	t.Helper()
	trainer, x, labels := newTestImageTrainer(t, m, slices.Max(imageBatches), memory, workers)
	for range 2 {
		for _, n := range imageBatches {
			if _, err := trainer.Step(x[:n*m.Pixels()], labels[:n], func() {}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return trainer.Weights.All
}

// TestImageNeed checks that a step allocates exactly what Need returns.
func TestImageNeed(t *testing.T) {
	eachImageShape(t, func(t *testing.T, m ImageClassifier) {
		for _, n := range imageBatches {
			memory := Preallocate[float32](m.Need(n))
			trainer, x, labels := newTestImageTrainer(t, m, n, memory, 1)
			if _, err := trainer.Step(x, labels, func() {}); err != nil {
				t.Fatal(err)
			}
			if memory.used != m.Need(n) {
				t.Errorf("batch %d: used %+v, want %+v", n, memory.used, m.Need(n))
			}
		}
	})
}

// TestImageNeedNeverShrinks checks that memory for the largest batch is enough for all.
func TestImageNeedNeverShrinks(t *testing.T) {
	eachImageShape(t, func(t *testing.T, m ImageClassifier) {
		var last Need
		for n := range 40 {
			need := m.Need(n)
			if need.Floats < last.Floats || need.Indices < last.Indices {
				t.Errorf("batch %d needs %+v, the batch before %+v", n, need, last)
			}
			last = need
		}
	})
}

func TestResizeReallocatesOnlyToGrow(t *testing.T) {
	r := &Resize[float32]{}
	for _, step := range []struct{ need, want int }{{0, 0}, {10, 10}, {7, 10}, {12, 12}, {12, 12}} {
		r.Begin(Need{Floats: step.need})
		if cap(r.floats) != step.want {
			t.Errorf("step of %d: buffer of %d, want %d", step.need, cap(r.floats), step.want)
		}
	}
}

// TestImageStepAllocations counts the allocations of a training step.
func TestImageStepAllocations(t *testing.T) {
	m := ImageClassifier{Height: 25, Width: 18, Channels: 3, Filters: 24, Classes: 10}
	const batch, tensors = 8, 10
	for _, test := range []struct {
		name   string
		memory Allocator[float32]
		want   float64
	}{
		{"fresh", Fresh[float32]{}, tensors},
		{"resize", &Resize[float32]{}, 0},
		{"preallocated", Preallocate[float32](m.Need(batch)), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			trainer, x, labels := newTestImageTrainer(t, m, batch, test.memory, 2)
			got := allocs.PerRun(20, func() {
				if _, err := trainer.Step(x, labels, func() {}); err != nil {
					t.Fatal(err)
				}
			})
			if got != test.want {
				t.Errorf("%v allocations per step, want %v", got, test.want)
			}
		})
	}
}

// TestImageStepLiveBytes checks that all tensors are in use at the mark, with each allocator.
func TestImageStepLiveBytes(t *testing.T) {
	m := ImageClassifier{Height: 64, Width: 64, Channels: 3, Filters: 32, Classes: 10}
	const batch = 8
	need := m.Need(batch)
	want := int64(4*need.Floats + need.Indices)
	for name, setUp := range map[string]func() Allocator[float32]{
		"fresh":        func() Allocator[float32] { return Fresh[float32]{} },
		"resize":       func() Allocator[float32] { return &Resize[float32]{} },
		"preallocated": func() Allocator[float32] { return Preallocate[float32](need) },
	} {
		t.Run(name, func(t *testing.T) {
			trainer, x, labels := newTestImageTrainer[float32](t, m, batch, nil, 1)
			before := liveHeap()
			trainer.memory = setUp()
			var got int64
			if _, err := trainer.Step(x, labels, func() { got = liveHeap() - before }); err != nil {
				t.Fatal(err)
			}
			if difference := got - want; difference < -want/100 || difference > want/50 {
				t.Errorf("%d bytes live at the mark, want %d", got, want)
			}
		})
	}
}

// liveHeap returns the heap in use after garbage collection, in bytes.
func liveHeap() int64 {
	runtime.GC() // twice, because the second collection empties sync.Pools
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

func TestWorkersRunEachChunkOnce(t *testing.T) {
	for _, workers := range []int{1, 3} {
		w := NewWorkers(workers)
		defer w.Close()
		for _, test := range []struct{ n, grain int }{{0, 4}, {1, 4}, {4, 4}, {5, 4}, {1000, 1}} {
			t.Run(fmt.Sprintf("%d workers, %d by %d", workers, test.n, test.grain), func(t *testing.T) {
				counts := make([]int, test.n)
				w.Run(test.n, test.grain, func(lo, hi int) {
					if lo%test.grain != 0 || hi != min(lo+test.grain, test.n) {
						t.Errorf("chunk [%d,%d)", lo, hi)
					}
					for i := lo; i < hi; i++ {
						counts[i]++
					}
				})
				for i, count := range counts {
					if count != 1 {
						t.Errorf("index %d ran %d times", i, count)
					}
				}
			})
		}
	}
}
