package builtin

import (
	"runtime"
	"runtime/debug"
	"testing"

	"heaplab/profiler"
)

// costsOf returns the costs of n operations, by unit.
func costsOf(t *testing.T, n int, op func()) map[string]float64 {
	t.Helper()
	read := newReader(t)
	before, err := read.read()
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		op()
	}
	after, err := read.read()
	if err != nil {
		t.Fatal(err)
	}
	return byUnit(after.costs(before, n, n))
}

func newReader(t *testing.T) *counterReader {
	t.Helper()
	read, err := newCounterReader()
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func byUnit(measurements []profiler.Measurement) map[string]float64 {
	values := map[string]float64{}
	for _, m := range measurements {
		values[m.Unit] = m.Value
	}
	return values
}

var garbage []byte

func TestCostsOfCollections(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	got := costsOf(t, 2, func() {
		for range 64 {
			garbage = make([]byte, 1<<20)
		}
	})
	if got[profiler.GCCycles] < 1 || got[profiler.GCCPU] <= 0 || got[profiler.GCPause] <= 0 {
		t.Errorf("collections = %v", got)
	}
	if got[profiler.HeapGoal] <= 0 || got[profiler.Headroom] > got[profiler.HeapGoal] {
		t.Errorf("goal %v, headroom %v", got[profiler.HeapGoal], got[profiler.Headroom])
	}
}

// Forced collections do not count: the measurement itself forces them. Without automatic ones there is
// no heap goal.
func TestCostsWithCollectionsOff(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	got := costsOf(t, 1, runtime.GC)
	if got[profiler.GCCycles] != 0 {
		t.Errorf("%v collections, want 0", got[profiler.GCCycles])
	}
	for _, unit := range []string{profiler.HeapGoal, profiler.Headroom} {
		if v, ok := got[unit]; ok {
			t.Errorf("%s = %v, want none", unit, v)
		}
	}
}

// Pauses are a total over all operations, also if only some of them were observed.
func TestPausesAreScaled(t *testing.T) {
	got := byUnit(counters{pause: 300, cycles: 6, minflt: 9}.costs(counters{pause: 100, cycles: 2, minflt: 1}, 4, 20))
	want := map[string]float64{profiler.GCPause: 1000, profiler.GCCycles: 1, profiler.MinorFaults: 2}
	for unit, value := range want {
		if got[unit] != value {
			t.Errorf("%s = %v, want %v", unit, got[unit], value)
		}
	}
}

func TestReadingCountersAllocatesNothing(t *testing.T) {
	read := newReader(t)
	if n := testing.AllocsPerRun(100, func() {
		read.cycles()
		if _, err := read.read(); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("a reading allocates %v times", n)
	}
}
