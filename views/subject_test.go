package views

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/report/reporttest"
)

func testImportForm() ImportPage {
	return ImportPage{MaxUpload: 16 << 20, Base: "http://127.0.0.1:8080"}
}

func testFaultyImportForm() ImportPage {
	p := testImportForm()
	p.Values = map[string]string{"title": "pools instead of buffers", "tags": "pools"}
	p.Faults = profiler.Faults{
		{Field: "baseline", Message: `"before.pb.gz" is a CPU profile, not a heap profile: it has neither alloc_space nor inuse_space`},
		{Field: "variant", Message: "is missing: choose a heap profile"},
		{Field: "colour", Message: `"colour" is no part of an import: there are baseline, variant, title, note and tags`},
	}
	return p
}

func TestImportReport(t *testing.T) {
	doc := document(t, Report(ReportPage{Report: reporttest.Import(), Flame: flameOf(reporttest.Import(), profiler.ImportVariant), SelfURL: "/experiments/7", Downloads: []Download{{Label: "baseline.import.pb.gz", URL: "/x", Bytes: 9000}}}))
	var kpis []string
	doc.Find(".kpis > div").Each(func(_ int, s *goquery.Selection) { kpis = append(kpis, text(s)) })
	if got, want := strings.Join(kpis, " | "), "Allocated bytes −62.2% −500 MiB ± 46.8 MiB 804 MiB to 304 MiB | Allocated objects −62.2% −50,000 ± 4,684 80,400 to 30,400 | "+
		"Bytes in use −62.2% −125 MiB ± 23.4 MiB 201 MiB to 76 MiB | Objects in use −62.2% −12,500 ± 2,342 20,100 to 7,600"; got != want {
		t.Errorf("totals %q, want %q", got, want)
	}
	containsAll(t, "verdict", text(doc.Find(".verdict")), "Whole process", "not tested", "512 KiB")
	var classes []string // of the functions: by what sampling alone can make
	doc.Find("#fns tbody tr").Each(func(_ int, s *goquery.Selection) {
		classes = append(classes, s.Find("td.strong").AttrOr("class", ""))
	})
	if got := strings.Join(classes, ", "); got != "less strong, more strong, same strong" {
		t.Errorf("functions are %s", got)
	}
	containsAll(t, "functions", text(doc.Find("#fn-h + p")), "whole process", "baseline", "variant")
	if n := doc.Find(`a[href*="from="], .env, [aria-labelledby="bars-h"]`).Length(); n > 0 {
		t.Errorf("%d parts of a report that needs runs", n)
	}
	if got := doc.Find(".crumbs a").Last().AttrOr("href", ""); got != "/?case=import" {
		t.Errorf("the crumbs lead to %q", got)
	}
}

// If the profiles have only memory in use in common, the table of functions shows that.
func TestImportOfMemoryInUse(t *testing.T) {
	r := reporttest.Import()
	r.Profiles[1].Summary.Types = []heap.Type{heap.InuseSpace, heap.InuseObjects}
	table := functions(flameOf(r, profiler.ImportVariant))
	if table.Type != heap.InuseSpace || table.Total.Flat.before != 201<<20 || !strings.Contains(table.heading(), "in use") {
		t.Errorf("table = %+v", table)
	}
}

func TestImportForm(t *testing.T) {
	doc := document(t, Import(testFaultyImportForm()))
	field := doc.Find("#f-baseline")
	if field.AttrOr("type", "") != "file" || field.AttrOr("name", "") != "baseline" || field.AttrOr("aria-invalid", "") != "true" {
		t.Error("the field of the baseline is not marked, or no file")
	}
	if got := text(doc.Find("#f-variant-fault")); got != "Is missing: choose a heap profile" {
		t.Errorf("fault %q", got)
	}
	if got := doc.Find("#f-title").AttrOr("value", ""); got != "pools instead of buffers" {
		t.Errorf("the title is now %q", got)
	}
	containsAll(t, "files", text(doc.Find(".again")), "again")
	var links []string
	doc.Find(".faults a").Each(func(_ int, s *goquery.Selection) { links = append(links, s.AttrOr("href", "")) })
	if got := strings.Join(links, " "); got != "#f-baseline #f-variant" {
		t.Errorf("the summary links to %s", got)
	}
	if n := document(t, Import(testImportForm())).Find(".faults, .again, [aria-invalid]").Length(); n > 0 {
		t.Errorf("%d faults before anything was sent", n)
	}
}
