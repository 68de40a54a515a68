package gpt2

import (
	"math"
	"runtime"
	"slices"
	"testing"

	"heaplab/profiler/cases/casetest"
	"heaplab/profiler/profilertest/allocs"
	"heaplab/profiler/subject/builtin"
)

// All caches give logits that are equal to the bit.
func TestCachesAgree(t *testing.T) {
	p := casetest.Resolve(t, &cacheCase, builtin.Values(tinyModel, tokens.Is(21)))
	var want []float32
	for i := range cacheCase.Variants {
		got := logitsOfVariant(t, &cacheCase.Variants[i], builtin.Input{Params: p})
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: the logits differ", cacheCase.Variants[i].Name)
		}
	}
}

// A text allocates the keys and values of every block at every token, or nothing after the
// doubling in the first text.
func TestCacheAllocations(t *testing.T) {
	p := casetest.Resolve(t, &cacheCase, builtin.Values(tinyModel, tokens.Is(33)))
	blocks := float64(tiny.shape.Blocks)
	for _, test := range []struct {
		variant           string
		firstOp, steadyOp float64
	}{
		{"fresh", 33 * 2 * blocks, 33 * 2 * blocks},
		{"resize", 7 * 2 * blocks, 0}, // room for 1, 2, 4, … 64 tokens
		{"preallocated", 0, 0},
	} {
		t.Run(test.variant, func(t *testing.T) {
			const works = 5
			var first []builtin.Work
			for range works + 1 {
				work, err := cacheCase.Variant(test.variant).Setup(builtin.Input{Params: p})
				if err != nil {
					t.Fatal(err)
				}
				defer work.Close()
				first = append(first, work)
			}
			op := func(work builtin.Work) {
				if err := work.Op(func() {}); err != nil {
					t.Fatal(err)
				}
			}
			next := 0
			firstOp := allocs.PerRun(works, func() { op(first[next]); next++ })
			steadyOp := allocs.PerRun(works, func() { op(first[0]) })
			if firstOp != test.firstOp || steadyOp != test.steadyOp {
				t.Errorf("%v allocations in the first op and %v in others, want %v and %v", firstOp, steadyOp, test.firstOp, test.steadyOp)
			}
		})
	}
}

// A concatenated cache allocates the bytes of the formula, rounded up to size classes.
func TestConcatenatedBytes(t *testing.T) {
	if casetest.RaceEnabled {
		t.Skip("the race detector allocates memory of its own")
	}
	p := casetest.Resolve(t, &cacheCase, builtin.Values(modelName.Is(mini.name), tokens.Is(12)))
	work, err := cacheCase.Baseline().Setup(builtin.Input{Params: p})
	if err != nil {
		t.Fatal(err)
	}
	defer work.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := work.Op(func() {}); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	got, want := float64(after.TotalAlloc-before.TotalAlloc), float64(concatenatedBytes(mini.shape, 12))
	if got < want || got > 1.1*want {
		t.Errorf("a text allocates %.0f bytes, want %.0f", got, want)
	}
}

// The live heap at the mark is as predicted.
func TestCacheLiveHeap(t *testing.T) {
	p := casetest.Resolve(t, &cacheCase, builtin.Values(modelName.Is(mini.name), tokens.Is(20)))
	live := liveHeaps(t, &cacheCase, builtin.Input{Params: p})
	for variant, ratio := range predictedLive(t, &cacheCase, p) {
		if got := live["fresh"] / live[variant]; math.Abs(got/ratio-1) > 0.01 {
			t.Errorf("%s: the live heap is %.4f times less, predicted was %.4f", variant, got, ratio)
		}
	}
	if got, want := live["resize"], float64(cacheCase.Estimate(p).Live); math.Abs(got/want-1) > 0.02 {
		t.Errorf("%.0f bytes are alive in resize, want %.0f", got, want)
	}
}
