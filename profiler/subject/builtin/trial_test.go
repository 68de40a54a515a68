package builtin

import (
	"slices"
	"strings"
	"testing"
	"time"

	"heaplab/profiler"
)

// timedCase has known estimates; only its first variant has a fit.
var timedCase = Case{
	Name:    "c",
	Title:   "A case",
	Bitwise: true,
	Primary: []string{profiler.BytesPerOp},
	Params:  []Param{{Name: "n", Type: Int, Default: int64(1), Min: 1, Max: 9}},
	Variants: []Variant{
		{Name: "a", Title: "first", Fit: func(Input, Watch) (profiler.Fit, error) { return profiler.Fit{}, nil }},
		{Name: "b", Adds: "pools"},
		{Name: "c", LeavesOut: "pools"},
	},
	Estimate: func(profiler.Params) Estimate {
		return Estimate{Live: 1 << 20, Setup: 100 * time.Millisecond, Op: 10 * time.Millisecond, Fit: time.Second}
	},
	Predict: func(profiler.Params) []profiler.Prediction {
		return []profiler.Prediction{{Variant: "b", Unit: profiler.BytesPerOp, Ratio: 2}}
	},
}

func TestDesignOfCase(t *testing.T) {
	e := profiler.Experiment{Kind: profiler.KindComparison, Config: profiler.DefaultConfig(0)}
	trial, faults := timedCase.NewTrial(e, map[string]any{"n": "7"})
	if faults != nil {
		t.Fatal(faults)
	}
	d := trial.Experiment.Design
	if d.Subject != "case:c" || d.Case() != "c" || d.Title != "A case" || !d.Bitwise {
		t.Errorf("design = %+v", d)
	}
	if inputN.Of(d.Params) != 7 || d.Labels["n"] != "7" {
		t.Errorf("params = %v, labels = %v, want n=7", d.Params, d.Labels)
	}
	if len(d.Predictions) != 1 || d.Predictions[0].Ratio != 2 {
		t.Errorf("predictions = %v", d.Predictions)
	}
	if d.Baseline() != "a" || d.Last() != "c" || d.Variant("b").Adds != "pools" || d.Variant("c").LeavesOut != "pools" {
		t.Errorf("variants = %+v", d.Variants)
	}
	if got := d.Variant("a").Extra; !slices.Equal(got, []profiler.RunKind{profiler.Allocs, profiler.Peak, profiler.FitRun}) {
		t.Errorf("extra runs of a = %v", got)
	}
	if got := d.Variant("b").Extra; slices.Contains(got, profiler.FitRun) {
		t.Errorf("extra runs of b = %v, want no fit", got)
	}
}

// A design that the case no longer accepts gives faults, not a panic.
func TestTrialOfOldParams(t *testing.T) {
	e := profiler.Experiment{Design: profiler.Design{Subject: "case:c", Params: profiler.Params{"model": "gpt2-tiny"}}}
	if _, faults := timedCase.Trial(e); !strings.Contains(faults.For("param.model"), "no param") {
		t.Errorf("faults = %v, want one of model", faults)
	}
	s := &Subject{Cases: []Case{timedCase}}
	for subject, want := range map[string]string{"case:c": "no longer takes these params", "case:gone": "no longer has a case named gone", "command": "no longer has a case"} {
		e.Design.Subject = subject
		if _, err := s.Trial(e); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error = %v, want %q", subject, err, want)
		}
	}
}

