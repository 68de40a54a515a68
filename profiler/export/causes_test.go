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

// The source code of the first cause is a folded block that nothing in it can end. Code that moved has both changes.
func TestCodeMarkdown(t *testing.T) {
	source := func(text string) *profiler.Source {
		return &profiler.Source{File: "f.go", First: 3, Hot: 4, Text: text}
	}
	causes := []report.Causes{{Variant: "after", Functions: []report.Cause{
		{
			Function: "example.com/m.F[</code><script>]", File: "f.go", Line: 4, Before: 10, After: 58,
			Moved: &report.Cause{Function: "example.com/m.G", File: "g.go", Line: 9, Before: 32},
		},
		{Function: "example.com/m.H", Before: 1, After: 2},
	}}}
	report.AddCode(causes, []profiler.Explanation{
		{
			Variant: "after", Function: "example.com/m.F[</code><script>]",
			Before: source("func F() {\n\told()\n}\n"), After: source("func F() {\n\t```\n\t</details>\n}\n"),
			Escapes: []profiler.Escape{{Code: "&T{...}", Before: &profiler.Placement{Line: 4}, After: &profiler.Placement{Line: 5, Heap: true, Reason: "returned"}}},
		},
		{Variant: "after", Function: "example.com/m.H", Before: source("func H() {}\n"), After: source("func H() { old() }\n")},
	})
	r := report.Report{Causes: causes, Comparisons: []report.Comparison{{Unit: profiler.BytesPerOp, Variant: "after", Verdict: report.Worse}}}
	text := causesMarkdown(r, "after")
	for _, want := range []string{
		"| 42 B | 58 B | +16 B |", "| itself | `f.go:4` | 10 B | 58 B | +48 B |", "| moved from `example.com/m.G` | `g.go:9` | 32 B | 0 B | −32 B |",
		"<details><summary>Source code of <code>example.com/m.F[&lt;/code&gt;&lt;script&gt;]</code></summary>\n\n",
		"- `&T{...}` is now on the heap (line 5): returned\n",
		"````diff\n--- a/f.go\n+++ b/f.go\n@@ -3,3 +3,4 @@\n func F() {\n-\told()\n+\t```\n+\t</details>\n }\n````\n\n</details>",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(text, "H() {") {
		t.Errorf("the second cause has its code in\n%s", text)
	}
}
