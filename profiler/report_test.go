package profiler

import (
	"slices"
	"strings"
	"testing"
	"time"
)

var reportCase = Case{
	Name:    "c",
	Title:   "A case",
	Primary: []string{BytesPerOp},
	Variants: []Variant{
		{Name: "a", Fit: func(Params, func(Epoch)) (Fit, error) { return Fit{}, nil }},
		{Name: "b"},
		{Name: "c"},
	},
	Estimate: func(Params) Estimate {
		return Estimate{Setup: 100 * time.Millisecond, Op: 10 * time.Millisecond, Fit: time.Second}
	},
}

func TestPlanReversesEveryRound(t *testing.T) {
	var got []string
	e := Experiment{Config: Config{Count: 3}}
	for _, task := range e.Plan(&reportCase) {
		got = append(got, task.Kind[:1]+task.Variant)
	}
	want := strings.Fields("ma mb mc mc mb ma ma mb mc aa ab ac pa pb pc fa")
	if !slices.Equal(got, want) {
		t.Errorf("plan = %q, want %q", got, want)
	}
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

func TestReportWarns(t *testing.T) {
	run := func(kind, variant string) Run { return Run{Task: Task{Kind: kind, Variant: variant}} }
	wrong, otherA, otherB := run(Allocs, "a"), run(FitRun, "a"), run(FitRun, "b")
	wrong.SelfCheck, wrong.Profile = &SelfCheck{TotalAlloc: 10, AllocSpace: 9}, &Profile{}
	otherA.Fit, otherB.Fit = &Fit{Weights: "1"}, &Fit{Weights: "2"}
	for _, test := range []struct {
		name  string
		state string
		runs  []Run
		want  string // part of the only warning, or ""
	}{
		{"nothing wrong", Done, nil, ""},
		{"self-check", Done, []Run{wrong}, "holds 9 bytes, but the runtime counted 10"},
		{"weights differ", Done, []Run{otherA, otherB}, "did not do the same work"},
		{"canceled", Canceled, nil, "did not end"},
		{"running", Running, nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := NewReport(&reportCase, Experiment{Case: "c", State: test.state}, test.runs, nil)
			got := strings.Join(r.Warnings, "\n")
			if test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("warnings = %q, want %q", got, test.want)
			}
		})
	}
}

// An experiment stays readable when the program no longer knows its case.
func TestReportWithoutItsCase(t *testing.T) {
	runs := []Run{
		{Task: Task{Kind: Measure, Variant: "x"}, Measurements: []Measurement{{NsPerOp, 2}}},
		{Task: Task{Kind: Measure, Variant: "y"}, Measurements: []Measurement{{NsPerOp, 1}}},
	}
	r := NewReport(nil, Experiment{Case: "gone", State: Done}, runs, nil)
	if len(r.Variants) != 2 || len(r.Comparisons) != 1 || r.Comparisons[0].Delta != -50 {
		t.Errorf("report = %+v", r)
	}
	if r = NewReport(nil, Experiment{Case: "gone", State: Failed}, nil, nil); len(r.Variants) != 1 {
		t.Errorf("variants without runs = %+v", r.Variants)
	}
}
