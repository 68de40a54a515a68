package gobench_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"

	"heaplab/profiler"
)

var overhead = flag.Int("overhead", 0, "compare the times of benchmarks with those of go test, in that many pairs of runs")

// mostOverhead is how much longer an operation may take than with go test.
const mostOverhead = 0.01

// overheadCode has benchmarks that report their processor time, which varies less than ns/op on a busy machine.
const overheadCode = `package overhead

import (
	"syscall"
	"testing"
)

var sum uint64

func work() {
	x := uint64(88172645463325252)
	for range 2000 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	sum += x
}

func cpu() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return float64(u.Utime.Nano() + u.Stime.Nano())
}

func report(b *testing.B, began float64) { b.ReportMetric((cpu()-began)/float64(b.N), "cpu-ns/op") }

func BenchmarkCount(b *testing.B) {
	began := cpu()
	for range b.N {
		work()
	}
	report(b, began)
}

func BenchmarkLoop(b *testing.B) {
	began := cpu()
	for b.Loop() {
		work()
	}
	report(b, began)
}

func BenchmarkAllocates(b *testing.B) {
	began := cpu()
	for range b.N {
		kept = make([]byte, 1024)
		work()
	}
	report(b, began)
}

var kept []byte

func BenchmarkStopTimer(b *testing.B) {
	began := cpu()
	for range b.N {
		b.StopTimer()
		b.StartTimer()
		work()
	}
	report(b, began)
}
`

// An operation takes as long as with go test: in pairs of runs, one after the other, the median ratio is at most 1 %
// from 1, with a confidence of 95 %. A benchmark that stops its timer in each operation spends more processor time,
// but not while the timer runs.
func TestOverhead(t *testing.T) {
	if *overhead == 0 {
		t.Skip("takes several minutes: run make overhead")
	}
	m := newModule(t, map[string]string{"go.mod": "module example.com/overhead\n\ngo 1.24\n", "overhead_test.go": overheadCode})
	plain := filepath.Join(t.TempDir(), "plain")
	build := exec.Command("go", "test", "-c", "-o", plain)
	build.Dir = m.dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	config := testConfig(time.Minute)
	config.Benchtime, config.GOMAXPROCS = "400ms", 1
	var table strings.Builder
	for _, name := range []string{"Count", "Loop", "Allocates", "StopTimer"} {
		t.Run(name, func(t *testing.T) {
			pattern := "^Benchmark" + name + "$"
			b, err := launchWith(t, m, config, pattern, "HEAD", "HEAD")
			if err != nil {
				t.Fatal(err)
			}
			n := b.run(profiler.Measure, "before").Calls
			ratios := map[string][]float64{}
			for i := range *overhead {
				var own profiler.Run
				var other map[string]float64
				if i%2 == 0 {
					own = b.run(profiler.Measure, "before")
				}
				other = runPlain(t, m, plain, pattern, n, config)
				if i%2 != 0 {
					own = b.run(profiler.Measure, "before")
				}
				for _, unit := range []string{profiler.NsPerOp, "cpu-ns/op"} {
					value, _ := own.Value(unit)
					ratios[unit] = append(ratios[unit], value/other[unit])
				}
			}
			wall, cpu := middle(ratios[profiler.NsPerOp]), middle(ratios["cpu-ns/op"])
			fmt.Fprintf(&table, "| %s [%d] | %s | %s |\n", name, n, percent(wall), percent(cpu))
			t.Logf("ns/op %s, processor time %s", percent(wall), percent(cpu))
			shown := cpu
			if name == "StopTimer" { // its processor time includes that of stopping the timer
				shown = wall
			}
			if shown.Lo < 1-mostOverhead || shown.Hi > 1+mostOverhead {
				t.Errorf("not shown to be within %.0f %%: %s", 100*mostOverhead, percent(shown))
			}
		})
	}
	t.Logf("%d pairs: how much longer an operation takes than with go test, median and 95%% interval\n\n| benchmark [operations] | ns/op | processor time |\n|---|---|---|\n%s", *overhead, table.String())
}

func middle(ratios []float64) benchmath.Summary {
	return benchmath.AssumeNothing.Summary(benchmath.NewSample(ratios, &benchmath.DefaultThresholds), 0.95)
}

func percent(s benchmath.Summary) string {
	return fmt.Sprintf("%+.2f %% (%+.2f to %+.2f)", 100*(s.Center-1), 100*(s.Lo-1), 100*(s.Hi-1))
}

// runPlain runs n operations of a benchmark as go test does, and returns its values by unit.
func runPlain(t *testing.T, m module, binary, pattern string, n int64, c profiler.Config) map[string]float64 {
	t.Helper()
	cmd := exec.Command(binary, "-test.run=^$", "-test.bench="+pattern, fmt.Sprintf("-test.benchtime=%dx", n), "-test.benchmem")
	cmd.Dir = m.dir
	cmd.Env = append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", c.GOMAXPROCS), "GOGC="+c.GOGC, "GOMEMLIMIT="+c.GOMEMLIMIT)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	values := map[string]float64{}
	results := benchfmt.NewReader(bytes.NewReader(out), "")
	for results.Scan() {
		if r, ok := results.Result().(*benchfmt.Result); ok {
			for _, v := range r.Values {
				values[v.Unit] = v.Value
				if v.OrigUnit != "" { // benchfmt converts times to seconds
					values[v.OrigUnit] = v.OrigValue
				}
			}
		}
	}
	return values
}
