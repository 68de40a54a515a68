package preallocation

import (
	"runtime"
	"strings"
	"testing"

	"heaplab/profiler/cases/casetest"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/profilertest/allocs"
	"heaplab/profiler/subject/builtin"
)

var preallocation = New(testbed.ImageData)

// TestLearns trains at the defaults.
func TestLearns(t *testing.T) {
	if casetest.RaceEnabled || testing.Short() {
		t.Skip("takes long; smaller fits run the same code")
	}
	p, _ := preallocation.Resolve(nil)
	fit, err := preallocation.Baseline().Fit(builtin.Input{Params: p}, testbed.Unwatched)
	if err != nil {
		t.Fatal(err)
	}
	last := fit.Epochs[len(fit.Epochs)-1]
	if last.Accuracy <= 0.9 || last.Loss >= fit.Epochs[0].Loss {
		t.Errorf("after %d epochs %+v, after the first %+v", len(fit.Epochs), last, fit.Epochs[0])
	}
}

// TestFitsAgree checks that all variants end a whole fit, with batches of several sizes,
// with weights that are equal to the bit, on any number of processors.
func TestFitsAgree(t *testing.T) {
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
			fit, err := v.Fit(builtin.Input{Params: p}, testbed.Unwatched)
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

// TestAllocations counts the allocations of an op: those of a step's tensors, or none.
// The buffer of resize grows once, in the first op.
func TestAllocations(t *testing.T) {
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
			firstOp := allocs.PerRun(20, func() { op(works[next]); next++ })
			steadyOps := allocs.PerRun(20, func() { op(works[0]) })
			if firstOp != test.firstOp || steadyOps != test.steadyOps {
				t.Errorf("%v allocations in the first op and %v in others, want %v and %v",
					firstOp, steadyOps, test.firstOp, test.steadyOps)
			}
		})
	}
}

func TestRejectsLargeBatches(t *testing.T) {
	_, faults := preallocation.Resolve(map[string]any{"batch": 64, "examples": 63})
	if message := faults.For("batch"); !strings.Contains(message, "63") {
		t.Errorf("got %v", faults)
	}
	if _, faults := preallocation.Resolve(map[string]any{"batch": 63, "examples": 63}); len(faults) > 0 {
		t.Errorf("got %v", faults)
	}
}
