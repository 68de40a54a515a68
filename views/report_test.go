package views

import (
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/report"
	"heaplab/profiler/report/reporttest"
)

func TestReport(t *testing.T) {
	p := testReportPage()
	doc := document(t, Report(p))
	for selector, want := range map[string]string{
		"h1":                            "Preallocated training buffers",
		".badge":                        "Improved",
		"#v-h":                          report.Conclude(p.Report, "preallocated").Headline,
		".kpis > div:first-child":       "Bytes per op −99.96% 1.13 MiB to 384 B",
		".kpis > div:nth-child(3) .big": "~ unchanged −0.1%",
		".choice [aria-current]":        "preallocated",
		".mbar:first-child .foot":       "−1.13 MiB · more than the spread noise floor ±0.1%",
		".mbar:nth-child(4) .v":         "3.41 ms 3.38 to 3.47 ms 3.30 ms 3.27 to 3.37 ms 3.45 ms 3.40 to 3.49 ms",
		"#fns tfoot td:nth-child(4)":    "−1.13 MiB",
		"#fns tbody tr:first-child td:nth-child(6)":  "gone",
		".env div:first-child":                       "Go go1.26.8 linux/amd64",
		".meta li:nth-child(2)":                      "6 rounds of 500 ms",
		".meta li:nth-child(3)":                      "took 3 min 12 s",
		".best tbody tr:last-child th":               "preallocated best",
		".best tbody tr:first-child td:nth-child(2)": "1.13 MiB",
		".best tbody tr:last-child td:nth-child(2)":  "384 B ▼ −99.96%",
	} {
		if got := text(doc.Find(selector)); got != want {
			t.Errorf("%s: %q, want %q", selector, got, want)
		}
	}
	containsAll(t, "weights", text(doc.Find("#fit-h + p")), "bit-identical")
	var order []string
	doc.Find("main h2[id]").Each(func(_ int, s *goquery.Selection) { order = append(order, s.AttrOr("id", "")) })
	if got, want := strings.Join(order, " "), "v-h best-h bars-h time-h pred-h fit-h fn-h flame-h check-h env-h files-h rep-h share-h"; got != want {
		t.Errorf("sections %s, want %s", got, want)
	}
	if got := doc.Find(`form[action="/experiments/42/shares"] select option[selected]`).AttrOr("value", ""); got != "720h" {
		t.Errorf("a link is good for %q unless somebody chooses", got)
	}
	// Undecided changes do not have the colour of a decided one.
	if n := doc.Find(".mbar .delta.same.better, .mbar .delta.same.worse, .kpis .same .glyph").Length(); n > 0 {
		t.Errorf("%d undecided changes are coloured", n)
	}
}

func TestReportListsAllocationsOutsideOfOperations(t *testing.T) {
	p := testReportPage()
	if n := document(t, Report(p)).Find("#outside-h").Length(); n > 0 {
		t.Error("a list without such allocations")
	}
	worker := reporttest.Function("heaplab/profiler/model.(*crew).work", 1000*2048, 1000)
	for i := range p.Report.Profiles {
		if profile := &p.Report.Profiles[i]; profile.Variant == "preallocated" && profile.Kind == profiler.Allocs {
			profile.Summary.Outside = &profiler.Outside{Totals: worker.Flat, Functions: []heap.Function{worker}}
		}
	}
	table := document(t, Report(p)).Find("#outside-h").Closest("section").Find("table")
	var rows []string
	table.Find("tbody tr").Each(func(_ int, s *goquery.Selection) { rows = append(rows, text(s)) })
	want := []string{"heaplab/ profiler/ model. (*crew) .work 2 KiB", "All functions 2 KiB"}
	if !slices.Equal(rows, want) {
		t.Errorf("rows %q, want %q", rows, want)
	}
}

func TestReportChoosesVariant(t *testing.T) {
	p := testReportPage()
	p.After = "resize"
	doc := document(t, Report(p))
	if got := text(doc.Find(".choice [aria-current]")); got != "resize" {
		t.Errorf("chosen %q", got)
	}
	if got := doc.Find(`.choice a:not([aria-current])`).AttrOr("href", ""); got != "/experiments/42?after=preallocated" {
		t.Errorf("the other is at %q", got)
	}
	containsAll(t, "warnings", text(doc.Find(".mbar .warnings")), "fresh", "2.5%")
	p.After = "nonsense"
	if got := text(document(t, Report(p)).Find(".choice [aria-current]")); got != "preallocated" {
		t.Errorf("an unknown variant shows %q", got)
	}
}

