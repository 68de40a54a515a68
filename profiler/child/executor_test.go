package child_test

import (
	"context"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/child"
	"heaplab/profiler/profilertest"
	"heaplab/profiler/subject"
	"heaplab/profiler/subject/builtin"
)

func TestMain(m *testing.M) {
	child.RunTestWarden()
	child.RunTestLimit()
	if os.Getenv(parseAlone) != "" { // started and timed by BenchmarkIngest
		os.Exit(m.Run())
	}
	os.Exit(profilertest.Main(m))
}

// A launch is one run of a case of profilertest.
type launch struct {
	profiler.Task
	Case   string
	Params profiler.Params
	Config profiler.Config
	Calls  int64
}

// run runs l in a child.
func (l launch) run(ctx context.Context, s *builtin.Subject) (profiler.Run, error) {
	c := builtin.Find(s.Cases, l.Case)
	t, faults := c.NewTrial(profiler.Experiment{Kind: profiler.KindComparison, Config: l.Config}, l.Params)
	if len(faults) > 0 {
		return profiler.Run{}, faults
	}
	return s.Run(ctx, subject.Job{Experiment: t.Experiment, Task: l.Task, Calls: l.Calls})
}

func spec(kind profiler.RunKind, variant string) launch {
	return launch{
		Task:   profiler.Task{Kind: kind, Variant: variant},
		Case:   "known",
		Config: profiler.Config{Count: 1, Benchtime: "20x", GOGC: "100", TimeLimit: time.Minute, MemoryLimit: 256 << 20},
		Calls:  10,
	}
}

func mustRun(t *testing.T, s launch) profiler.Run {
	t.Helper()
	run, err := s.run(t.Context(), profilertest.Subject(t))
	if err != nil {
		t.Fatalf("%v\n%s", err, run.Output)
	}
	return run
}

func TestMeasureFindsKnownAllocations(t *testing.T) {
	for _, test := range []struct {
		variant string
		blocks  float64
	}{{"all", 4}, {"half", 2}, {"none", 0}} {
		t.Run(test.variant, func(t *testing.T) {
			run := mustRun(t, spec(profiler.Measure, test.variant))
			if run.Calls != 20 {
				t.Errorf("calls = %d, want 20", run.Calls)
			}
			near(t, run, profiler.BytesPerOp, test.blocks*profilertest.Block, max(64, 0.001*test.blocks*profilertest.Block))
			near(t, run, profiler.AllocsPerOp, test.blocks, 0.5)
			for _, unit := range []string{profiler.NsPerOp, profiler.PeakRSS, profiler.PeakAnon, profiler.PeakFile} {
				if v, ok := run.Value(unit); !ok || v <= 0 {
					t.Errorf("%s = %v, %v; want a positive value", unit, v, ok)
				}
			}
			if v, ok := run.Value(profiler.GCCycles); !ok || test.blocks == 0 && v != 0 {
				t.Errorf("gc-cycles/op = %v, %v; want none without allocations", v, ok)
			}
		})
	}
}

// near checks that a measurement is within an absolute tolerance.
func near(t *testing.T, run profiler.Run, unit string, want, tolerance float64) {
	t.Helper()
	got, ok := run.Value(unit)
	if !ok || math.Abs(got-want) > tolerance {
		t.Errorf("%s = %v, %v; want %v ± %v", unit, got, ok, want, tolerance)
	}
}

func TestLiveHeapAtMark(t *testing.T) {
	none, _ := ptr(mustRun(t, spec(profiler.Measure, "none"))).Value(profiler.LiveHeap)
	all, _ := ptr(mustRun(t, spec(profiler.Measure, "all"))).Value(profiler.LiveHeap)
	if got, want := all-none, 4.0*profilertest.Block; math.Abs(got-want) > 0.01*want {
		t.Errorf("live heap of four blocks = %v B over that of none, want %v", got, want)
	}
}

func ptr(r profiler.Run) *profiler.Run { return &r }

func TestAllocsProfileIsExact(t *testing.T) {
	run := mustRun(t, spec(profiler.Allocs, "half"))
	check := run.SelfCheck
	if check == nil || !check.OK || check.Calls != 10 || check.AllocSpace != check.TotalAlloc {
		t.Fatalf("self-check = %+v, want 10 calls and equal counts", check)
	}
	// Waiting for a collection allocates a little, in the function that waits.
	top := run.Profile.Summary.Functions[0]
	extra := top.Flat.AllocSpace - 20*profilertest.Block
	if !strings.HasSuffix(top.Name, "profilertest.allocate") || extra < 0 || extra > 4096 {
		t.Errorf("top function = %+v, want allocate with 20 blocks", top)
	}
	if len(run.Profile.SHA256) != 64 || int64(len(run.Profile.Gzip)) != run.Profile.GzipSize {
		t.Errorf("profile = %q with %d of %d bytes", run.Profile.SHA256, len(run.Profile.Gzip), run.Profile.GzipSize)
	}
}

