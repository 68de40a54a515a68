package child

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"heaplab/profiler"
)

func TestParseGCTrace(t *testing.T) {
	for _, test := range []struct {
		name, line string
		want       bool
		live       int64 // MiB
		cpu        float64
	}{
		{"Go 1.6", "gc 1 @0.045s 4%: 0.085+1.2+0.19 ms clock, 0.17+0/1.1/0.61+0.39 ms cpu, 4->4->3 MB, 5 MB goal, 4 P\n", true, 3, 0.17 + 1.1 + 0.39},
		{"Go 1.17, forced", "gc 3 @0.102s 1%: 0.018+0.24+0.002 ms clock, 0.037+0/0.13/0.14+0.004 ms cpu, 0->0->0 MB, 4 MB goal, 2 P (forced)\n", true, 0, 0.037 + 0.13 + 0.004},
		{"Go 1.18 and later", "gc 7 @0.044s 4%: 0.02+1.1+0.003 ms clock, 0.05+0.3/0.9/0+0.006 ms cpu, 7->8->5 MB, 8 MB goal, 0 MB stacks, 0 MB globals, 2 P\n", true, 5, 0.05 + 0.3 + 0.9 + 0.006},
		{"large numbers", "gc 12345 @86400.001s 25%: 12+1500+3 ms clock, 48+2000/3000/1+12 ms cpu, 70000->80000->65536 MB, 81000 MB goal, 1 MB stacks, 12 MB globals, 64 P\n", true, 65536, 48 + 2000 + 3000 + 12},
		{"without a newline", "gc 1 @0.045s 4%: 0.085+1.2+0.19 ms clock, 0.17+0/1.1/0.61+0.39 ms cpu, 4->4->3 MB, 5 MB goal, 4 P", true, 3, 1.66},
		{"Go 1.5, with five phases", "gc 1 @0.012s 2%: 0.026+0.39+0.10+0.10+0.15 ms clock, 0.10+0.39+0+0.17/0.02/0.22+0.45 ms cpu, 4->4->2 MB, 4 MB goal, 4 P\n", false, 0, 0},
		{"Go 1.4", "gc1(1): 0+0+0+0 us, 0 -> 0 MB, 21 (22-1) objects, 3 goroutines, 15/0/0 sweeps, 0(0) handoff, 0(0) steal, 0/0/0 yields\n", false, 0, 0},
		{"the scavenger", "scvg: 0 MB released\n", false, 0, 0},
		{"the pacer", "pacer: assist ratio=+1.2e+000 (scan 0 MB in 3->4 MB) workers=1++0.000000e+000\n", false, 0, 0},
		{"cut off", "gc 7 @0.044s 4%: 0.02+1.1+0.003 ms clock, 0.05+0.3/0.9/0+0.006 ms cpu, 7->8\n", false, 0, 0},
		{"other output in front", "loading gc 7 @0.044s 4%: 0.02+1.1+0.003 ms clock, 0.05+0.3/0.9/0+0.006 ms cpu, 7->8->5 MB, 8 MB goal, 2 P\n", false, 0, 0},
		{"other output in between", "gc 7 @0.044s 4%: 0.02+1.1+0.003 ms cloloaded\n", false, 0, 0},
		{"not a number", "gc 7 @0.044s 4%: 0.02+1.1+0.003 ms clock, NaN+0.3/0.9/0+0.006 ms cpu, 7->8->5 MB, 8 MB goal, 2 P\n", false, 0, 0},
		{"infinite", "gc 7 @0.044s 4%: 0.02+1.1+0.003 ms clock, 0.05+0.3/Inf/0+0.006 ms cpu, 7->8->5 MB, 8 MB goal, 2 P\n", false, 0, 0},
		{"negative time", "gc 7 @0.044s 4%: 0.02+1.1+0.003 ms clock, -9+0.3/0.9/0+0.006 ms cpu, 7->8->5 MB, 8 MB goal, 2 P\n", false, 0, 0},
		{"negative size", "gc 7 @0.044s 4%: 0.02+1.1+0.003 ms clock, 0.05+0.3/0.9/0+0.006 ms cpu, 7->8->-5 MB, 8 MB goal, 2 P\n", false, 0, 0},
		{"more than any machine has", "gc 7 @0.044s 4%: 0.02+1.1+0.003 ms clock, 0.05+0.3/0.9/0+0.006 ms cpu, 7->8->9223372036854775807 MB, 8 MB goal, 2 P\n", false, 0, 0},
		{"text", "gc is on\n", false, 0, 0},
		{"empty line", "\n", false, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var trace gcTrace
			if got := trace.parse(test.line); got != test.want {
				t.Fatalf("parsed = %v, want %v", got, test.want)
			}
			if trace.live != test.live || math.Abs(trace.cpu-test.cpu) > 1e-9 || trace.cycles > 1 {
				t.Errorf("live = %d MiB, cpu = %v ms, cycles = %d; want %d and %v", trace.live, trace.cpu, trace.cycles, test.live, test.cpu)
			}
		})
	}
}

// Output that is not a line of the trace is passed on, and does not hide the lines after it.
func TestGCTracePassesOnOtherOutput(t *testing.T) {
	line := func(n int, live int) string {
		return fmt.Sprintf("gc %d @0.044s 4%%: 0.02+1.1+0.003 ms clock, 1+2/3/4+5 ms cpu, 7->8->%d MB, 8 MB goal, 0 MB stacks, 0 MB globals, 2 P\n", n, live)
	}
	long := strings.Repeat("x", 200<<10)
	others := []string{"hello\n", "gc is on\n", "gc 3 @0.1s 2%: 0.02+hello\n", "1.1+0.003 ms clock\n", long + "\n", "\n", "bye"}
	var rest bytes.Buffer
	trace, err := newGCTrace(&rest)
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range others[:len(others)-1] {
		if _, err := io.WriteString(trace.in, text+line(i, 10-i)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := io.WriteString(trace.in, others[len(others)-1]); err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, m := range trace.end() {
		got[m.Unit] = m.Value
	}
	if rest.String() != strings.Join(others, "") {
		t.Errorf("passed on %d bytes: %.300q", rest.Len(), rest.String())
	}
	if got[profiler.Collections] != 6 || got[profiler.TraceLive] != 10<<20 || math.Abs(got[profiler.GCCPU]-6*0.011) > 1e-9 {
		t.Errorf("measurements = %v, want 6 collections, 10 MiB and 0.066 s", got)
	}
}

func TestGCTraceWithoutCollections(t *testing.T) {
	trace, err := newGCTrace(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if got := trace.end(); got != nil {
		t.Errorf("measurements = %v, want none", got)
	}
}
