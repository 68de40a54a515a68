package cases

import (
	"runtime"
	"strings"
	"testing"

	"heaplab/profiler/subject/builtin"
)

var preallocation = newPreallocation(generatedModels)

// TestPreallocationLearns trains at the defaults.
func TestPreallocationLearns(t *testing.T) {
	if raceEnabled {
		t.Skip("takes a minute with the race detector, which smaller fits exercise as well")
	}
	p, _ := preallocation.Resolve(nil)
	fit, err := preallocation.Baseline().Fit(builtin.Input{Params: p}, unwatched)
	if err != nil {
		t.Fatal(err)
	}
	last := fit.Epochs[len(fit.Epochs)-1]
	if last.Accuracy <= 0.9 || last.Loss >= fit.Epochs[0].Loss {
		t.Errorf("after %d epochs %+v, after the first %+v", len(fit.Epochs), last, fit.Epochs[0])
	}
}

// TestPreallocationFitsAgree proves that after a whole fit, whose batches vary in size, the
// weights are equal to the bit in all variants, on any number of processors.
func TestPreallocationFitsAgree(t *testing.T) {
	raw := map[string]any{"batch": 16, "filters": 12, "image": 16, "examples": 70}
	p, faults := preallocation.Resolve(raw)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var want string
	for _, procs := range []int{1, 2, 4} {
		runtime.GOMAXPROCS(procs)
		for _, v := range preallocation.Variants {
			fit, err := v.Fit(builtin.Input{Params: p}, unwatched)
			if err != nil {
				t.Fatal(err)
			}
			if want == "" {
				want = fit.Weights
			}
			if fit.Weights != want {
				t.Errorf("%s on %d processors: weights %s, want %s", v.Name, procs, fit.Weights, want)
			}
		}
	}
}

// TestPreallocationAllocations counts the allocations of an op: the tensors of a step, or
// none. The buffer of resize grows once, in the first op.
func TestPreallocationAllocations(t *testing.T) {
	p, _ := preallocation.Resolve(map[string]any{"batch": 4, "filters": 2, "image": 8, "examples": 10})
	for _, test := range []struct {
		variant            string
		firstOp, steadyOps float64
	}{
		{"fresh", 10, 10},
		{"resize", 2, 0},
		{"preallocated", 0, 0},
	} {
		t.Run(test.variant, func(t *testing.T) {
			var works []builtin.Work
			for range 21 {
				work, err := preallocation.Variant(test.variant).Setup(builtin.Input{Params: p})
				if err != nil {
					t.Fatal(err)
				}
				defer work.Close()
				works = append(works, work)
			}
			op := func(work builtin.Work) {
				if err := work.Op(func() {}); err != nil {
					t.Fatal(err)
				}
			}
			next := 0
			firstOp := testing.AllocsPerRun(20, func() { op(works[next]); next++ })
			steadyOps := testing.AllocsPerRun(20, func() { op(works[0]) })
			if firstOp != test.firstOp || steadyOps != test.steadyOps {
				t.Errorf("%v allocations in the first op and %v in others, want %v and %v",
					firstOp, steadyOps, test.firstOp, test.steadyOps)
			}
		})
	}
}

func TestPreallocationRefusesBatchesThatCannotBeFilled(t *testing.T) {
	_, faults := preallocation.Resolve(map[string]any{"batch": 64, "examples": 63})
	if message := faults.For("batch"); !strings.Contains(message, "63") {
		t.Errorf("got %v", faults)
	}
	if _, faults := preallocation.Resolve(map[string]any{"batch": 63, "examples": 63}); len(faults) > 0 {
		t.Errorf("got %v", faults)
	}
}
