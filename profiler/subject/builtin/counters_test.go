package builtin

import (
	"os"
	"runtime"
	"runtime/debug"
	"testing"

	"golang.org/x/sys/unix"

	"heaplab/profiler"
)

// countersDuring returns the measurements of n operations, by unit.
func countersDuring(t *testing.T, n int, op func()) map[string]float64 {
	t.Helper()
	before, err := readCounters()
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		op()
	}
	after, err := readCounters()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, m := range after.since(before, n) {
		values[m.Unit] = m.Value
	}
	return values
}

func TestCountersOfPageFaults(t *testing.T) {
	const pages = 64
	got := countersDuring(t, 4, func() {
		memory, err := unix.Mmap(-1, 0, pages*os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(memory); i += os.Getpagesize() {
			memory[i] = 1
		}
		if err := unix.Munmap(memory); err != nil {
			t.Fatal(err)
		}
	})
	if faults := got[profiler.MinorFaults]; faults < pages || faults > 4*pages {
		t.Errorf("%v faults per operation, want about %d", faults, pages)
	}
}

var garbage []byte

func TestCountersOfCollections(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	got := countersDuring(t, 2, func() {
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
func TestCountersWithCollectionsOff(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	got := countersDuring(t, 1, runtime.GC)
	if got[profiler.GCCycles] != 0 {
		t.Errorf("%v collections, want 0", got[profiler.GCCycles])
	}
	for _, unit := range []string{profiler.HeapGoal, profiler.Headroom} {
		if v, ok := got[unit]; ok {
			t.Errorf("%s = %v, want none", unit, v)
		}
	}
}
