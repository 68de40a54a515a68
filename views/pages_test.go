package views

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
	"golang.org/x/net/html"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/report"
	"heaplab/profiler/report/reporttest"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/weights"
)

func document(t *testing.T, c templ.Component) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(render(t, c)))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// text returns the texts of a selection, with single spaces between them.
func text(s *goquery.Selection) string {
	var words []string
	s.Each(func(_ int, s *goquery.Selection) {
		for n := range s.Nodes[0].Descendants() {
			if n.Type == html.TextNode {
				words = append(words, strings.Fields(n.Data)...)
			}
		}
	})
	return strings.Join(words, " ")
}

// containsAll checks that a text of a page has all parts, such as numbers. Its other words may change.
func containsAll(t *testing.T, what, got string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(got, part) {
			t.Errorf("%s: %q lacks %q", what, got, part)
		}
	}
}

// Every page in every state follows the content security policy, and has the outline that screen
// readers need.
func TestEveryPage(t *testing.T) {
	for _, s := range states() {
		t.Run(s.name, func(t *testing.T) { checkPage(t, document(t, s.page)) })
	}
}

func checkPage(t *testing.T, doc *goquery.Document) {
	t.Helper()
	if n := doc.Find("h1").Length(); n != 1 {
		t.Errorf("%d h1", n)
	}
	if title := text(doc.Find("head title")); !strings.HasSuffix(title, " · Heaplab") || len(title) < 14 {
		t.Errorf("title %q", title)
	}
	for _, landmark := range []string{"header", "main#main", "footer", `a.skip[href="#main"]`} {
		if doc.Find(landmark).Length() != 1 {
			t.Errorf("no single %s", landmark)
		}
	}
	doc.Find("script").Each(func(_ int, s *goquery.Selection) {
		if src, ok := s.Attr("src"); !ok || !strings.HasPrefix(src, "/static/") || s.Text() != "" {
			t.Errorf("a script with source %q and text %q", src, s.Text())
		}
	})
	if n := doc.Find("style, iframe, object, embed, base").Length(); n > 0 {
		t.Errorf("%d elements that the policy forbids", n)
	}
	ids := map[string]bool{}
	doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		for _, a := range s.Nodes[0].Attr {
			switch {
			case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
				t.Errorf("attribute %s=%q", a.Key, a.Val)
			case a.Key == "id" && ids[a.Val]:
				t.Errorf("two elements with id %q", a.Val)
			case a.Key == "id":
				ids[a.Val] = true
			case (a.Key == "href" || a.Key == "src" || a.Key == "action") && strings.HasPrefix(a.Val, "javascript"):
				t.Errorf("%s=%q", a.Key, a.Val)
			case strings.Contains(a.Val, "NaN") || strings.Contains(a.Val, "Inf"):
				t.Errorf("attribute %s=%q", a.Key, a.Val)
			}
		}
	})
	for _, attribute := range []string{"aria-labelledby", "aria-describedby", "for", "popovertarget", "data-copy", "data-filter"} {
		doc.Find("[" + attribute + "]").Each(func(_ int, s *goquery.Selection) {
			for id := range strings.FieldsSeq(s.AttrOr(attribute, "")) {
				if !ids[id] {
					t.Errorf("%s names %q, which does not exist", attribute, id)
				}
			}
		})
	}
	doc.Find("table").Each(func(_ int, s *goquery.Selection) {
		if text(s.Find("caption")) == "" {
			t.Error("a table without a caption")
		}
	})
	if strings.Contains(doc.Text(), "NaN") {
		t.Error("NaN on the page")
	}
}

const hostile = reporttest.HostileText

