package main

import (
	"math"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/report"
)

// Savings have the predicted and the observed ratio. Computed metrics, such as the size of a model,
// have none.
func TestSavings(t *testing.T) {
	exactly := func(v float64) report.Interval {
		return report.Interval{Center: profiler.Float(v), Lo: profiler.Float(v), Hi: profiler.Float(v), N: 6}
	}
	compared := func(unit string, before, after float64, verdict report.Verdict) report.Comparison {
		return report.Comparison{Unit: unit, Variant: "after", Baseline: exactly(before), Value: exactly(after), Verdict: verdict}
	}
	r := report.Report{
		Predictions: []profiler.Prediction{
			{Variant: "after", Unit: profiler.ModelBytes, Ratio: 2},
			{Variant: "after", Unit: profiler.LiveHeap, Ratio: 2},
			{Variant: "after", Unit: profiler.BytesPerOp, Ratio: profiler.Float(math.Inf(1))},
			{Variant: "after", Unit: profiler.AllocsPerOp, Ratio: 1},
			{Variant: "other", Unit: profiler.LiveHeap, Ratio: 1},
		},
		Comparisons: []report.Comparison{
			compared(profiler.ModelBytes, 2, 1, report.Better),
			compared(profiler.LiveHeap, 100<<20, 55<<20, report.Better),
			compared(profiler.BytesPerOp, 1000, 20, report.Better),
			compared(profiler.AllocsPerOp, 0, 0, report.Same),
			compared(profiler.NsPerOp, 100, 250, report.Unclear),
			compared(profiler.MaxAbsErr, 0, 0.25, report.Worse),
		},
	}
	var got []string
	for _, s := range savings(r) {
		got = append(got, strings.Join(s.cells(r), "|"))
	}
	want := []string{
		"after|live-heap-bytes|100.0Mi ± 0%|55.00Mi ± 0%|2.00|1.82|-9.1%|~ × 2.50|max-abs-err 0 → 0.25",
		"after|B/op|1000.0 ± 0%|20.00 ± 0%|all|50.00|2.00% left|~ × 2.50|max-abs-err 0 → 0.25",
		"after|allocs/op|0.000|0.000|1.00|1.00|+0.0%|~ × 2.50|max-abs-err 0 → 0.25",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestMarkdownTable(t *testing.T) {
	var out strings.Builder
	writeMarkdownTable(&out, [][]string{{"a", "bc"}, {"× 2", "d"}})
	if want := "| a   | bc |\n| --- | -- |\n| × 2 | d  |\n"; out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
