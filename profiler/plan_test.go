package profiler

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPlan(t *testing.T) {
	sweep := &Sweep{Over: "gogc", Values: []string{"50", "100"}}
	for _, test := range []struct {
		name string
		e    Experiment
		want string // kind, variant and point of every task; rounds apart
	}{
		{"a comparison reverses every round", Experiment{Kind: KindComparison, Config: Config{Count: 3}},
			"ma0 mb0 mc0 | mc0 mb0 ma0 | ma0 mb0 mc0 | aa0 ab0 ac0 pa0 pb0 pc0 fa0"},
		{"one of older versions", Experiment{Config: Config{Count: 1}}, "ma0 mb0 mc0 | aa0 ab0 ac0 pa0 pb0 pc0 fa0"},
		{"a sweep reverses variants and points", Experiment{Kind: KindSweep, Sweep: sweep, Config: Config{Count: 3}},
			"ma0 mb0 mc0 ma1 mb1 mc1 | mc1 mb1 ma1 mc0 mb0 ma0 | ma0 mb0 mc0 ma1 mb1 mc1"},
		{"a calibration is the baseline twice", Experiment{Kind: KindCalibration, Config: Config{Count: 2}}, "ma0 ma0 | ma0 ma0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := planned(test.e.Plan(&reportCase)); got != test.want {
				t.Errorf("plan = %s, want %s", got, test.want)
			}
			if again := planned(test.e.Plan(&reportCase)); again != test.want {
				t.Errorf("the second time the plan = %s, want %s", again, test.want)
			}
		})
	}
}

// planned writes tasks as TestPlan wants them.
func planned(tasks []Task) string {
	var out []string
	for i, task := range tasks {
		if i > 0 && (task.Round != tasks[i-1].Round || task.Kind != Measure && tasks[i-1].Kind == Measure) {
			out = append(out, "|")
		}
		out = append(out, fmt.Sprintf("%s%s%d", task.Kind[:1], task.Variant, task.Point))
	}
	return strings.Join(out, " ")
}

func TestDurationAndWhatIsLeft(t *testing.T) {
	e := Experiment{Config: Config{Count: 2, Benchtime: "20x"}}
	// 6 × (75 + 2·(100 + 200)) + 3 × (75 + 100 + 10 + 200) + 3 × (75 + 100 + 10 + 200) + 1075 ms
	if got, want := reportCase.Duration(e, 1), 7435*time.Millisecond; got != want {
		t.Errorf("duration = %v, want %v", got, want)
	}
	var runs []Run
	for _, task := range e.Plan(&reportCase)[:6] {
		runs = append(runs, Run{Task: task, Duration: 5 * time.Second})
	}
	if got, want := reportCase.Left(e, 1, runs), 3385*time.Millisecond; got != want {
		t.Errorf("left after all measure runs = %v, want %v", got, want)
	}
	if got, want := reportCase.Left(e, 1, runs[:3]), 18385*time.Millisecond; got != want {
		t.Errorf("left after half of them = %v, want the others to take as long: %v", got, want)
	}
	if got := reportCase.Left(e, 1, slices.Repeat(runs, 5)); got != 0 {
		t.Errorf("left after more runs than planned = %v", got)
	}
}

// Points of a sweep differ in how long they take: what is left of each goes by its own runs.
func TestDurationOfASweep(t *testing.T) {
	e := Experiment{Kind: KindSweep, Sweep: &Sweep{Over: "gogc", Values: []string{"50", "100"}}, Config: Config{Count: 2, Benchtime: "20x"}}
	// 12 × (75 + 2·(100 + 200)) ms
	if got, want := reportCase.Duration(e, 1), 8100*time.Millisecond; got != want {
		t.Errorf("duration = %v, want %v", got, want)
	}
	var runs []Run
	for _, task := range e.Plan(&reportCase)[:6] {
		runs = append(runs, Run{Task: task, Duration: time.Duration(1+task.Point) * time.Second})
	}
	if got, want := reportCase.Left(e, 1, runs), 9*time.Second; got != want {
		t.Errorf("left after one round = %v, want %v", got, want)
	}
}

// A variant that does not apply is neither planned nor reported.
func TestVariantsThatApply(t *testing.T) {
	c := reportCase
	c.Params = []Param{{Name: "mode", Type: Choice, Default: "some", Choices: []string{"some", "all"}}}
	c.Variants = slices.Clone(c.Variants)
	c.Variants[1].When = func(p Params) bool { return p.Text("mode") == "all" }
	for mode, want := range map[string]string{"all": "ma0 mb0 mc0 | aa0 ab0 ac0 pa0 pb0 pc0 fa0", "": "ma0 mc0 | aa0 ac0 pa0 pc0 fa0"} {
		e := Experiment{Params: Params{"mode": mode}, Config: Config{Count: 1}, State: Queued}
		if got := planned(e.Plan(&c)); got != want {
			t.Errorf("mode %q: plan = %s, want %s", mode, got, want)
		}
		r := NewReport(&c, e, nil, nil)
		if got := len(r.Variants); (mode == "all") != (got == 3) {
			t.Errorf("mode %q: the report has %d variants", mode, got)
		}
	}
}

// A case may get variants after an experiment was done: its report has those that ran.
func TestReportOfVariantsThatRan(t *testing.T) {
	e := Experiment{Config: Config{Count: 1}, State: Done}
	r := NewReport(&reportCase, e, []Run{{Task: Task{Kind: Measure, Variant: "a"}}, {Task: Task{Kind: Measure, Variant: "c"}}}, nil)
	if len(r.Variants) != 2 || r.Variants[1].Name != "c" {
		t.Errorf("the report has %d variants, want those that ran", len(r.Variants))
	}
}

// A sweep whose values have different variants has nothing to compare along it.
func TestSweepOverVariantsThatApply(t *testing.T) {
	c := reportCase
	c.Params = []Param{{Name: "mode", Type: Choice, Default: "some", Choices: []string{"some", "all"}}}
	c.Variants = slices.Clone(c.Variants)
	c.Variants[1].When = func(p Params) bool { return p.Text("mode") == "all" }
	e := Experiment{Kind: KindSweep, Params: Params{"mode": "all"}, Sweep: &Sweep{Over: "mode", Values: []string{"all", "some"}}, Config: Config{Count: 1}}
	if faults := e.CheckSweep(&c); !strings.Contains(faults.For("sweep"), "variant b is not there at every value") {
		t.Errorf("faults = %v", faults)
	}
}
