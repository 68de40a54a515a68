package child_test

import (
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/profilertest"
)

// memory returns a run of a variant of the case "memory".
func memory(kind profiler.RunKind, variant, benchtime string) launch {
	s := spec(kind, variant)
	s.Case, s.Config.Benchtime = "memory", benchtime
	return s
}

// A block that the first operation allocates does not count as allocated per operation, however few
// operations follow.
func TestFirstOperationIsApart(t *testing.T) {
	for _, benchtime := range []string{"1x", "2x", "5x", "50x"} {
		t.Run(benchtime, func(t *testing.T) {
			run := mustRun(t, memory(profiler.Measure, "grows", benchtime))
			near(t, run, profiler.FirstOp, profilertest.Block, 64)
			near(t, run, profiler.BytesPerOp, 0, 64)
			near(t, run, profiler.AllocsPerOp, 0, 0.5)
		})
	}
}

// Pages that the kernel maps once, in the first operation, are no faults of an operation. New pages are.
func TestPageFaultsOfAnOperation(t *testing.T) {
	near(t, mustRun(t, memory(profiler.Measure, "fills", "20x")), profiler.MinorFaults, 0, 1)
	near(t, mustRun(t, memory(profiler.Measure, "maps", "20x")), profiler.MinorFaults, profilertest.NewPages, 8)
}

// Memory that was dropped before the mark is not live. A finalizer or a sync.Pool keeps it until the second
// collection; a cleanup does not.
func TestDroppedMemoryIsNotLive(t *testing.T) {
	const dropped = float64(len(profilertest.Dropped{}))
	for _, test := range []struct {
		variant  string
		awaiting float64
	}{{"finalizer", dropped}, {"cleanup", 0}, {"pool", dropped}} {
		t.Run(test.variant, func(t *testing.T) {
			l := memory(profiler.Measure, test.variant, "3x")
			l.Config.GOGC = profiler.Off // a collection before the mark would be the first of the two
			run := mustRun(t, l)
			near(t, run, profiler.LiveHeap, 0, 64<<10)
			near(t, run, profiler.Awaiting, test.awaiting, 4096)
			near(t, run, profiler.MarkAnon, 0, dropped/4) // threads of the runtime need some

			l.Kind = profiler.Peak
			if inUse := mustRun(t, l).Profile.Summary.Totals.InuseSpace; inUse > 64<<10 {
				t.Errorf("the peak profile has %d B in use, want none of the %.0f that were dropped", inUse, dropped)
			}
		})
	}
}

// What another goroutine allocates is in the profile, and is listed apart from what operations allocate.
func TestAllocationsOfAnotherGoroutine(t *testing.T) {
	run := mustRun(t, memory(profiler.Allocs, "beside", "10x"))
	if run.SelfCheck == nil || !run.SelfCheck.OK {
		t.Fatalf("self-check = %+v", run.SelfCheck)
	}
	summary := run.Profile.Summary
	if summary.Outside == nil {
		t.Fatal("nothing is known about other goroutines")
	}
	blocks := run.Calls * profilertest.Block
	if got := summary.Outside.Totals.AllocSpace; got < blocks || got > blocks+4096 {
		t.Errorf("the goroutine allocated %d B, want %d", got, blocks)
	}
	if got := summary.Totals.AllocSpace; got < 2*blocks || got > 2*blocks+8192 {
		t.Errorf("the profile has %d B, want %d", got, 2*blocks)
	}
	first := summary.Outside.Functions[0]
	if !strings.HasSuffix(first.Name, "profilertest.allocate") || first.Flat.AllocSpace < blocks || first.Flat.AllocSpace > blocks+4096 {
		t.Errorf("first function = %+v, want allocate with %d B", first, blocks)
	}
}

// If operations allocate everything themselves, hardly anything is outside: the runtime allocates a little.
func TestNothingOutsideOfOperations(t *testing.T) {
	for _, variant := range []string{"all", "none"} {
		run := mustRun(t, spec(profiler.Allocs, variant))
		if outside := run.Profile.Summary.Outside; outside == nil || outside.Totals.AllocSpace > 1024 {
			t.Errorf("%s: outside = %+v", variant, outside)
		}
	}
}