// Names, notes and outputs come from outside and must always be shown as text.
func TestHostileText(t *testing.T) {
	r := reporttest.Hostile()
	runs := testRuns()
	runs[0].Variant, runs[0].Kind = hostile, hostile
	page := ReportPage{
		Report: r, Runs: runs, Output: hostile, SelfURL: "/experiments/42",
		Commands:  []Command{{hostile, []string{hostile}}},
		Downloads: []Download{{hostile, "javascript:alert(1)", 1, hostile, "javascript:alert(1)"}},
		Exports:   []Export{{hostile, hostile, "javascript:alert(1)"}},
	}
	failed, shared := page, page
	failed.Report.State = profiler.Failed
	shared.Shared = true
	item := testItem(1, profiler.Failed)
	item.Experiment.Design.Title, item.Experiment.Note, item.Experiment.Tags, item.Experiment.Reason = hostile, hostile, []string{hostile}, hostile
	item.Experiment.Design.Params, item.Experiment.Design.Labels = r.Params, r.Labels
	launch := testFaultyLaunch()
	launch.Values = map[string]string{"param.batch": hostile, "count": hostile, "note": hostile, "tags": hostile}
	launch.Faults = profiler.Faults{{Field: "count", Message: hostile}, {Field: hostile, Message: hostile}}
	form := testFaultyImportForm()
	form.Values = map[string]string{"title": hostile, "note": hostile, "tags": hostile}
	form.Faults = profiler.Faults{{Field: "baseline", Message: hostile}, {Field: hostile, Message: hostile}}
	imported := reporttest.Import()
	imported.Title, imported.Note, imported.Warnings = hostile, hostile, []string{hostile}
	for i := range imported.Profiles {
		imported.Profiles[i].File = hostile
		imported.Profiles[i].Summary.Functions[0].Name = hostile
	}
	live := testLive()
	sweep := reporttest.Sweep()
	sweep.Sweep = &profiler.Sweep{Over: hostile, Values: []string{hostile, "2", hostile}}
	for i := range sweep.Rows {
		sweep.Rows[i].Value = hostile
	}
	live.Report, live.Runs, live.Output, live.Current = r, runs, hostile, hostile
	shares := testShares()
	shares.Title, shares.Link, shares.Fault, shares.Shares[0].Hint = hostile, hostile, hostile, hostile
	profiles := testProfilePage(func(q *ProfileQuery) { q.Before, q.Focus, q.Ignore = hostile, hostile, hostile })
	profiles.Report, profiles.Faults = r, profiler.Faults{{Field: "ignore", Message: hostile}, {Field: hostile, Message: hostile}}
	profiles.Diff = heap.NewDiff(digestOf(map[string]int64{"main;" + hostile + ";f": 10 << 20, "main;g": 10 << 20}), digestOf(map[string]int64{"main;" + hostile + ";f": 30 << 20}))
	profiles.Graph = profiles.Diff.Graph(heap.Selection{Type: heap.AllocSpace, Focus: hostile})
	calls, top, all, gone := profiles, profiles, profiles, profiles
	calls.Query.View, top.Query.View, gone.Missing = ViewCalls, ViewTop, hostile
	all.Graph, all.Query.Focus = all.Diff.Graph(heap.Selection{Type: heap.AllocSpace}), ""
	page.Flame = &all
	lines := testSourcePage()
	lines.Report, lines.Before, lines.After, lines.ReportURL = r, hostile, hostile, "javascript:alert(1)"
	unknown := lines
	unknown.Missing = hostile
	model := testPredict()
	file := weights.File{Path: hostile, Format: weights.Safetensors, Tensors: []weights.Tensor{
		{Name: hostile + ".1." + hostile, Type: weights.F32, Shape: []int64{2, 2}, Bytes: 16}, {Name: hostile, Type: hostile, Bytes: 1},
	}}
	prediction := weights.Predict(&file)
	model.File, model.Fault, model.Models[0].Name, model.Prediction = hostile, hostile, hostile, &prediction
	for name, c := range map[string]templ.Component{
		"predict":         Predict(model),
		"profile":         Profile(profiles),
		"profile-all":     Profile(all),
		"profile-calls":   Profile(calls),
		"profile-top":     Profile(top),
		"profile-missing": Profile(gone),
		"report":          Report(page),
		"failed":          Report(failed),
		"shared":          Report(shared),
		"history":         History(HistoryPage{Items: []HistoryItem{item}, Query: hostile, Tag: hostile, Case: hostile, Next: "javascript:alert(1)"}),
		"launch":          Launch(launch),
		"import":          Import(form),
		"report-import":   Report(ReportPage{Report: imported, SelfURL: "/experiments/7"}),
		"live":            Live(live),
		"shares":          Shares(shares),
		"sweep":           Report(ReportPage{Report: sweep, SelfURL: "/experiments/42"}),
		"pprof":           Pprof(PprofPage{Report: r, Profile: r.Profiles[0], Reason: hostile, Commands: page.Commands}),
		"source":          Source(lines),
		"source-missing":  Source(unknown),
		"error":           Error(ErrorPage{Status: 400, Title: hostile, Message: hostile, Next: hostile, NextURL: "javascript:alert(1)"}),
	} {
		t.Run(name, func(t *testing.T) {
			doc := document(t, c)
			checkPage(t, doc)
			if n := doc.Find(`img, [onerror], script:not([src])`).Length(); n > 0 {
				t.Errorf("%d elements came out of text", n)
			}
			doc.Find("input, option").Remove() // input is shown as it was typed
			if body := doc.Text(); strings.ContainsAny(body, "\u202e\x1b") {
				t.Error("invisible characters reach the page as they are")
			}
		})
	}
}

