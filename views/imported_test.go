package views

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
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

// importedSide is a sampled profile whose functions allocated so many MiB; a quarter is in use.
func importedSide(variant string, mib map[string]int64) profiler.ImportedProfile {
	s := profiler.Summary{Types: heap.Types, Samples: 9, Period: 512 << 10}
	for _, name := range []string{"example.com/pool.(*Pool).Get", "main.parse", "main.small"} {
		v := heap.Values{AllocSpace: mib[name] << 20, AllocObjects: mib[name] * 100, InuseSpace: mib[name] << 18, InuseObjects: mib[name] * 25}
		s.Functions = append(s.Functions, heap.Function{Name: name, Flat: v, Cum: v})
		s.Totals.AllocSpace += v.AllocSpace
		s.Totals.AllocObjects += v.AllocObjects
		s.Totals.InuseSpace += v.InuseSpace
		s.Totals.InuseObjects += v.InuseObjects
	}
	return profiler.ImportedProfile{Variant: variant, File: variant + ".pb.gz", Profile: profiler.Profile{SHA256: variant, GzipSize: 9000, Summary: s}}
}

func testImport() report.Report {
	e := profiler.Experiment{
		ID: 7, Source: profiler.SourceImport, Kind: profiler.KindComparison, Case: profiler.ImportCase, Title: "pools instead of buffers",
		State: profiler.Done, Note: "one hour of traffic each", Tags: []string{"pools"}, Created: day, Finished: day,
	}
	return report.NewImportReport(e, []profiler.ImportedProfile{
		importedSide("baseline", map[string]int64{"example.com/pool.(*Pool).Get": 1, "main.parse": 800, "main.small": 3}),
		importedSide("variant", map[string]int64{"example.com/pool.(*Pool).Get": 200, "main.parse": 100, "main.small": 4}),
	})
}

func TestTotals(t *testing.T) {
	side := func(samples int, types []heap.Type, v heap.Values) profiler.Summary {
		return profiler.Summary{Types: types, Samples: samples, Totals: v}
	}
	space := []heap.Type{heap.AllocSpace}
	of := func(n int64) heap.Values { return heap.Values{AllocSpace: n} }
	for _, test := range []struct {
		name          string
		before, after profiler.Summary
		want          total
	}{
		{"less", side(1, space, of(4<<20)), side(1, space, of(1<<20)), total{heap.AllocSpace, "4 MiB", "1 MiB", "−3 MiB", "−75.0%"}},
		{"more", side(1, space, of(1<<20)), side(1, space, of(3<<20)), total{heap.AllocSpace, "1 MiB", "3 MiB", "+2 MiB", "+200.0%"}},
		{"equal", side(1, space, of(5)), side(1, space, of(5)), total{heap.AllocSpace, "5 B", "5 B", "0 B", "0%"}},
		{"gone", side(1, space, of(5)), side(1, space, of(0)), total{heap.AllocSpace, "5 B", "0 B", "−5 B", "−100%"}},
		{"new", side(1, space, of(0)), side(1, space, of(5)), total{heap.AllocSpace, "0 B", "5 B", "+5 B", "new"}},
		{"nothing", side(1, space, of(0)), side(1, space, of(0)), total{heap.AllocSpace, "0 B", "0 B", "0 B", "0%"}},
		{"without samples", side(0, space, of(0)), side(1, space, of(5)), total{heap.AllocSpace, "0 B", "5 B", "", words.None}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := totals(test.before, test.after); len(got) != 1 || got[0] != test.want {
				t.Errorf("totals = %+v, want %+v", got, test.want)
			}
		})
	}
	if got := totals(side(1, heap.Types, of(1)), side(1, heap.Types, of(1))); len(got) != 4 {
		t.Errorf("of all types there are totals of %d, want 4", len(got))
	}
}

func TestImportSummary(t *testing.T) {
	r := testImport()
	if got, want := ImportSummary(summaries(r)), "Allocated 804 MiB → 304 MiB, in use 201 MiB → 76 MiB, whole process."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	r.Profiles[0].Fault = "The profile is too deep."
	if got := ImportSummary(summaries(r)); got != "The profiles cannot be shown." {
		t.Errorf("%q", got)
	}
}

func TestImportReport(t *testing.T) {
	doc := document(t, Report(ReportPage{Report: testImport(), Flame: flameOf(testImport(), profiler.ImportVariant), SelfURL: "/experiments/7", Downloads: []Download{{Label: "baseline.import.pb.gz", URL: "/x", Bytes: 9000}}}))
	var kpis []string
	doc.Find(".kpis > div").Each(func(_ int, s *goquery.Selection) { kpis = append(kpis, text(s)) })
	if got, want := strings.Join(kpis, " | "), "Allocated bytes −62.2% −500 MiB 804 MiB to 304 MiB | Allocated objects −62.2% −50,000 80,400 to 30,400 | "+
		"Bytes in use −62.2% −125 MiB 201 MiB to 76 MiB | Objects in use −62.2% −12,500 20,100 to 7,600"; got != want {
		t.Errorf("totals %q, want %q", got, want)
	}
	for _, want := range []string{"Whole process, not per operation.", "no spread", "nothing is decided", "one allocation in 512 KiB: small values are estimates"} {
		if got := text(doc.Find(".verdict")); !strings.Contains(got, want) {
			t.Errorf("the card says %q, without %q", got, want)
		}
	}
	var classes []string // of the functions: by what sampling alone can make
	doc.Find("#fns tbody tr").Each(func(_ int, s *goquery.Selection) {
		classes = append(classes, s.Find("td.strong").AttrOr("class", ""))
	})
	if got := strings.Join(classes, ", "); got != "less strong, more strong, same strong" {
		t.Errorf("functions are %s", got)
	}
	if got := text(doc.Find("#fn-h + p")); !strings.HasPrefix(got, "Allocated by the function itself; whole process, not per operation, baseline against variant") {
		t.Errorf("functions: %q", got)
	}
	if n := doc.Find(`a[href*="from="], .env, [aria-labelledby="bars-h"]`).Length(); n > 0 {
		t.Errorf("%d parts of a report that needs runs", n)
	}
	if got := doc.Find(".crumbs a").Last().AttrOr("href", ""); got != "/?case=import" {
		t.Errorf("the crumbs lead to %q", got)
	}
}

// Where the profiles have only what is in use in common, functions are told by that.
func TestImportOfWhatIsInUse(t *testing.T) {
	r := testImport()
	r.Profiles[1].Summary.Types = []heap.Type{heap.InuseSpace, heap.InuseObjects}
	table := functions(flameOf(r, profiler.ImportVariant))
	if table.Type != heap.InuseSpace || table.Total.Flat.before != 201<<20 || table.heading() != "Functions with the most in use" {
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
	if got := text(doc.Find(".again")); !strings.Contains(got, "choose both profiles again") {
		t.Errorf("files: %q", got)
	}
	var links []string
	doc.Find(".faults a").Each(func(_ int, s *goquery.Selection) { links = append(links, s.AttrOr("href", "")) })
	if got := strings.Join(links, " "); got != "#f-baseline #f-variant" {
		t.Errorf("the summary links to %s", got)
	}
	if n := document(t, Import(testImportForm())).Find(".faults, .again, [aria-invalid]").Length(); n > 0 {
		t.Errorf("%d faults before anything was sent", n)
	}
}