func TestTrialDuration(t *testing.T) {
	e := profiler.Experiment{Kind: profiler.KindComparison, Config: profiler.Config{Count: 2, Benchtime: "20x", GOGC: "100", GOMEMLIMIT: "off"}}
	trial, faults := timedCase.NewTrial(e, nil)
	if faults != nil {
		t.Fatal(faults)
	}
	// 6 × (75 + 2·100 + 200 + 200 + 10) + 3 × (75 + 100 + 10 + 200) + 3 × (75 + 100 + 10 + 200) + 1075 ms
	if got, want := trial.Duration(1, nil), 7495*time.Millisecond; got != want {
		t.Errorf("duration = %v, want %v", got, want)
	}
	e.Config.Benchtime = "1x"
	single, faults := timedCase.NewTrial(e, nil)
	if faults != nil {
		t.Fatal(faults)
	}
	// 6 × (75 + 2·100 + 10 + 20 + 10) + 3 × (75 + 100 + 10 + 10) + 3 × (75 + 100 + 10 + 10) + 1075 ms
	if got, want := single.Duration(1, nil), 4135*time.Millisecond; got != want {
		t.Errorf("duration of single operations = %v, want %v", got, want)
	}
	var runs []profiler.Run
	for _, task := range trial.Plan()[:6] {
		runs = append(runs, profiler.Run{Task: task, Duration: 5 * time.Second})
	}
	if got, want := trial.Duration(1, runs), 3385*time.Millisecond; got != want {
		t.Errorf("left after all measure runs = %v, want %v", got, want)
	}
}

// CheckLimits checks every value of a sweep, and names the value in faults.
func TestTrialChecksLimits(t *testing.T) {
	c := timedCase
	c.Estimate = func(p profiler.Params) Estimate {
		return Estimate{Live: int64(inputN.Of(p)) << 30, Op: time.Millisecond}
	}
	config := profiler.DefaultConfig(8 << 30) // a limit of 4 GiB
	for _, test := range []struct {
		name   string
		sweep  *profiler.Sweep
		params map[string]any
		field  string // of the fault, or ""
		part   string
	}{
		{"enough", nil, map[string]any{"n": 1}, "", ""},
		{"too much", nil, map[string]any{"n": 9}, "params", "over its limit of 4.0 GiB"},
		{"too much at one value", &profiler.Sweep{Over: "n", Values: []string{"1", "9"}}, nil, "sweep", "n=9: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := profiler.Experiment{Kind: profiler.KindComparison, Sweep: test.sweep, Config: config}
			if test.sweep != nil {
				e.Kind = profiler.KindSweep
			}
			trial, faults := c.NewTrial(e, test.params)
			if faults != nil {
				t.Fatal(faults)
			}
			faults = trial.CheckLimits()
			if len(faults) > 0 != (test.field != "") || !strings.Contains(faults.For(test.field), test.part) {
				t.Errorf("faults = %v, want %q at %q", faults, test.part, test.field)
			}
		})
	}
	long := config
	long.Benchtime = "10s"
	long.TimeLimit = time.Second
	trial, _ := timedCase.NewTrial(profiler.Experiment{Kind: profiler.KindComparison, Config: long}, nil)
	if faults := trial.CheckLimits(); !strings.Contains(faults.For("benchtime"), "over its limit of 1s") {
		t.Errorf("faults = %v, want one of benchtime", faults)
	}
}

// GOGC and GOMEMLIMIT limit the estimated garbage.
func TestTrialMemory(t *testing.T) {
	c := timedCase
	c.Estimate = func(profiler.Params) Estimate {
		return Estimate{Live: 100 << 20, Churn: 10 << 20, Op: time.Millisecond}
	}
	for _, test := range []struct {
		gogc, limit string
		want        int64
	}{
		{"100", "off", 200<<20 + runtimeMemory},
		{"50", "off", 150<<20 + runtimeMemory},
		{"off", "120MiB", 120<<20 + runtimeMemory},
		{"off", "off", 100<<20 + 102*10<<20 + runtimeMemory}, // 100 operations and two more
	} {
		e := profiler.Experiment{Kind: profiler.KindComparison, Config: profiler.Config{Count: 1, Benchtime: "100x", GOGC: test.gogc, GOMEMLIMIT: test.limit}}
		trial, faults := c.NewTrial(e, nil)
		if faults != nil {
			t.Fatal(faults)
		}
		if got := trial.Memory(); got != test.want {
			t.Errorf("GOGC=%s GOMEMLIMIT=%s: %d MiB, want %d", test.gogc, test.limit, got>>20, test.want>>20)
		}
	}
}
