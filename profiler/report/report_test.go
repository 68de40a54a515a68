package report

import (
	"strings"
	"testing"

	"heaplab/profiler"
)

func TestReportWarns(t *testing.T) {
	run := func(kind profiler.RunKind, variant string) profiler.Run {
		return profiler.Run{Task: profiler.Task{Kind: kind, Variant: variant}}
	}
	wrong, otherA, otherB := run(profiler.Allocs, "a"), run(profiler.FitRun, "a"), run(profiler.FitRun, "b")
	wrong.SelfCheck, wrong.Profile = &profiler.SelfCheck{TotalAlloc: 10, AllocSpace: 9}, &profiler.Profile{}
	otherA.Fit, otherB.Fit = &profiler.Fit{Weights: "1"}, &profiler.Fit{Weights: "2"}
	bitwise := profiler.Design{Subject: "case:c", Bitwise: true, Variants: []profiler.VariantInfo{{Name: "a"}, {Name: "b"}, {Name: "c"}}}
	for _, test := range []struct {
		name  string
		state profiler.State
		runs  []profiler.Run
		want  string // part of the only warning, or ""
	}{
		{"nothing wrong", profiler.Done, nil, ""},
		{"self-check", profiler.Done, []profiler.Run{wrong}, "holds 9 bytes, but the runtime counted 10"},
		{"weights differ", profiler.Done, []profiler.Run{otherA, otherB}, "did not do the same work"},
		{"canceled", profiler.Canceled, nil, "did not finish"},
		{"running", profiler.Running, nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := NewReport(profiler.Experiment{Kind: profiler.KindComparison, Design: bitwise, Config: profiler.Config{Count: 1}, State: test.state}, test.runs, nil)
			got := strings.Join(r.Warnings, "\n")
			if test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("warnings = %q, want %q", got, test.want)
			}
		})
	}
}

// A report needs only the stored experiment and its runs.
func TestReportFromStoredDesign(t *testing.T) {
	e := profiler.Experiment{
		Kind:   profiler.KindComparison,
		State:  profiler.Done,
		Config: profiler.Config{Count: 1},
		Design: profiler.Design{
			Subject:     "case:gone",
			Title:       "A case of long ago",
			Technique:   "pooling",
			Params:      profiler.Params{"n": int64(3)},
			Labels:      map[string]string{"n": "3"},
			Primary:     []string{profiler.BytesPerOp},
			Variants:    []profiler.VariantInfo{{Name: "x", Title: "before"}, {Name: "y", Title: "after", Adds: "pools"}},
			Predictions: []profiler.Prediction{{Variant: "y", Unit: profiler.BytesPerOp, Ratio: 2}},
		},
	}
	runs := []profiler.Run{
		{Task: profiler.Task{Kind: profiler.Measure, Variant: "x"}, Calls: 7, Measurements: []profiler.Measurement{{Unit: profiler.BytesPerOp, Value: 2048}}},
		{Task: profiler.Task{Kind: profiler.Measure, Variant: "y"}, Calls: 8, Measurements: []profiler.Measurement{{Unit: profiler.BytesPerOp, Value: 1024}}},
	}
	r := NewReport(e, runs, nil)
	if r.Title != "A case of long ago" || r.Technique != "pooling" || r.Subject != "case:gone" || r.Source != "case" || r.Case != "gone" || r.Labels["n"] != "3" {
		t.Errorf("report = %+v", r)
	}
	if len(r.Variants) != 2 || r.Variants[1].Adds != "pools" || r.Variants[0].Calls[0] != 7 || r.RunsDone != 2 || r.RunsTotal != 2 {
		t.Errorf("variants = %+v", r.Variants)
	}
	if c := r.Comparison("y", profiler.BytesPerOp); c == nil || c.Delta != -50 || c.Verdict != Better || c.Row != "" {
		t.Errorf("comparison = %+v, want −50 %%", c)
	}
	if c := r.Conclusion; c == nil || c.Verdict != Better || c.Variant != "y" || c.Best != "y" || r.Prediction("y", profiler.BytesPerOp) == nil {
		t.Errorf("conclusion = %+v", c)
	}
	e.State = profiler.Running
	if r := NewReport(e, runs, nil); r.Conclusion != nil || len(r.Comparisons) > 0 {
		t.Errorf("a running experiment has comparisons %v and the conclusion %+v", r.Comparisons, r.Conclusion)
	}
}

// A canceled experiment concludes about the last variant that was compared, in a list as in the report.
func TestConclusionOfCanceled(t *testing.T) {
	e := profiler.Experiment{
		Kind: profiler.KindComparison, State: profiler.Canceled, Config: profiler.Config{Count: 6},
		Design: profiler.Design{
			Subject: "case:c", Primary: []string{profiler.BytesPerOp},
			Variants: []profiler.VariantInfo{{Name: "x"}, {Name: "y"}, {Name: "z"}},
		},
	}
	runs := []profiler.Run{
		{Task: profiler.Task{Kind: profiler.Measure, Variant: "x"}, Measurements: []profiler.Measurement{{Unit: profiler.BytesPerOp, Value: 2048}}},
		{Task: profiler.Task{Kind: profiler.Measure, Variant: "y"}, Measurements: []profiler.Measurement{{Unit: profiler.BytesPerOp, Value: 1024}}},
	}
	r := NewReport(e, runs, nil)
	if c := r.Conclusion; c == nil || c.Variant != "y" || c.Verdict != Better {
		t.Fatalf("conclusion = %+v, want y to be better", c)
	}
	if brief := NewBrief(e, profiler.NewSamples(runs), Judgment{}); *brief.Conclusion != *r.Conclusion {
		t.Errorf("a list concludes %+v, and the report %+v", brief.Conclusion, r.Conclusion)
	}
}

// Each result of a run becomes a row.
func TestReportOfNamedRows(t *testing.T) {
	e := profiler.Experiment{
		Kind: profiler.KindComparison, State: profiler.Done, Config: profiler.Config{Count: 1},
		Design: profiler.Design{
			Subject: "toy", Title: "Toys", Primary: []string{profiler.BytesPerOp},
			Variants: []profiler.VariantInfo{{Name: "before"}, {Name: "after"}},
		},
	}
	run := func(variant string, small, large float64) profiler.Run {
		return profiler.Run{Task: profiler.Task{Kind: profiler.Measure, Variant: variant}, Measurements: []profiler.Measurement{
			{Row: "small", Unit: profiler.BytesPerOp, Value: small}, {Row: "large", Unit: profiler.BytesPerOp, Value: large},
		}}
	}
	r := NewReport(e, []profiler.Run{run("before", 1000, 1<<20), run("after", 2000, 1<<19)}, nil)
	var got []string
	for _, c := range r.Comparisons {
		got = append(got, c.Row+" "+string(c.Verdict))
	}
	if want := "large better, small worse"; strings.Join(got, ", ") != want {
		t.Errorf("comparisons = %q, want %q", got, want)
	}
	if c := r.Conclusion; c.Verdict != Mixed || !strings.Contains(c.Headline, "1 improved and 1 worse") {
		t.Errorf("conclusion = %+v", c)
	}
	if len(r.Rows) != 2 || r.Comparison("after", profiler.BytesPerOp) != nil || r.Rows[0].Comparison("after", profiler.BytesPerOp) == nil {
		t.Errorf("rows = %+v", r.Rows)
	}
	if at := r.At(0); at.Comparison("after", profiler.BytesPerOp) == nil {
		t.Error("the report of a row has no comparison")
	}
}
