package views

import (
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/report/reporttest"
	"heaplab/profiler/words"
)

// A technique whose saving overlaps with another has a smaller effect of its own.
func TestAblation(t *testing.T) {
	live := func(name, adds, leaves string, mib float64) report.VariantReport {
		return report.VariantReport{Name: name, Adds: adds, Leaves: leaves, Samples: map[string][]float64{profiler.LiveHeap: {mib * (1 << 20)}}}
	}
	rows := ablationRows(report.Report{Variants: []report.VariantReport{
		live("plain", "", "", 100), live("first", "one", "", 40), live("without", "", "one", 30), live("all", "two", "", 25), live("other", "", "two", 40),
	}})
	if len(rows) != 2 || rows[0].Technique != "one" || rows[1].Technique != "two" {
		t.Fatalf("rows = %+v", rows)
	}
	for i, want := range []ablationEffect{{"−60 MiB", "−5 MiB", "less", "less"}, {"−15 MiB", "−15 MiB", "less", "less"}} {
		if got := rows[i].Effects[0]; got != want {
			t.Errorf("%s: %+v, want %+v", rows[i].Technique, got, want)
		}
	}
	if got := rows[0].Effects[1]; got.Added != words.None || got.AddedClass != "same" {
		t.Errorf("of what was not measured: %+v", got)
	}
	if rows := ablationRows(reporttest.Comparison()); rows != nil {
		t.Errorf("where nothing is stacked: %+v", rows)
	}
}
