package views

import (
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// A technique whose saving another would bring as well has a smaller share of its own.
func TestStackRows(t *testing.T) {
	live := func(name, adds, leaves string, mib float64) report.VariantReport {
		return report.VariantReport{Name: name, Adds: adds, Leaves: leaves, Samples: map[string][]float64{profiler.LiveHeap: {mib * (1 << 20)}}}
	}
	rows := stackRows(report.Report{Variants: []report.VariantReport{
		live("plain", "", "", 100), live("first", "one", "", 40), live("without", "", "one", 30), live("all", "two", "", 25), live("other", "", "two", 40),
	}})
	if len(rows) != 2 || rows[0].Technique != "one" || rows[1].Technique != "two" {
		t.Fatalf("rows = %+v", rows)
	}
	for i, want := range []stackPart{{"−60 MiB", "−5 MiB", "less", "less"}, {"−15 MiB", "−15 MiB", "less", "less"}} {
		if got := rows[i].Parts[0]; got != want {
			t.Errorf("%s: %+v, want %+v", rows[i].Technique, got, want)
		}
	}
	if got := rows[0].Parts[1]; got.Added != words.None || got.AddedClass != "same" {
		t.Errorf("of what was not measured: %+v", got)
	}
	if rows := stackRows(testReport()); rows != nil {
		t.Errorf("where nothing is stacked: %+v", rows)
	}
}
