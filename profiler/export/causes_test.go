package export

import (
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/report"
)

// Without a verdict on bytes per operation, causes are said to be perhaps chance.
func TestCausesMarkdown(t *testing.T) {
	r := report.Report{
		Comparisons: []report.Comparison{{Unit: profiler.BytesPerOp, Variant: "after", Verdict: report.Worse}},
		Causes: []report.Causes{{Variant: "after", Functions: []report.Cause{
			{Function: "example.com/words.Join|<b>", File: "words.go", Line: 10, Before: 64, After: 248},
		}}},
	}
	text := causesMarkdown(r, "after")
	for _, want := range []string{"`words.go:10`", "64 B", "248 B", "+184 B"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
	if strings.Contains(text, "<b>") || strings.Contains(text, "chance") {
		t.Errorf("text = %s", text)
	}
	r.Comparisons[0].Verdict = report.Unclear
	if text := causesMarkdown(r, "after"); !strings.Contains(text, "may be chance") {
		t.Errorf("without a verdict, text = %s", text)
	}
	if text := causesMarkdown(r, "other"); text != "" {
		t.Errorf("a variant without causes has %s", text)
	}
}
