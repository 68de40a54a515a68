package views

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"heaplab/profiler/export"
	"heaplab/profiler/report"
	"heaplab/profiler/report/reporttest"
)

func TestDocument(t *testing.T) {
	p := testReportPage()
	p.After = "resize"
	p.Flame = flameOf(p.Report, "resize")
	d := p.Document()
	if d.After != "resize" || len(d.Reproduce) != 2 || d.Report.ID != 42 {
		t.Errorf("document %+v", d)
	}
	f := d.Functions
	if f.Unit != "bytes per op" || len(f.Rows) != 6 {
		t.Fatalf("functions %+v, want the 6 that changed", f)
	}
	if got, want := f.Rows[0], (export.FunctionRow{Name: "heaplab/profiler/model.(*Dense).Forward", Before: "512 KiB", After: "0 B", Change: "−512 KiB"}); got != want {
		t.Errorf("first row %+v, want %+v", got, want)
	}
	if d := (ReportPage{Report: p.Report}).Document(); len(d.Functions.Rows) > 0 || d.Reproduce != nil {
		t.Errorf("without profiles and commands: %+v", d)
	}
}

// A report as a file has all sections of its page and loads nothing.
func TestReportFile(t *testing.T) {
	page := testReportPage()
	page.Report.URL = "https://heaplab.example/experiments/42"
	file := page
	file.File, file.Shared, file.Downloads, file.Exports = true, true, nil, nil
	doc := document(t, ReportFile(file))
	headings := func(doc *goquery.Document) (ids []string) {
		doc.Find("main section h2[id]").Each(func(_ int, s *goquery.Selection) { ids = append(ids, s.AttrOr("id", "")) })
		return slices.DeleteFunc(ids, func(id string) bool { return id == "files-h" })
	}
	if diff := cmp.Diff(headings(document(t, Report(page))), headings(doc)); diff != "" {
		t.Errorf("cards (-page +file):\n%s", diff)
	}
	checkFile(t, doc)
	if got := text(doc.Find("h1 + .lead")); got != "A copy of the report at https://heaplab.example/experiments/42" {
		t.Errorf("lead %q", got)
	}
	file.Expires = reporttest.Day
	if got := text(document(t, ReportFile(file)).Find("h1 + .lead")); !strings.HasSuffix(got, ", valid until 21 Nov 2026, 14:32 UTC") {
		t.Errorf("lead %q", got)
	}
	file.Report, file.Commands = reporttest.Hostile(), []Command{{hostile, []string{hostile}}}
	file.Report.URL = page.Report.URL
	checkFile(t, document(t, ReportFile(file)))
	for _, r := range []report.Report{reporttest.Sweep(), reporttest.Calibration(), testFailed().Report} {
		file.Report = r
		file.Report.URL = page.Report.URL
		checkFile(t, document(t, ReportFile(file)))
	}
}

func checkFile(t *testing.T, doc *goquery.Document) {
	t.Helper()
	if got := doc.Find(`meta[http-equiv="Content-Security-Policy"]`).AttrOr("content", ""); !strings.HasPrefix(got, "default-src 'none'; style-src 'unsafe-inline';") {
		t.Errorf("policy %q", got)
	}
	if n := doc.Find("script, form, iframe, img, dialog, [src], [popovertarget], [onerror], link:not([rel=icon])").Length(); n > 0 {
		t.Errorf("%d elements that load, run or send something", n)
	}
	doc.Find("[href]").Each(func(_ int, s *goquery.Selection) {
		switch href := s.AttrOr("href", ""); {
		case href == "#main", href == "https://heaplab.example/experiments/42":
		case s.Is("link") && strings.HasPrefix(href, "data:image/svg+xml;base64,"):
		default:
			t.Errorf("a way to %.80s", href)
		}
	})
	doc.Find("style").Remove()
	if body := doc.Text(); strings.ContainsAny(body, "\u202e\x1b") {
		t.Error("invisible characters reach the page as they are")
	}
	if size := len(fmt.Sprint(doc.Html())); size > 400<<10 {
		t.Errorf("%d bytes without the styles", size)
	}
}
