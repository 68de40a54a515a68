package main

import (
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/perf/benchfmt"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/report"
)

// The numbers of a real case, preallocation, are right.
func TestPreallocation(t *testing.T) {
	slow(t)
	d := startDashboard(t, t.TempDir())
	start := time.Now()
	d.post("/api/v1/experiments", `{"case":"preallocation","params":{"batch":32},"count":6,"benchtime":"20x"}`)
	rep := d.await(1, ended)
	t.Logf("the experiment took %v", time.Since(start).Round(100*time.Millisecond))
	if rep.State != profiler.Done {
		t.Fatalf("state = %s: %s", rep.State, rep.Error)
	}

	t.Run("no allocations are left", func(t *testing.T) {
		bytes := rep.Comparison("preallocated", profiler.BytesPerOp)
		if bytes.Baseline.Center < 50*bytes.Value.Center || bytes.Verdict != report.Better {
			t.Errorf("B/op = %+v, want at least 50 times less", bytes)
		}
		allocs := rep.Comparison("preallocated", profiler.AllocsPerOp)
		if allocs.Value.Center >= 1 || allocs.Verdict != report.Better {
			t.Errorf("allocs/op = %+v, want less than 1", allocs)
		}
	})
	t.Run("the variants do the same work", func(t *testing.T) {
		for _, v := range rep.Variants {
			if v.Fit == nil || v.Fit.Weights != rep.Variants[0].Fit.Weights || len(v.Fit.Epochs) != 10 {
				t.Fatalf("fit of %s = %+v", v.Name, v.Fit)
			}
			if last := v.Fit.Epochs[9]; last.Accuracy < 0.9 {
				t.Errorf("accuracy of %s = %v after the fit", v.Name, last.Accuracy)
			}
		}
	})
	t.Run("pprof reads the profiles and agrees", func(t *testing.T) {
		if len(rep.Profiles) != 6 {
			t.Fatalf("%d profiles, want two of each variant", len(rep.Profiles))
		}
		for _, p := range rep.Profiles {
			if p.Kind == profiler.Allocs && (p.SelfCheck == nil || !p.SelfCheck.OK) {
				t.Errorf("self-check of %s = %+v", p.Variant, p.SelfCheck)
			}
			checkPprof(t, p)
		}
	})
	t.Run("the source page marks the line that allocates", func(t *testing.T) { checkSourceLine(t, d, rep) })
	t.Run("profiles and medians agree", func(t *testing.T) {
		for _, v := range rep.Variants {
			p := rep.Profile(v.Name, profiler.Allocs)
			inProfile, perOp := float64(p.Summary.Totals.AllocSpace)/float64(p.Calls), median(v.Samples[profiler.BytesPerOp])
			if math.Abs(inProfile-perOp) > max(64, 0.001*perOp) {
				t.Errorf("%s: %v B/op in the profile, the median is %v", v.Name, inProfile, perOp)
			}
		}
	})
	t.Run("go test agrees", func(t *testing.T) { agreesWithGoTest(t, rep) })
}

// The buffer of resize grows in the first operation only, however many operations follow.
func TestBenchtimeDoesNotChangeBytesPerOperation(t *testing.T) {
	slow(t)
	d := startDashboard(t, t.TempDir())
	var firstOps, fresh []float64
	for i, benchtime := range []string{"5x", "50x"} {
		d.post("/api/v1/experiments", `{"case":"preallocation","params":{"batch":8},"count":2,"benchtime":"`+benchtime+`"}`)
		rep := d.await(i+1, ended)
		if rep.State != profiler.Done {
			t.Fatalf("state = %s: %s", rep.State, rep.Error)
		}
		of := func(variant, unit string) float64 {
			i := slices.IndexFunc(rep.Variants, func(v report.VariantReport) bool { return v.Name == variant })
			return median(rep.Variants[i].Samples[unit])
		}
		if got := of("resize", profiler.BytesPerOp); got >= 64 {
			t.Errorf("at %s: resize has %v B/op, want less than 64", benchtime, got)
		}
		firstOps = append(firstOps, of("resize", profiler.FirstOp))
		fresh = append(fresh, of("fresh", profiler.BytesPerOp))
	}
	if firstOps[0] < 1<<20 || math.Abs(firstOps[0]-firstOps[1]) > 0.001*firstOps[0] { // the runtime may allocate meanwhile
		t.Errorf("the first operation of resize allocates %v B, want the same buffer of more than 1 MiB", firstOps)
	}
	if math.Abs(fresh[0]-fresh[1]) > 0.001*fresh[0] {
		t.Errorf("fresh has %v B/op, want the same", fresh)
	}
}

// checkPprof compares the totals of a profile with those of go tool pprof.
func checkPprof(t *testing.T, p report.ProfileReport) {
	t.Helper()
	cmd := exec.Command("go", "tool", "pprof", "-raw", p.URL)
	cmd.Env = append(cmd.Environ(), "PPROF_TMPDIR="+t.TempDir())
	out, err := cmd.CombinedOutput()
	_, samples, found := strings.Cut(string(out), "\nSamples:\n")
	samples, _, _ = strings.Cut(samples, "\nLocations\n")
	if err != nil || !found {
		t.Errorf("pprof of the %s profile of %s: %v\n%.2000s", p.Kind, p.Variant, err, out)
		return
	}
	var got heap.Values
	for line := range strings.Lines(samples) {
		var v heap.Values
		if n, _ := fmt.Sscan(line, &v.AllocObjects, &v.AllocSpace, &v.InuseObjects, &v.InuseSpace); n == 4 {
			got.AllocObjects += v.AllocObjects
			got.AllocSpace += v.AllocSpace
			got.InuseObjects += v.InuseObjects
			got.InuseSpace += v.InuseSpace
		}
	}
	if want := p.Summary.Totals; got != want {
		t.Errorf("totals of the %s profile of %s: pprof has %+v, the report %+v", p.Kind, p.Variant, got, want)
	}
}

