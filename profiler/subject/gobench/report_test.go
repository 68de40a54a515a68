package gobench_test

import (
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/subject"
	"heaplab/profiler/subject/gobench"
)

// A version compared with itself allocates neither more nor less.
func TestSameVersion(t *testing.T) {
	skipUnderRace(t)
	b, err := launch(t, shapes(t), "^Benchmark(Parallel|Sub|Tiny|Goroutines)$", "HEAD", "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	b.e.Config.Count, b.e.State, b.e.Design.Rows = 3, profiler.Done, b.files.Rows
	var runs []profiler.Run
	for _, task := range b.e.Plan() {
		if task.Kind == profiler.Measure {
			runs = append(runs, b.run(task.Kind, task.Variant))
		}
	}
	r := report.NewReport(b.e, runs, nil)
	if len(r.Rows) != 5 {
		t.Errorf("%d rows", len(r.Rows))
	}
	for _, c := range r.Comparisons {
		if (c.Unit == profiler.BytesPerOp || c.Unit == profiler.AllocsPerOp) && c.Verdict.Decided() {
			t.Errorf("%s of %s is %s: %v and %v, floor %v%%", c.Unit, c.Row, c.Verdict, c.Baseline, c.Value, c.Floor)
		}
	}
}

// A sweep measures one benchmark at each value of a setting.
func TestSweep(t *testing.T) {
	b, err := launch(t, shapes(t), "^BenchmarkCount$", "HEAD", "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	b.e.Kind, b.e.Sweep = profiler.KindSweep, &profiler.Sweep{Over: "gogc", Values: []string{"10", "off"}}
	for row, collects := range map[string]bool{"GOGC=10": true, "GOGC=off": false} {
		run, err := b.subject.Run(t.Context(), subject.Job{
			Experiment: b.e, Task: profiler.Task{Kind: profiler.Measure, Variant: "after", Row: row}, Artefact: b.files.Files[subject.Cell{Variant: "after"}],
		})
		if err != nil {
			t.Fatal(err)
		}
		if cycles, _ := run.Value(profiler.GCCycles); (cycles > 0) != collects || run.Row != row {
			t.Errorf("%v collections per operation at %s", cycles, row)
		}
	}
	b.e.Design.Params[gobench.ParamBench] = "Count|Tiny"
	if _, err := b.subject.Prepare(t.Context(), b.e); err == nil || !strings.Contains(err.Error(), "about one benchmark") {
		t.Errorf("error %v of two benchmarks", err)
	}
}
