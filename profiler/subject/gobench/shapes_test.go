package gobench_test

import (
	"math"
	"strings"
	"testing"

	"heaplab/profiler"
)

// A shape is a benchmark of a form that is hard to measure, with what an operation allocates.
type shape struct {
	name          string
	bytes, allocs float64
	within        float64 // bytes more or less than usual
}

var allShapes = []shape{
	{"Count", 1024, 1, 0},
	{"SetUp", 2048, 1, 0},
	{"SetUpStopped", 2048, 1, 0},
	{"SetUpOfCount", 1024, 1, 0},
	{"Loop", 4096, 1, 0},
	{"Parallel", 584, 3, 64},
	{"StopTimer", 1024, 1, 0},
	{"ReportMetric", 64, 1, 0},
	{"Sub/n=256", 256, 1, 0},
	{"Cleanup", 128, 1, 0},
	{"Tiny", 4, 1, 0},
	{"Strings", 4096, 4, 0},
	{"Goroutines", 2772, 33, 500},
}

// The profile of each shape has exactly the bytes that the runtime counted.
func TestShapes(t *testing.T) {
	skipUnderRace(t)
	m := shapes(t)
	for _, s := range allShapes {
		t.Run(s.name, func(t *testing.T) { s.measure(t, m) })
	}
}

// measure checks what a benchmark of this shape allocates, and returns the runs that measured it.
func (s *shape) measure(t *testing.T, m module) (measured, allocs profiler.Run) {
	t.Helper()
	b, err := launch(t, m, "^Benchmark"+strings.ReplaceAll(s.name, "/", "$/^")+"$", "HEAD", "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	measured, allocs = b.run(profiler.Measure, "before"), b.run(profiler.Allocs, "before")
	bytes, _ := measured.Value(profiler.BytesPerOp)
	if slack := max(64, s.bytes/1000) + s.within; math.Abs(bytes-s.bytes) > slack {
		t.Errorf("B/op = %v, want %v within %v", bytes, s.bytes, slack)
	}
	if count, _ := measured.Value(profiler.AllocsPerOp); math.Abs(count-s.allocs) > 0.5+s.within/64 {
		t.Errorf("allocs/op = %v, want %v", count, s.allocs)
	}
	c := allocs.SelfCheck
	if c == nil || !c.OK {
		for _, f := range allocs.Profile.Summary.Functions {
			t.Logf("%s: %d B in %d objects", f.Name, f.Flat.AllocSpace, f.Flat.AllocObjects)
		}
		t.Fatalf("self-check %+v", c)
	}
	if per := float64(c.TotalAlloc) / float64(c.Calls); math.Abs(per-bytes) > max(64, bytes/1000)+s.within {
		t.Errorf("the profile has %v B/op, and the benchmark %v", per, bytes)
	}
	for _, f := range allocs.Profile.Summary.Functions {
		if strings.HasPrefix(f.Name, "testing.heaplab") || strings.HasPrefix(f.File, "/tmp") {
			t.Errorf("the profile has %s in %s", f.Name, f.File)
		}
	}
	return measured, allocs
}

// The live heap is a lower bound that is close to the truth.
func TestLiveHeap(t *testing.T) { measureLiveHeap(t, shapes(t)) }

// measureLiveHeap checks the largest live heap of a benchmark that keeps 100 MiB in use, and returns it in bytes.
func measureLiveHeap(t *testing.T, m module) float64 {
	t.Helper()
	b, err := launch(t, m, "^BenchmarkPeak$", "HEAD", "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	const truth = 100 << 20
	run := b.run(profiler.Measure, "before")
	live, _ := run.Value(profiler.LiveHeap)
	if live < 0.95*truth || live > 1.001*truth {
		t.Errorf("live heap = %.1f MiB, want 95 to 100", live/(1<<20))
	}
	peak := b.run(profiler.Peak, "before")
	if in := float64(peak.Profile.Summary.Totals.InuseSpace); in < 0.95*truth || in > 1.001*truth {
		t.Errorf("the profile has %.1f MiB in use, want 95 to 100", in/(1<<20))
	}
	if name := peak.Profile.Summary.Functions[0].Name; name != "example.com/shapes.BenchmarkPeak" {
		t.Errorf("most memory is in use by %s", name)
	}
	return live
}
