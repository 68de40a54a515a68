package views

import (
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/listing"
	"heaplab/profiler/report/reporttest"
)

// testListing is a function of three lines. The second has values, for ten calls before and five after.
func testListing(name string, before, after heap.Side) listing.Listing {
	values := listing.Values{Before: before, After: after}
	return listing.Listing{
		Declaration: listing.Declaration{Package: "heaplab/profiler/model", File: "allocator.go", Name: name, Function: true, First: 22, Last: 24},
		Values:      values,
		Functions:   []string{"heaplab/profiler/model." + name},
		Lines: []listing.Line{
			{Number: 22, Text: "func (Fresh[T]) Floats(n int) []T {"},
			{Number: 23, Text: "\treturn make([]T, n)", Values: values},
			{Number: 24, Text: "}"},
		},
	}
}

func space(flat, cum int64) heap.Side {
	return heap.Side{Flat: heap.Values{AllocSpace: flat, AllocObjects: flat / 64}, Cum: heap.Values{AllocSpace: cum, AllocObjects: cum / 64}}
}

func testSourcePage() SourcePage {
	return SourcePage{
		Report: reporttest.Comparison(), Before: "fresh", After: "preallocated", Kind: profiler.Allocs,
		Type: heap.AllocSpace, Types: heap.Types, BeforeCalls: 10, AfterCalls: 5,
		Listings: []listing.Listing{
			testListing("Op", space(0, 81920), space(0, 10240)),
			testListing("grow", space(0, 0), space(10240, 10240)),
			testListing("Fresh.Floats", space(81920, 81920), space(0, 0)),
			testListing("both", space(64, 640), space(64, 640)),
			testListing("idle", space(0, 0), space(0, 0)),
		},
		SelfURL: "/experiments/42/source", ReportURL: "/experiments/42",
	}
}

func TestSourcePage(t *testing.T) {
	p := testSourcePage()
	doc := document(t, Source(p))
	var rows []string
	doc.Find(".sources-table tbody tr").Each(func(_ int, s *goquery.Selection) {
		s.Find(".sub").Remove()
		rows = append(rows, text(s))
	})
	want := []string{
		"model. Fresh.Floats 8 KiB 0 B −8 KiB 8 KiB → 0 B",
		"model. grow 0 B 2 KiB +2 KiB 0 B → 2 KiB",
		"model. both 6.40 B 12.8 B +6.40 B 64 B → 128 B",
		"model. Op – – – 8 KiB → 2 KiB",
	}
	if got := strings.Join(rows, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("functions:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
	for selector, want := range map[string]string{
		"h1":                      "Source lines Preallocated training buffers",
		".lead":                   "What lines of the built-in code allocate in one operation, after warm-up, fresh against preallocated",
		"#lines-h":                "Fresh.Floats",
		".listing .marked":        "23 8 KiB 0 B −8 KiB ● the line itself: return make([]T, n) 8 KiB → 0 B",
		".chosen th a":            "model. Fresh.Floats",
		".choice [aria-current]":  "preallocated Operations Allocated",
		".listing tbody tr.less":  "",
		".listing .marked .less":  "−8 KiB",
		".sources-table td.more":  "+2 KiB",
		".sources-table td.same":  "+6.40 B",
		".crumbs li:nth-child(3)": "#42",
	} {
		if got := text(doc.Find(selector)); got != want {
			t.Errorf("%s: %q, want %q", selector, got, want)
		}
	}
	if got := doc.Find(".listing tbody tr:not(.marked)").Length(); got != 2 {
		t.Errorf("%d lines without values, want 2", got)
	}
	link, err := url.Parse(doc.Find(".sources-table tbody tr:last-child a").AttrOr("href", ""))
	if err != nil || link.Path != p.SelfURL || link.Fragment != "lines-h" || link.Query().Encode() != "after=preallocated&before=fresh&fn=heaplab%2Fprofiler%2Fmodel.Op&kind=allocs&type=alloc_space" {
		t.Errorf("the last function is at %v, %v", link, err)
	}

	p.Chosen, p.Type = "heaplab/profiler/model.both", heap.AllocObjects
	doc = document(t, Source(p))
	if got := text(doc.Find(".listing .marked")); got != "23 1 2 +1 ●↳ the line itself and its callees: return make([]T, n) 1 → 2" {
		t.Errorf("in objects the line is %q", got)
	}
	p.Chosen = "heaplab/profiler/model.idle"
	doc = document(t, Source(p))
	if got := text(doc.Find(".card .quiet")); !strings.Contains(got, "No line of this function") || doc.Find(".marked").Length() > 0 {
		t.Errorf("below a function without values: %q", got)
	}
}

func TestSharedSourcePage(t *testing.T) {
	p := testSourcePage()
	p.Shared, p.Expires, p.SelfURL, p.ReportURL = true, reporttest.Day, "/s/abc/source", "/s/abc"
	doc := document(t, Source(p))
	doc.Find("a[href]").Each(func(_ int, s *goquery.Selection) {
		if href := s.AttrOr("href", ""); href != "#main" && !strings.HasPrefix(href, "/s/abc") {
			t.Errorf("a link to %s", href)
		}
	})
	p.Missing = "Its code is another."
	doc = document(t, Source(p))
	if got := text(doc.Find(".ended")); got != "No source lines Its code is another." {
		t.Errorf("without lines: %q", got)
	}
}

func TestSourceWhat(t *testing.T) {
	for kind, types := range map[profiler.RunKind]map[heap.Type]string{
		profiler.Allocs: {heap.AllocObjects: "allocate in one operation, after warm-up", heap.InuseSpace: "leave in use, by operation", heap.ChurnObjects: "allocate and free in one operation", "": "allocate in one operation, after warm-up"},
		profiler.Peak:   {heap.AllocSpace: "had allocated by the peak", heap.InuseObjects: "have in use at the peak", heap.ChurnSpace: "had allocated and freed by the peak"},
	} {
		for valueType, want := range types {
			if got := sourceWhat(SourcePage{Kind: kind, Type: valueType}); got != want {
				t.Errorf("%s of %s: %q, want %q", valueType, kind, got, want)
			}
		}
	}
}
