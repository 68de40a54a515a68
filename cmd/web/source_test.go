package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// checkSourceLine compares the line that allocates with its function in the profile.
func checkSourceLine(t *testing.T, d *dashboard, rep report.Report) {
	const function = "heaplab/profiler/model.Fresh[go.shape.float32].Floats"
	var want float64
	before := rep.Profile("fresh", profiler.Allocs)
	for _, f := range before.Summary.Functions {
		if f.Name == function {
			want = float64(f.Flat.AllocSpace) / float64(before.Calls)
		}
	}
	for _, query := range []string{"", "?fn=" + url.QueryEscape(function)} {
		resp, err := http.Get(d.url + "/experiments/1/source" + query)
		if err != nil {
			t.Fatal(err)
		}
		page, err := goquery.NewDocumentFromReader(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		marked := page.Find(".listing .marked")
		if marked.Length() != 1 || !strings.Contains(marked.Find("code").Text(), "return make([]T, n)") {
			t.Fatalf("%s: marked lines: %q", query, marked.Text())
		}
		cells := marked.Find("td")
		if got := cells.Eq(0).Text(); want < 1<<20 || got != words.Bytes(want) || cells.Eq(1).Text() != "0 B" {
			t.Errorf("%s: the line has %s before and %s after, the profile %s", query, got, cells.Eq(1).Text(), words.Bytes(want))
		}
	}
}