// A shared report has no actions and no links to other pages.
func TestSharedReport(t *testing.T) {
	p := testReportPage()
	p.Shared, p.SelfURL, p.Expires, p.Image = true, "https://heaplab.example/s/abc", reporttest.Day, "https://heaplab.example/s/abc/og.png"
	p.Downloads, p.Report.URL = nil, p.SelfURL
	p.Exports = []Export{{"Markdown", "for a pull request", p.SelfURL + "/report.md"}}
	p.Flame.Base, p.Flame.Path, p.Flame.Shared = p.SelfURL, p.SelfURL+"/profile", true
	doc := document(t, Report(p))
	if n := doc.Find("form, button:not([popovertarget=keys], [data-copy], [data-theme-toggle]), .actions > :not(.export), .top nav, .crumbs, #share").Length(); n > 0 {
		t.Errorf("%d things to click that are not for readers", n)
	}
	doc.Find("a[href]").Each(func(_ int, s *goquery.Selection) {
		href := s.AttrOr("href", "")
		if href != "#main" && !strings.HasPrefix(href, "https://heaplab.example/s/abc") {
			t.Errorf("a link to %s", href)
		}
	})
	for selector, want := range map[string]string{
		`meta[property="og:title"]`: "Preallocated training buffers: " + report.Conclude(p.Report, "preallocated").Headline,
		`meta[property="og:url"]`:   p.Report.URL,
		`meta[property="og:image"]`: p.Image,
		`meta[name="robots"]`:       "noindex",
		`meta[name="referrer"]`:     "no-referrer",
	} {
		if got := doc.Find(selector).AttrOr("content", ""); got != want {
			t.Errorf("%s: %q, want %q", selector, got, want)
		}
	}
	containsAll(t, "below the title", text(doc.Find("h1 + .lead")), "21 Nov 2026, 14:32 UTC")
	containsAll(t, "footer", text(doc.Find("footer")), "21 Nov 2026, 14:32 UTC")
}

func TestEndedReports(t *testing.T) {
	for _, c := range []struct {
		name string
		page ReportPage
		want []string
	}{
		{"failed", testFailed(), []string{"Failed", "5 runs", "fatal error: out of memory"}},
		{"canceled", testEnded(profiler.Canceled, ""), []string{"Canceled", "5 runs"}},
		{"interrupted", testEnded(profiler.Interrupted, "The server stopped."), []string{"Interrupted", "server stopped"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc := document(t, Report(c.page))
			containsAll(t, "end", text(doc.Find(".ended")), c.want...)
			if href := doc.Find(".ended a.primary").AttrOr("href", ""); href != "/experiments/new?from=42" {
				t.Errorf("again at %q", href)
			}
			if doc.Find(`.actions > a, button.primary[popovertarget="share"]`).Length() > 0 {
				t.Error("more ways to go on than launching it again")
			}
			if doc.Find(".verdict").Length() > 0 {
				t.Error("a verdict without comparisons")
			}
			if n := doc.Find("#arrived-h").Length(); n != 1 {
				t.Error("what arrived is not shown")
			}
		})
	}
}

// If nothing was measured, the page says so once, and what to do next depends on the state.
func TestEndedWithoutRuns(t *testing.T) {
	for _, c := range []struct {
		state        profiler.State
		reason, want string
	}{
		{profiler.Canceled, "", "Canceled"},
		{profiler.Interrupted, "The server was stopped while this experiment ran.", "Interrupted"},
		{profiler.Failed, "The child was stopped.", "The child was stopped."},
	} {
		p := testEnded(c.state, c.reason)
		p.Runs, p.Report.RunsDone, p.Report.Warnings = nil, 0, []string{"The experiment did not finish."}
		doc := document(t, Report(p))
		if got := text(doc.Find(".ended")); !strings.Contains(got, c.want) || strings.Contains(got, "after 0 runs") {
			t.Errorf("%s: %q lacks %q", c.state, got, c.want)
		}
		if c.state == profiler.Interrupted && strings.Contains(text(doc.Find(".ended")), c.reason) {
			t.Errorf("%s: the reason repeats the heading", c.state)
		}
		if doc.Find(".warnings").Length() > 0 {
			t.Errorf("%s: a warning about numbers that do not exist", c.state)
		}
	}
}

// A canceled experiment may lack comparisons of the last variant, which a page shows by default.
func TestCanceledShowsWhatWasCompared(t *testing.T) {
	p := testReportPage()
	p.Report.State, p.Report.RunsDone = profiler.Canceled, 5
	p.Report.Comparisons, p.After = p.Report.Comparisons[:6], "preallocated"
	doc := document(t, Report(p))
	if got := text(doc.Find(".choice li")); got != "resize" {
		t.Errorf("to choose from: %q", got)
	}
	if n := doc.Find(".mbar").Length(); n != 6 {
		t.Errorf("%d charts, want all of resize", n)
	}
}

// A saving that is a small part of the process has a link to the large preset, except in a copy.
func TestReportOfSmallSaving(t *testing.T) {
	p := testReportPage()
	p.LargeURL = "/experiments/new?case=precision&preset=large"
	const link = `.v-lead p a[href*="preset=large"]`
	if n := document(t, Report(p)).Find(link).Length(); n != 0 {
		t.Errorf("%d links beside a saving of allocations", n)
	}
	small := reporttest.Against(profiler.LiveHeap, "preallocated", reporttest.Exactly(435<<10), reporttest.Exactly(258<<10), 0.002, report.Better)
	rss := reporttest.Against(profiler.PeakRSS, "preallocated", reporttest.Exactly(29<<20), reporttest.Exactly(29<<20), 1, report.Same)
	p.Report.Comparisons = []report.Comparison{small, rss}
	if n := document(t, Report(p)).Find(link).Length(); n != 1 {
		t.Errorf("%d links beside a small saving, want 1", n)
	}
}
