package cases

import (
	"math"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/cases/casetest"
	"heaplab/profiler/subject/builtin"
)

// The buffers of requests and pools take the memory that is predicted.
func TestPoolMemory(t *testing.T) {
	p, faults := bufferPool.Resolve(map[string]any{"largest": 1024, "requests": 8})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	in := builtin.Input{Params: p}
	fresh := casetest.HeapAtMark(t, bufferPool.Baseline(), in)
	checked := 0
	for _, prediction := range bufferPool.Predict(p) {
		if prediction.Unit != profiler.LiveHeap {
			continue
		}
		checked++
		got := fresh / casetest.HeapAtMark(t, bufferPool.Variant(prediction.Variant), in)
		if math.Abs(got/float64(prediction.Ratio)-1) > 0.05 {
			t.Errorf("%s holds %.3f times less, predicted was %.3f", prediction.Variant, got, prediction.Ratio)
		}
	}
	if checked != 2 {
		t.Errorf("%d predictions of the live heap", checked)
	}
}

// A pool misses nothing, except a sync.Pool after two collections. Only a sync.Pool and the heap
// retain nothing after a burst.
func TestPoolMissesAndRetained(t *testing.T) {
	if casetest.RaceEnabled {
		t.Skip("with the race detector, sync.Pool drops buffers at random")
	}
	for _, test := range []struct {
		variant        string
		gc             int
		misses, retain bool
	}{
		{"fresh", 0, true, false},
		{"syncpool", 0, false, false},
		{"syncpool", 2, true, false},
		{"freelist", 0, false, true},
		{"freelist", 2, false, true},
		{"slab", 0, false, true},
		{"slab", 2, false, true},
	} {
		p, _ := bufferPool.Resolve(map[string]any{"goroutines": 1, "requests": 8, "gc": test.gc})
		work, err := bufferPool.Variant(test.variant).Setup(builtin.Input{Params: p})
		if err != nil {
			t.Fatal(err)
		}
		defer work.Close()
		for range 3 {
			if err := work.Op(func() {}); err != nil {
				t.Fatal(err)
			}
		}
		got := map[string]float64{}
		for _, m := range work.Metrics() {
			got[m.Unit] = m.Value
		}
		// Another processor's private place holds at most one buffer of each class.
		if missed := got[profiler.PoolMisses] > 10; missed != test.misses {
			t.Errorf("%s, gc=%d: %v misses an op", test.variant, test.gc, got[profiler.PoolMisses])
		}
		if retained := got[profiler.Retained] > 512<<10; retained != test.retain {
			t.Errorf("%s, gc=%d: retains %v bytes", test.variant, test.gc, got[profiler.Retained])
		}
	}
}

func TestPoolRejectsImpossibleTraces(t *testing.T) {
	for _, test := range []struct {
		name   string
		params map[string]any
		field  string // with a fault; "" if there is none
	}{
		{"defaults", nil, ""},
		{"all at once", map[string]any{"requests": 4, "open": 4}, ""},
		{"more open requests than requests", map[string]any{"requests": 3, "open": 4}, "open"},
		{"a million buffers", map[string]any{"requests": 1000, "goroutines": 32, "buffers": 32}, ""},
		{"four million", map[string]any{"requests": 1000, "goroutines": 64, "buffers": 64}, "requests"},
	} {
		_, faults := bufferPool.Resolve(test.params)
		if got := len(faults) > 0; got != (test.field != "") || got && faults.For(test.field) == "" {
			t.Errorf("%s: %v", test.name, faults)
		}
	}
}