func TestHistory(t *testing.T) {
	doc := document(t, History(testHistory()))
	var chips []string
	doc.Find(".history .chip").Each(func(_ int, s *goquery.Selection) { chips = append(chips, text(s)) })
	if got, want := strings.Join(chips, ", "), "Queued, Running, Improved, Canceled, Failed, No change"; got != want {
		t.Errorf("results %s, want %s", got, want)
	}
	row := doc.Find(".history tbody tr").Eq(2)
	if got, want := text(row.Find(".result b")), "−99.96%"; got != want {
		t.Errorf("lead %q, want %q", got, want)
	}
	if got := row.Find("th a").AttrOr("href", ""); got != "/experiments/42" {
		t.Errorf("the experiment is at %q", got)
	}
	if doc.Find(`a[rel="next"]`).AttrOr("href", "") != "/?cursor=39" || doc.Find(`a[rel="first"]`).AttrOr("href", "") != "/" {
		t.Error("pages are not linked")
	}
	form := doc.Find("form.filter")
	if form.AttrOr("method", "") != "get" || doc.Find(form.AttrOr("hx-target", "")).Length() != 1 {
		t.Error("the filter does not work without scripts, or has no target with them")
	}
	part := document(t, HistoryList(testHistory()))
	if part.Find("#list").Length() != 1 || part.Find("header, title").Length() != 0 {
		t.Error("the fragment is not the list alone")
	}
}

// Comparisons without a verdict say so. The title of a command has its labels, unless it was cut.
func TestHistoryWithoutVerdict(t *testing.T) {
	item := testItem(7, profiler.Done)
	item.Experiment.Kind, item.Conclusion = profiler.KindComparison, report.Conclusion{Badge: "Not tested", Headline: "−1% allocated bytes"}
	item.Experiment.Design = profiler.Design{
		Title: "sort a → sort b …", Variants: []profiler.VariantInfo{{Name: "before"}, {Name: "after"}},
		Labels: map[string]string{"before": "sort a", "after": "sort b --long", "dir": "/tmp"},
	}
	sweep := item
	sweep.Experiment.Kind = profiler.KindSweep
	doc := document(t, HistoryList(HistoryPage{Items: []HistoryItem{item, sweep}}))
	if got := text(doc.Find(".chip")); got != "Not tested" {
		t.Errorf("chips %q", got)
	}
	if got, want := text(doc.Find(".params").First()), "after: sort b --long, dir: /tmp"; got != want {
		t.Errorf("labels %q, want %q", got, want)
	}
}

func TestPinned(t *testing.T) {
	p := testHistory()
	p.Items[2].Experiment.Pinned = true
	if got := text(document(t, History(p)).Find(".pin")); got != "pinned" {
		t.Errorf("marked %q", got)
	}
}

func TestEmptyHistory(t *testing.T) {
	cases := []builtin.Case{testCase()}
	doc := document(t, History(HistoryPage{Unfiltered: true, Cases: cases}))
	if got := doc.Find(".welcome a.primary").AttrOr("href", ""); got != "/experiments/new?case=preallocation" {
		t.Errorf("a first run is offered at %q", got)
	}
	if n := doc.Find(".actions").Length(); n > 0 {
		t.Error("the empty history offers the same twice")
	}
	doc = document(t, History(HistoryPage{Query: "xyz", State: "done", Case: "preallocation", Sort: "oldest", Cases: cases}))
	if got := doc.Find(".empty a").AttrOr("href", ""); got != "/" {
		t.Errorf("the filter is cleared at %q", got)
	}
	var kept []string
	doc.Find("form.filter [selected]").Each(func(_ int, s *goquery.Selection) { kept = append(kept, s.AttrOr("value", "")) })
	if got := strings.Join(kept, " ") + " " + doc.Find(`[name="q"]`).AttrOr("value", ""); got != "preallocation done oldest xyz" {
		t.Errorf("the filter keeps %q", got)
	}
}

