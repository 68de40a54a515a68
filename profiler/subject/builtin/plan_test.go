package builtin

import (
	"fmt"
	"heaplab/profiler"
	"heaplab/profiler/report"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPlan(t *testing.T) {
	sweep := &profiler.Sweep{Over: "gogc", Values: []string{"50", "100"}}
	for _, test := range []struct {
		name string
		e    profiler.Experiment
		want string // kind, variant and point of every task; rounds apart
	}{
		{"a comparison reverses every round", profiler.Experiment{Kind: profiler.KindComparison, Config: profiler.Config{Count: 3}},
			"ma0 mb0 mc0 | mc0 mb0 ma0 | ma0 mb0 mc0 | aa0 ab0 ac0 pa0 pb0 pc0 fa0"},
		{"one of older versions", profiler.Experiment{Config: profiler.Config{Count: 1}}, "ma0 mb0 mc0 | aa0 ab0 ac0 pa0 pb0 pc0 fa0"},
		{"a sweep reverses variants and points", profiler.Experiment{Kind: profiler.KindSweep, Sweep: sweep, Config: profiler.Config{Count: 3}},
			"ma0 mb0 mc0 ma1 mb1 mc1 | mc1 mb1 ma1 mc0 mb0 ma0 | ma0 mb0 mc0 ma1 mb1 mc1"},
		{"a calibration is the baseline twice", profiler.Experiment{Kind: profiler.KindCalibration, Config: profiler.Config{Count: 2}}, "ma0 ma0 | ma0 ma0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := planned(test.e.Plan(&report.ReportCase)); got != test.want {
				t.Errorf("plan = %s, want %s", got, test.want)
			}
			if again := planned(test.e.Plan(&report.ReportCase)); again != test.want {
				t.Errorf("the second time the plan = %s, want %s", again, test.want)
			}
		})
	}
}

// planned writes tasks as TestPlan wants them.
func planned(tasks []profiler.Task) string {
	var out []string
	for i, task := range tasks {
		if i > 0 && (task.Round != tasks[i-1].Round || task.Kind != profiler.Measure && tasks[i-1].Kind == profiler.Measure) {
			out = append(out, "|")
		}
		out = append(out, fmt.Sprintf("%s%s%d", task.Kind[:1], task.Variant, task.Point))
	}
	return strings.Join(out, " ")
}

func TestDurationAndWhatIsLeft(t *testing.T) {
	e := profiler.Experiment{Config: profiler.Config{Count: 2, Benchtime: "20x"}}
	// 6 × (75 + 2·(100 + 200)) + 3 × (75 + 100 + 10 + 200) + 3 × (75 + 100 + 10 + 200) + 1075 ms
	if got, want := report.ReportCase.Duration(e, 1), 7435*time.Millisecond; got != want {
		t.Errorf("duration = %v, want %v", got, want)
	}
	var runs []profiler.Run
	for _, task := range e.Plan(&report.ReportCase)[:6] {
		runs = append(runs, profiler.Run{Task: task, Duration: 5 * time.Second})
	}
	if got, want := report.ReportCase.Left(e, 1, runs), 3385*time.Millisecond; got != want {
		t.Errorf("left after all measure runs = %v, want %v", got, want)
	}
	if got, want := report.ReportCase.Left(e, 1, runs[:3]), 18385*time.Millisecond; got != want {
		t.Errorf("left after half of them = %v, want the others to take as long: %v", got, want)
	}
	if got := report.ReportCase.Left(e, 1, slices.Repeat(runs, 5)); got != 0 {
		t.Errorf("left after more runs than planned = %v", got)
	}
}

// Points of a sweep differ in how long they take: what is left of each goes by its own runs.
func TestDurationOfASweep(t *testing.T) {
	e := profiler.Experiment{Kind: profiler.KindSweep, Sweep: &profiler.Sweep{Over: "gogc", Values: []string{"50", "100"}}, Config: profiler.Config{Count: 2, Benchtime: "20x"}}
	// 12 × (75 + 2·(100 + 200)) ms
	if got, want := report.ReportCase.Duration(e, 1), 8100*time.Millisecond; got != want {
		t.Errorf("duration = %v, want %v", got, want)
	}
	var runs []profiler.Run
	for _, task := range e.Plan(&report.ReportCase)[:6] {
		runs = append(runs, profiler.Run{Task: task, Duration: time.Duration(1+task.Point) * time.Second})
	}
	if got, want := report.ReportCase.Left(e, 1, runs), 9*time.Second; got != want {
		t.Errorf("left after one round = %v, want %v", got, want)
	}
}

// A variant that does not apply is neither planned nor reported.
func TestVariantsThatApply(t *testing.T) {
	c := report.ReportCase
	c.Params = []Param{{Name: "mode", Type: Choice, Default: "some", Choices: []string{"some", "all"}}}
	c.Variants = slices.Clone(c.Variants)
	c.Variants[1].When = func(p profiler.Params) bool { return p.Text("mode") == "all" }
	for mode, want := range map[string]string{"all": "ma0 mb0 mc0 | aa0 ab0 ac0 pa0 pb0 pc0 fa0", "": "ma0 mc0 | aa0 ac0 pa0 pc0 fa0"} {
		e := profiler.Experiment{Params: profiler.Params{"mode": mode}, Config: profiler.Config{Count: 1}, State: profiler.Queued}
		if got := planned(e.Plan(&c)); got != want {
			t.Errorf("mode %q: plan = %s, want %s", mode, got, want)
		}
		r := report.NewReport(&c, e, nil, nil)
		if got := len(r.Variants); (mode == "all") != (got == 3) {
			t.Errorf("mode %q: the report has %d variants", mode, got)
		}
	}
}

// A case may get variants after an experiment was done: its report has those that ran.
func TestReportOfVariantsThatRan(t *testing.T) {
	e := profiler.Experiment{Config: profiler.Config{Count: 1}, State: profiler.Done}
	r := report.NewReport(&report.ReportCase, e, []profiler.Run{{Task: profiler.Task{Kind: profiler.Measure, Variant: "a"}}, {Task: profiler.Task{Kind: profiler.Measure, Variant: "c"}}}, nil)
	if len(r.Variants) != 2 || r.Variants[1].Name != "c" {
		t.Errorf("the report has %d variants, want those that ran", len(r.Variants))
	}
}

// A sweep whose values have different variants has nothing to compare along it.
func TestSweepOverVariantsThatApply(t *testing.T) {
	c := report.ReportCase
	c.Params = []Param{{Name: "mode", Type: Choice, Default: "some", Choices: []string{"some", "all"}}}
	c.Variants = slices.Clone(c.Variants)
	c.Variants[1].When = func(p profiler.Params) bool { return p.Text("mode") == "all" }
	e := profiler.Experiment{Kind: profiler.KindSweep, Params: profiler.Params{"mode": "all"}, Sweep: &profiler.Sweep{Over: "mode", Values: []string{"all", "some"}}, Config: profiler.Config{Count: 1}}
	if faults := e.CheckSweep(&c); !strings.Contains(faults.For("sweep"), "variant b is not there at every value") {
		t.Errorf("faults = %v", faults)
	}
}
