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