// agreesWithGoTest runs the same case with the same params under plain go test, whose values are means of the
// first operation and the others.
func agreesWithGoTest(t *testing.T, rep report.Report) {
	const ops = 20
	cmd := exec.Command("go", "test", "heaplab/profiler/cases", "-run", "^$", "-bench", "Cases/preallocation/",
		"-benchmem", "-benchtime", fmt.Sprint(ops, "x"), "-count", "6", "-params", rep.Params.String())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go test: %v\n%s", err, out)
	}
	samples := map[string][]float64{} // by variant and unit
	reader := benchfmt.NewReader(strings.NewReader(string(out)), "go test")
	for reader.Scan() {
		result, ok := reader.Result().(*benchfmt.Result)
		if !ok {
			continue
		}
		_, variant, _ := strings.Cut(strings.TrimPrefix(string(result.Name.Full()), "Cases/"), "/")
		variant, _, _ = strings.Cut(variant, "-") // without GOMAXPROCS
		for _, v := range result.Values {
			samples[variant+" "+v.Unit] = append(samples[variant+" "+v.Unit], v.Value)
		}
	}
	if err := reader.Err(); err != nil {
		t.Fatal(err)
	}
	for _, v := range rep.Variants {
		bytes := (median(v.Samples[profiler.FirstOp]) + (ops-1)*median(v.Samples[profiler.BytesPerOp])) / ops
		for _, test := range []struct {
			unit        string
			ours, slack float64
		}{
			{profiler.BytesPerOp, bytes, 64},
			// go test cuts off fractions, and the first operation makes less than ops allocations more.
			{profiler.AllocsPerOp, median(v.Samples[profiler.AllocsPerOp]), 1},
		} {
			theirs := samples[v.Name+" "+test.unit]
			if len(theirs) != 6 {
				t.Fatalf("go test gave %d values of %s of %s:\n%s", len(theirs), test.unit, v.Name, out)
			}
			if diff := math.Abs(test.ours - median(theirs)); diff > max(0.001*test.ours, test.slack) {
				t.Errorf("%s of %s: go test says %v, the report %v", test.unit, v.Name, theirs, test.ours)
			}
		}
	}
}

func median(values []float64) float64 { return float64(report.NewInterval(values).Center) }

const long = `{"case":"preallocation","params":{"examples":60000,"epochs":1},"count":3,"benchtime":"1x"}`

// No experiment stays running after its server has ended.
func TestServerEndsWhileAnExperimentRuns(t *testing.T) {
	slow(t)
	for _, test := range []struct {
		name string
		end  func(*dashboard) error
		want string // part of the reason
	}{
		{"told to", (*dashboard).stop, "was stopped"},
		{"killed", func(d *dashboard) error {
			defer d.cmd.Wait()
			return d.cmd.Process.Kill()
		}, "ended while"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := startDashboard(t, t.TempDir())
			d.post("/api/v1/experiments", long)
			d.await(1, func(r report.Report) bool { return r.State == profiler.Running })
			child := childOf(t, d.cmd.Process.Pid)
			if err := test.end(d); err != nil {
				t.Errorf("the server ended with %v\n%s", err, d.log)
			}
			if !exited(child) {
				t.Errorf("child %s outlived the server", child)
			}
			again := startDashboard(t, d.data)
			rep := again.await(1, func(report.Report) bool { return true })
			if rep.State != profiler.Interrupted || !strings.Contains(rep.Error, test.want) {
				t.Errorf("after the restart it is %s: %q", rep.State, rep.Error)
			}
			if left, _ := filepath.Glob(filepath.Join(d.data, "runs", "*")); len(left) > 0 {
				t.Errorf("folders left: %v", left)
			}
		})
	}
}

// childOf waits until a process has a child, and returns the folder of the child in /proc.
func childOf(t *testing.T, pid int) string {
	t.Helper()
	for range 3000 {
		lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
		for _, list := range lists {
			if pids := strings.Fields(readFile(list)); len(pids) > 0 {
				return "/proc/" + pids[0]
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("no child was started")
	return ""
}

// exited waits until a process has ended. It may still be a zombie.
func exited(proc string) bool {
	for range 3000 {
		if stat := readFile(proc + "/stat"); stat == "" || strings.Contains(stat, ") Z ") {
			return true
		}
		time.Sleep(20 * time.Millisecond)
	}
	return false
}

// Cancel kills the running child, and the report has the runs so far.
func TestCancelWhileRunning(t *testing.T) {
	slow(t)
	d := startDashboard(t, t.TempDir())
	d.post("/api/v1/experiments", long)
	d.await(1, func(r report.Report) bool { return r.RunsDone > 0 })
	child := childOf(t, d.cmd.Process.Pid)
	if err := (client{base: d.url}).cancel(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	rep := d.await(1, ended)
	if rep.State != profiler.Canceled || len(rep.Variants[0].Samples) == 0 || !slices.ContainsFunc(rep.Warnings, func(w string) bool {
		return strings.Contains(w, "did not finish")
	}) {
		t.Errorf("report = %s, %v, %q", rep.State, rep.Variants[0].Samples, rep.Warnings)
	}
	if !exited(child) {
		t.Errorf("child %s still runs", child)
	}
}
