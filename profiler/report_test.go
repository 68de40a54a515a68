package profiler

import (
	"strings"
	"testing"
	"time"
)

var reportCase = Case{
	Name:    "c",
	Title:   "A case",
	Bitwise: true,
	Primary: []string{BytesPerOp},
	Variants: []Variant{
		{Name: "a", Fit: func(Input, Watch) (Fit, error) { return Fit{}, nil }},
		{Name: "b"},
		{Name: "c"},
	},
	Estimate: func(Params) Estimate {
		return Estimate{Setup: 100 * time.Millisecond, Op: 10 * time.Millisecond, Fit: time.Second}
	},
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
		{Task: Task{Kind: Measure, Variant: "x"}, Calls: 7, Measurements: []Measurement{{NsPerOp, 2}}},
		{Task: Task{Kind: Measure, Variant: "y"}, Measurements: []Measurement{{NsPerOp, 1}}},
	}
	r := NewReport(nil, Experiment{Case: "gone", State: Done}, runs, nil)
	if len(r.Variants) != 2 || len(r.Comparisons) != 1 || r.Comparisons[0].Delta != -50 || r.Variants[0].Calls[0] != 7 {
		t.Errorf("report = %+v", r)
	}
	if r = NewReport(nil, Experiment{Case: "gone", State: Failed}, nil, nil); len(r.Variants) != 1 {
		t.Errorf("variants without runs = %+v", r.Variants)
	}
}
