package report

import (
	"heaplab/profiler"
	"heaplab/profiler/subject/builtin"
	"strings"
	"testing"
	"time"
)

var ReportCase = builtin.Case{
	Name:    "c",
	Title:   "A case",
	Bitwise: true,
	Primary: []string{profiler.BytesPerOp},
	Variants: []builtin.Variant{
		{Name: "a", Fit: func(builtin.Input, builtin.Watch) (profiler.Fit, error) { return profiler.Fit{}, nil }},
		{Name: "b"},
		{Name: "c"},
	},
	Estimate: func(profiler.Params) builtin.Estimate {
		return builtin.Estimate{Setup: 100 * time.Millisecond, Op: 10 * time.Millisecond, Fit: time.Second}
	},
}

func TestReportWarns(t *testing.T) {
	run := func(kind, variant string) profiler.Run {
		return profiler.Run{Task: profiler.Task{Kind: kind, Variant: variant}}
	}
	wrong, otherA, otherB := run(profiler.Allocs, "a"), run(profiler.FitRun, "a"), run(profiler.FitRun, "b")
	wrong.SelfCheck, wrong.Profile = &profiler.SelfCheck{TotalAlloc: 10, AllocSpace: 9}, &profiler.Profile{}
	otherA.Fit, otherB.Fit = &profiler.Fit{Weights: "1"}, &profiler.Fit{Weights: "2"}
	for _, test := range []struct {
		name  string
		state string
		runs  []profiler.Run
		want  string // part of the only warning, or ""
	}{
		{"nothing wrong", profiler.Done, nil, ""},
		{"self-check", profiler.Done, []profiler.Run{wrong}, "holds 9 bytes, but the runtime counted 10"},
		{"weights differ", profiler.Done, []profiler.Run{otherA, otherB}, "did not do the same work"},
		{"canceled", profiler.Canceled, nil, "did not end"},
		{"running", profiler.Running, nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := NewReport(&ReportCase, profiler.Experiment{Case: "c", State: test.state}, test.runs, nil)
			got := strings.Join(r.Warnings, "\n")
			if test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("warnings = %q, want %q", got, test.want)
			}
		})
	}
}

// An experiment stays readable when the program no longer knows its case.
func TestReportWithoutItsCase(t *testing.T) {
	runs := []profiler.Run{
		{Task: profiler.Task{Kind: profiler.Measure, Variant: "x"}, Calls: 7, Measurements: []profiler.Measurement{{profiler.NsPerOp, 2}}},
		{Task: profiler.Task{Kind: profiler.Measure, Variant: "y"}, Measurements: []profiler.Measurement{{profiler.NsPerOp, 1}}},
	}
	r := NewReport(nil, profiler.Experiment{Case: "gone", State: profiler.Done}, runs, nil)
	if len(r.Variants) != 2 || len(r.Comparisons) != 1 || r.Comparisons[0].Delta != -50 || r.Variants[0].Calls[0] != 7 {
		t.Errorf("report = %+v", r)
	}
	if r = NewReport(nil, profiler.Experiment{Case: "gone", State: profiler.Failed}, nil, nil); len(r.Variants) != 1 {
		t.Errorf("variants without runs = %+v", r.Variants)
	}
}
