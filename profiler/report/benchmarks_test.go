package report

import (
	"strings"
	"testing"

	"heaplab/profiler"
)

// benchmarkRuns returns an experiment of benchmarks whose baseline allocates twice as much, with the environment of each
// side's runs.
func benchmarkRuns(sides ...profiler.Environment) (profiler.Experiment, []profiler.Run) {
	d := profiler.Design{Subject: profiler.SubjectGoBench, Variants: []profiler.VariantInfo{{Name: "before"}, {Name: "after"}}, Primary: []string{profiler.BytesPerOp}}
	e := profiler.Experiment{
		Design: d, Kind: profiler.KindComparison, State: profiler.Done, Config: profiler.Config{Count: 4},
		Environment: profiler.Environment{"toolchain": "go1.26.0", "goos": "linux"},
	}
	var runs []profiler.Run
	for _, task := range e.Plan() {
		side, bytes := sides[0], 2048.0
		if task.Variant == "after" {
			side, bytes = sides[1], 1024
		}
		runs = append(runs, profiler.Run{Task: task, Calls: 1000, Environment: side, Measurements: []profiler.Measurement{{Unit: profiler.BytesPerOp, Value: bytes}}})
	}
	return e, runs
}

// A report says how versions were built. Differences between them do not make them incomparable.
func TestBuilds(t *testing.T) {
	for _, test := range []struct {
		name          string
		before, after profiler.Environment
		toolchain     string
		warning       string // a part; "" for none
	}{
		{"one Go version", profiler.Environment{"toolchain": "go1.25.5"}, profiler.Environment{"toolchain": "go1.25.5"}, "go1.25.5", ""},
		{"two", profiler.Environment{"toolchain": "go1.25.5"}, profiler.Environment{"toolchain": "go1.26.8"}, "go1.25.5 for before and go1.26.8 for after", "different Go versions"},
		{"left out", profiler.Environment{"left-out": "BenchmarkA"}, profiler.Environment{"left-out": "BenchmarkA"}, "", "not compared: BenchmarkA."},
		{"a submodule", nil, profiler.Environment{"submodules": "lib"}, "", "lib for after"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e, runs := benchmarkRuns(test.before, test.after)
			r := NewReport(e, runs, nil)
			if got := r.Environment["toolchain"]; got != test.toolchain || e.Environment["toolchain"] != "go1.26.0" {
				t.Errorf("toolchain %q, want %q", got, test.toolchain)
			}
			if text := strings.Join(r.Warnings, "\n"); !strings.Contains(text, test.warning) || (text == "") != (test.warning == "") {
				t.Errorf("warnings %q, want %q", text, test.warning)
			}
			if c := r.Comparison("after", profiler.BytesPerOp); c == nil || c.Verdict != Better || len(r.Comparability) > 0 {
				t.Errorf("%+v, %v", c, r.Comparability)
			}
		})
	}
}

// The noise floor of allocations is what the runtime may allocate in a run, if the values do not vary otherwise.
func TestRuntimeShare(t *testing.T) {
	const many, few = 1_000_000, 10
	for _, test := range []struct {
		name          string
		unit          string
		ops           int64
		before, after []float64
		want          Verdict
	}{
		{"tenfold less of little", profiler.BytesPerOp, many, []float64{64, 64.001, 64}, []float64{6.4, 6.4, 6.401}, Better},
		{"no operations known", profiler.BytesPerOp, 0, []float64{64, 64.001, 64}, []float64{6.4, 6.4, 6.401}, Unclear},
		{"few operations", profiler.BytesPerOp, few, []float64{64, 64, 64}, []float64{6.4, 6.4, 6.4}, Unclear},
		{"a thread of the runtime", profiler.BytesPerOp, 2000, []float64{0, 0, 0}, []float64{0.08, 0.08, 0.08}, Same},
		{"from nothing", profiler.BytesPerOp, many, []float64{0, 0, 0}, []float64{1, 1, 1}, Worse},
		{"a tenth of a percent", profiler.BytesPerOp, many, []float64{4096, 4096, 4096}, []float64{4098, 4098, 4098}, Same},
		{"a pool", profiler.BytesPerOp, many, []float64{64, 32, 64}, []float64{32, 0, 0}, Unclear},
		{"an allocation in ten operations", profiler.AllocsPerOp, many, []float64{1, 1, 1}, []float64{0.9, 0.9, 0.9}, Better},
		{"a goroutine of the runtime", profiler.AllocsPerOp, 1000, []float64{0, 0, 0}, []float64{0.003, 0.003, 0.003}, Same},
		{"live heap", profiler.LiveHeap, many, []float64{4096, 4096, 4096}, []float64{2048, 2048, 2048}, Unclear},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := profiler.Design{Variants: []profiler.VariantInfo{{Name: "a"}, {Name: "b"}}, Primary: []string{test.unit}, Rows: []profiler.RowInfo{{Ops: test.ops}}}
			c := compareVariants(d, "", profiler.Samples{{Variant: "a", Unit: test.unit}: test.before, {Variant: "b", Unit: test.unit}: test.after}, nil)
			if len(c) != 1 || c[0].Verdict != test.want {
				t.Fatalf("%+v, want %s", c, test.want)
			}
			if text := FloorText(c[0]); c[0].Verdict.Decided() && (text == "64 B" || text == "0.50") {
				t.Errorf("the floor is %s, the default", text)
			}
		})
	}
}
