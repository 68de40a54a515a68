package cases

import (
	"math"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/subject/builtin"
)

// memoryAtMark is the heap in use at the mark of an op after some others, in bytes, less what was
// in use before set-up.
func memoryAtMark(t *testing.T, v *builtin.Variant, in builtin.Input) float64 {
	t.Helper()
	before := heapAfter(2)
	work, err := v.Setup(in)
	if err != nil {
		t.Fatal(err)
	}
	defer work.Close()
	var held uint64
	for range 3 {
		if err := work.Op(func() { held = heapAfter(1) }); err != nil {
			t.Fatal(err)
		}
	}
	return float64(held) - float64(before)
}

// What requests hold and pools keep is what theory says.
func TestPoolMemory(t *testing.T) {
	p, faults := bufferPool.Resolve(map[string]any{"largest": 1024, "requests": 8})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	in := builtin.Input{Params: p}
	fresh := memoryAtMark(t, bufferPool.Baseline(), in)
	checked := 0
	for _, prediction := range bufferPool.Predict(p) {
		if prediction.Unit != profiler.LiveHeap {
			continue
		}
		checked++
		got := fresh / memoryAtMark(t, bufferPool.Variant(prediction.Variant), in)
		if math.Abs(got/float64(prediction.Ratio)-1) > 0.05 {
			t.Errorf("%s holds %.3f times less, predicted was %.3f", prediction.Variant, got, prediction.Ratio)
		}
	}
	if checked != 2 {
		t.Errorf("%d predictions of the live heap", checked)
	}
}

// Pools miss nothing, but for a sync.Pool after two collections; and only that one and the heap
// hold nothing after a burst.
func TestPoolMissesAndRetained(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector has sync.Pool drop what is put back, at random")
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
		// Another processor's private place holds a buffer of each class at the most.
		if missed := got[profiler.PoolMisses] > 10; missed != test.misses {
			t.Errorf("%s, gc=%d: %v misses an op", test.variant, test.gc, got[profiler.PoolMisses])
		}
		if retained := got[profiler.Retained] > 512<<10; retained != test.retain {
			t.Errorf("%s, gc=%d: retains %v bytes", test.variant, test.gc, got[profiler.Retained])
		}
	}
}

func TestPoolRefusesTracesThatCannotBe(t *testing.T) {
	for _, test := range []struct {
		name   string
		params map[string]any
		field  string // with a fault; "" where there is none
	}{
		{"defaults", nil, ""},
		{"all at once", map[string]any{"requests": 4, "open": 4}, ""},
		{"more at once than there are", map[string]any{"requests": 3, "open": 4}, "open"},
		{"a million buffers", map[string]any{"requests": 1000, "goroutines": 32, "buffers": 32}, ""},
		{"four million", map[string]any{"requests": 1000, "goroutines": 64, "buffers": 64}, "requests"},
	} {
		_, faults := bufferPool.Resolve(test.params)
		if got := len(faults) > 0; got != (test.field != "") || got && faults.For(test.field) == "" {
			t.Errorf("%s: %v", test.name, faults)
		}
	}
}
