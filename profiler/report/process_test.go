package report

import (
	"math"
	"strings"
	"testing"

	"heaplab/profiler/heap"
)

// What a process allocated between two profiles has the error of that part alone.
func TestErrorBetweenProfilesOfOneProcess(t *testing.T) {
	before, after := summary(t, "leak-before"), summary(t, "leak-after")
	before.Process, after.Process = "p", "p"
	after.Time = before.Time + 1
	after.Totals.AllocSpace = before.Totals.AllocSpace + 1<<20
	before.Error.AllocSpace, after.Error.AllocSpace = 300, 500
	r := importOf(before, after)
	if got := differenceError(r, heap.AllocSpace, 300, 500); got != 400 {
		t.Errorf("error of allocated bytes %v, want 400", got)
	}
	if got := differenceError(r, heap.InuseSpace, 300, 400); got != 500 {
		t.Errorf("error of bytes in use %v, want 500", got)
	}
	if got := differenceError(r, heap.AllocSpace, 500, 300); got != 0 || math.IsNaN(got) {
		t.Errorf("error that rounding makes smaller: %v", got)
	}
	before.Duration, after.Duration = 6e10, 6e10
	if r := importOf(before, after); Apart(r) != 0 || strings.Contains(strings.Join(r.Warnings, " "), "one process") {
		t.Error("profiles of two minutes are taken for the whole of a process")
	}
}

// If only allocations are known, they lead also between two profiles of one process.
func TestLeadOfAllocationsAlone(t *testing.T) {
	before, after := allocated(1, 10<<20), allocated(1, 30<<20)
	before.Process, after.Process = "p", "p"
	before.Time, after.Time = 1, 2
	if typ := LeadingType(importOf(before, after)); typ != heap.AllocSpace {
		t.Errorf("leads with %q", typ)
	}
}

// A condition about a function finds its name before.
func TestGateOfJoinedFunction(t *testing.T) {
	before, after := sideOf("baseline", 0, 20), sideOf("variant", 0, 20)
	before.Summary.Functions = []heap.Function{{Name: "main.load.func1", Flat: heap.Values{InuseSpace: 10 << 20}}}
	after.Summary.Functions = []heap.Function{{Name: "main.load.func2", Flat: heap.Values{InuseSpace: 10 << 20}}}
	r := importReport("", nil, before, after)
	g, err := ParseGate("func:main.load.func2 inuse_space>+1MiB")
	if err != nil {
		t.Fatal(err)
	}
	if o, err := g.Judge(r); err != nil || !o.Holds {
		t.Errorf("not joined: %+v, %v", o, err)
	}
	r.Profiles[1].Joined = []JoinedFunction{{Name: "main.load.func2", Was: "main.load.func1"}}
	if o, err := g.Judge(r); err != nil || o.Holds {
		t.Errorf("joined: %+v, %v", o, err)
	}
}
