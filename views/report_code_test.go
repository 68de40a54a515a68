package views

import (
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/report"
)

// testCausesPage is a report about a Go module: a function that changed, one that moved, and one that was not found. Its
// source code is hostile.
func testCausesPage() ReportPage {
	p := testReportPage()
	p.Report.Source, p.Report.Subject = profiler.SubjectGoBench, profiler.SubjectGoBench
	p.Report.Labels = map[string]string{profiler.LabelModule: "example.com/m"}
	p.Report.Causes = []report.Causes{{Variant: "preallocated", Functions: []report.Cause{
		{Function: "example.com/m/json.(*Decoder[...]).Decode", Before: 96, After: 640},
		{Function: "example.com/m.Remote", Before: 0, After: 32, Moved: &report.Cause{Function: "example.com/m.Client", Before: 48}},
		{Function: "example.com/m.Lost", Before: 9, After: 1},
		{Function: "example.com/m.Later", Before: 2, After: 1},
	}}}
	source := func(first, hot int, text, url string) *profiler.Source {
		return &profiler.Source{File: "json/a <b>.go", First: first, Hot: hot, Text: text, URL: url}
	}
	report.AddCode(p.Report.Causes, []profiler.Explanation{
		{
			Variant: "preallocated", Function: "example.com/m/json.(*Decoder[...]).Decode",
			Before: source(40, 43, "// Decode.\nfunc Decode() {\n\tx := 1 // "+strings.Repeat("long ", 60)+"\n\ty := make([]byte, 96)\n\tz()\n}\n", "https://github.com/o/m/blob/c0/a%20%3Cb%3E.go#L43"),
			After:  source(50, 53, "// Decode.\nfunc Decode() {\n\tx := 1 // "+strings.Repeat("long ", 60)+"\n\ty := &T{\"</code><script>alert(1)</script>\u202e\"}\n\tkeep(y)\n\tz()\n}\n", "javascript:alert(1)"),
			Escapes: []profiler.Escape{
				{Code: "&T{...}", After: &profiler.Placement{Line: 53, Heap: true, Reason: "passed to keep"}},
				{Code: "make([]byte, 96)", Before: &profiler.Placement{Line: 43, Heap: true, Reason: "returned"}},
			},
		},
		{Variant: "preallocated", Function: "example.com/m.Remote", Before: source(3, 0, "func Remote() {}\n", ""), After: source(3, 0, "func Remote() {}\n", "")},
		{Variant: "preallocated", Function: "example.com/m.Lost", Notes: []string{"The source code of this function was not found in the files of its package."}},
	})
	return p
}

// The source code of a cause has its changes, the line that allocates and the decisions of the compiler.
func TestCauseCode(t *testing.T) {
	p := testCausesPage()
	doc := document(t, Report(p))
	for selector, want := range map[string]string{
		".moved": "+32 B here, moved from m.Client: −48 B",
		"section:has(#cause-h) > .scroll tbody tr:nth-child(2) td:last-child": "−16 B",
		".codes .code:nth-of-type(1) summary":                                 "json.(*Decoder[…]).Decode 2 lines added, 1 removed; 2 decisions of the compiler changed",
		".codes .code:nth-of-type(2) summary":                                 "m.Remote not changed",
		".codes .code:nth-of-type(3) summary":                                 "m.Lost not found",
		".codes .code:nth-of-type(3) p":                                       "The source code of this function was not found in the files of its package.",
		".codes .code:nth-of-type(1) .escapes li:nth-child(1)":                "▲ &T{...} is new and on the heap (line 53): passed to keep",
		".codes .code:nth-of-type(1) .escapes li:nth-child(2)":                "▼ make([]byte, 96) is gone; it was on the heap (line 43): returned",
		".codes .code:nth-of-type(1) tr.minus.hot .n":                         "43",
		".codes .code:nth-of-type(1) tr.plus.hot .n":                          "53",
		".codes .code:nth-of-type(1) tr.plus.hot code":                        `y := &T{"</code><script>alert(1)</script>\u202e"}`,
	} {
		if got := text(doc.Find(selector)); got != want {
			t.Errorf("%s: %q, want %q", selector, got, want)
		}
	}
	var open []bool
	for _, n := range doc.Find(".code").EachIter() {
		_, is := n.Attr("open")
		open = append(open, is)
	}
	if len(open) != 3 || !open[0] || open[1] || open[2] {
		t.Errorf("open: %v, want only the first", open)
	}
	links := doc.Find(".code-links a")
	if got := links.Eq(0).AttrOr("href", ""); got != "https://github.com/o/m/blob/c0/a%20%3Cb%3E.go#L43" {
		t.Errorf("link %q", got)
	}
	for _, a := range links.EachIter() {
		if strings.HasPrefix(a.AttrOr("href", ""), "javascript") {
			t.Error("a link runs a script")
		}
	}
	if doc.Find(".code script").Length() > 0 {
		t.Error("source code is markup")
	}
	p.Report.Causes[0].Functions = p.Report.Causes[0].Functions[3:]
	if n := document(t, Report(p)).Find(".codes").Length(); n > 0 {
		t.Error("an experiment without source code, as before it was stored, has a list of it")
	}
}