func TestLaunch(t *testing.T) {
	doc := document(t, Launch(testFaultyLaunch()))
	field := doc.Find("#f-param-batch")
	if field.AttrOr("aria-invalid", "") != "true" || field.AttrOr("value", "") != "5000" {
		t.Error("the faulty value is not marked, or lost")
	}
	if got := text(doc.Find("#" + strings.Fields(field.AttrOr("aria-describedby", ""))[0])); got != "Must be from 1 to 4096" {
		t.Errorf("described by %q", got)
	}
	if n := doc.Find("[aria-invalid]").Length(); n != 2 {
		t.Errorf("%d fields are marked, want 2", n)
	}
	var links []string
	doc.Find(".faults a").Each(func(_ int, s *goquery.Selection) { links = append(links, s.AttrOr("href", "")) })
	if got := strings.Join(links, " "); got != "#f-param-batch #f-count" {
		t.Errorf("the summary links to %s", got)
	}
	containsAll(t, "fault of the whole form", text(doc.Find(".faults")), "9.1 GiB")
	doc = document(t, Launch(testLaunch()))
	for _, name := range []string{"case", "param.batch", "param.width", "param.rate", "param.optimizer", "count", "benchtime", "gogc", "note", "tags"} {
		if n := doc.Find(fmt.Sprintf("#launch [name=%q]", name)).Length(); n != 1 {
			t.Errorf("%d fields %s", n, name)
		}
	}
	if doc.Find(".faults").Length() > 0 || doc.Find(`button[formmethod="get"][formaction="/experiments/new"]`).Length() != 1 {
		t.Error("faults without any, or no way to calculate again without scripts")
	}
	containsAll(t, "preview", text(document(t, Preview(testLaunch())).Find("#preview .facts")), "27", "6 rounds × 3 variants", "1 min 14 s", "48 MiB", "4 GiB")
	containsAll(t, "preview in a line", text(doc.Find(".preview-line")), "27", "1 min 14 s", "48 MiB")
	containsAll(t, "basis", text(doc.Find("#preview .quiet")), "42")
}

func TestLive(t *testing.T) {
	doc := document(t, Live(testLive()))
	if got := doc.Find("[sse-connect]").AttrOr("sse-connect", ""); got != "/experiments/42/events" {
		t.Errorf("events at %q", got)
	}
	if doc.Find(`[sse-close="done"] [sse-swap="live"] progress[max="63520"][value="12520"]`).Length() != 1 {
		t.Error("no progress where events arrive")
	}
	containsAll(t, "now", text(doc.Find("#progress-h + p")), "fresh", "round 3 of 6")
	containsAll(t, "newest run", text(doc.Find(".runs tbody tr").First()), "fresh", "1.10 GiB", "1,000 calls", "4 s")
	if doc.Find(`form[method="post"][action="/experiments/42/cancel"]`).Length() != 1 {
		t.Error("no way to cancel")
	}
	if !strings.Contains(doc.Find("head noscript").Text(), `http-equiv="refresh"`) {
		t.Error("the page does not follow without scripts")
	}
	queued := document(t, Live(testQueued()))
	containsAll(t, "queued", text(queued.Find("#progress-h")), "2")
	containsAll(t, "queued", text(queued.Find(".progress > p")), "51 s")
	if queued.Find("progress").Length() > 0 {
		t.Error("progress of an experiment that has not started")
	}
	unknown := testLive()
	unknown.Left = 0
	if value, whole := progressOf(unknown); value != 5 || whole != 27 {
		t.Errorf("%d of %d where nobody knows how long it takes", value, whole)
	}
	containsAll(t, "announcement", announcement(testLive()), "0%")
}

func TestShares(t *testing.T) {
	doc := document(t, Shares(testShares()))
	var got []string
	doc.Find(".shares .chip").Each(func(_ int, s *goquery.Selection) { got = append(got, text(s)) })
	if want := "Active Expired Revoked"; strings.Join(got, " ") != want {
		t.Errorf("states %v, want %s", got, want)
	}
	if n := doc.Find(`form[action^="/shares/"]`).Length(); n != 1 {
		t.Errorf("%d links can be revoked, want the active one", n)
	}
	if got := doc.Find("#link").AttrOr("value", ""); got != testShares().Link {
		t.Errorf("the new link is %q", got)
	}
}

func TestCase(t *testing.T) {
	c := testCase()
	c.Variants[1].Source = nil
	doc := document(t, Case(CasePage{Case: c, Predictions: reporttest.Comparison().Predictions}))
	if n := doc.Find(".sources pre").Length(); n != 2 {
		t.Errorf("%d sources, want 2", n)
	}
	if text(doc.Find("#past-h + p")) == "" {
		t.Error("the page does not say that there are no results")
	}
	if got := doc.Find(`[aria-labelledby="past-h"] a`).AttrOr("href", ""); got != "/experiments/new?case=preallocation" {
		t.Errorf("the first is launched at %q", got)
	}
	if got := text(doc.Find("table.plain").Last().Find("tbody tr").Eq(2)); got != "rate Learning rate 0.01 a number from 0.0001 to 1" {
		t.Errorf("param %q", got)
	}
}

// The reader of a link cannot see other pages, so the error page has no links.
func TestDeadLink(t *testing.T) {
	doc := document(t, Error(ErrorPage{Status: 404, Title: "Not found", Message: "It may have expired.", ReadOnly: true}))
	containsAll(t, "notice", text(doc.Find(".notice")), "404", "It may have expired.")
	if n := doc.Find("main a").Length(); n > 0 {
		t.Errorf("%d links", n)
	}
}