// hundredBlocks is the memory of a hundred blocks, in bytes.
const hundredBlocks = 100 * profilertest.Block

// hundred returns a run of the variant that holds a hundred blocks at the mark.
func hundred(kind profiler.RunKind) launch {
	s := spec(kind, "all")
	s.Params = profiler.Params{"blocks": int64(100)}
	s.Config.MemoryLimit = 1 << 30
	return s
}

func TestLiveHeapOfKnownPeak(t *testing.T) {
	child.SkipInShort(t)
	near(t, mustRun(t, hundred(profiler.Measure)), profiler.LiveHeap, hundredBlocks, 0.001*hundredBlocks)
}

// A block fills whole pages. Resident memory also contains the runtime's metadata, for the size that the
// heap had between collections.
func TestMemoryAtMark(t *testing.T) {
	if child.RaceEnabled {
		t.Skip("the race detector has shadow memory for each byte of the heap")
	}
	l := hundred(profiler.Measure)
	l.Config.GOGC = "25" // on a busy machine, the heap between collections can grow far above its goal
	run := mustRun(t, l)
	for _, unit := range []string{profiler.MarkRSS, profiler.MarkAnon} {
		near(t, run, unit, 1.02*hundredBlocks, 0.03*hundredBlocks)
	}
	near(t, run, profiler.MarkFile, 0, 1<<20)
	near(t, run, profiler.Fragments, 1, 0.01)
}

// The total of the whole profile is correct, not only the function of the case.
func TestPeakProfileOfKnownPeak(t *testing.T) {
	run := mustRun(t, hundred(profiler.Peak))
	if got := run.Profile.Summary.Totals.InuseSpace; math.Abs(float64(got)-hundredBlocks) > 0.001*hundredBlocks {
		t.Errorf("in use at the mark = %d B, want %d within 0.1 %%", got, hundredBlocks)
	}
	for _, f := range run.Profile.Summary.Functions {
		if strings.HasSuffix(f.Name, "profilertest.allocate") {
			if extra := f.Flat.InuseSpace - hundredBlocks; extra < 0 || extra > 1024 {
				t.Errorf("in use by allocate = %d B, want a hundred blocks", f.Flat.InuseSpace)
			}
			return
		}
	}
	t.Errorf("no function allocate in %+v", run.Profile.Summary.Functions)
}

func TestPeakRunHasTimeline(t *testing.T) {
	run := mustRun(t, hundred(profiler.Peak))
	line := run.Timeline
	if line == nil {
		t.Fatal("there is no timeline")
	}
	n := len(line.T)
	if n < 2 || n > 400 || line.Samples < n || line.Interval <= 0 || line.Ops != run.Calls || line.Cost <= 0 {
		t.Errorf("%d points of %d samples every %v over %d of %d operations, at %v of a processor",
			n, line.Samples, line.Interval, line.Ops, run.Calls, line.Cost)
	}
	for name, series := range map[string][]int64{"heap": line.Heap, "live": line.Live, "anon": line.Anon, "file": line.File} {
		if len(series) != n {
			t.Errorf("%s has %d values at %d times", name, len(series), n)
		}
		if least := slices.Min(series); least < 0 || least == 0 && name != "live" {
			t.Errorf("%s falls to %d", name, least)
		}
	}
	for i := 1; i < n; i++ {
		if line.T[i] <= line.T[i-1] {
			t.Errorf("%v ms comes after %v ms", line.T[i], line.T[i-1])
		}
	}
	if line.Mark != line.T[n-1] {
		t.Errorf("the mark is at %v ms, want the last sample, at %v ms", line.Mark, line.T[n-1])
	}
	if held := line.Heap[n-1]; held < hundredBlocks {
		t.Errorf("heap at the mark = %d B, want at least the %d that are held", held, hundredBlocks)
	}
}

func TestFitReportsEpochs(t *testing.T) {
	run := mustRun(t, spec(profiler.FitRun, "all"))
	if run.Fit == nil || len(run.Fit.Epochs) != 3 || run.Fit.Weights == "" || run.Fit.TotalAlloc == 0 {
		t.Errorf("fit = %+v, want three epochs, weights and bytes", run.Fit)
	}
}

// The peak of a child does not include the memory of the server that starts it.
func TestPeakRSSExcludesServer(t *testing.T) {
	alone, _ := ptr(mustRun(t, spec(profiler.Measure, "none"))).Value(profiler.PeakRSS)
	ballast := make([]byte, 400<<20)
	for i := 0; i < len(ballast); i += 4096 {
		ballast[i] = 1
	}
	beside, _ := ptr(mustRun(t, spec(profiler.Measure, "none"))).Value(profiler.PeakRSS)
	runtime.KeepAlive(ballast)
	if math.Abs(beside-alone) > 5<<20 {
		t.Errorf("peak RSS = %v beside a parent of %d MiB, %v alone", beside, len(ballast)>>20, alone)
	}
}
