package handlers_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/pprof/profile"

	"heaplab/profiler"
)

// formats are the export formats: part of their content, and headers.
var formats = []struct{ extension, text, mime, disposition string }{
	{"md", "`none` against `all`", "text/plain; charset=utf-8", "inline"},
	{"html", "Known allocations", "text/html; charset=utf-8", "attachment"},
	{"txt", "BenchmarkKnown/variant=half-", "text/plain; charset=utf-8", "inline"},
	{"csv", ",none,B/op,1,", "text/csv; charset=utf-8; header=present", "attachment"},
	{"json", `"case":"known"`, "application/json", "attachment"},
}

// share creates a link and returns its path.
func (s *site) share(body string) string {
	s.Helper()
	r := s.postJSON("/api/v1/experiments/1/shares", body)
	r.want(s.T, http.StatusCreated, "url")
	var made struct{ URL string }
	if err := json.Unmarshal([]byte(r.body), &made); err != nil {
		s.Fatal(err)
	}
	return strings.TrimPrefix(made.URL, s.url)
}

func TestExports(t *testing.T) {
	slow(t)
	s := newSite(t)
	s.postJSON("/api/v1/experiments", quick).want(t, http.StatusCreated, "")
	for _, f := range formats {
		s.get("/experiments/1/report."+f.extension).want(t, http.StatusConflict, "export")
	}
	s.run()
	rep := s.await("/api/v1/experiments/1")
	with, without := s.share(`{"include_profiles":true}`), s.share(`{}`)
	for _, at := range []struct{ path, cache, original string }{
		{"/experiments/1", "private, no-cache", s.url + "/experiments/1"},
		{with, "no-store", s.url + with},
		{without, "no-store", s.url + without},
	} {
		page := s.get(at.path)
		for _, f := range formats {
			path := at.path + "/report." + f.extension
			page.want(t, http.StatusOK, `href="`+path+`"`)
			r := s.get(path)
			r.want(t, http.StatusOK, f.text)
			for name, want := range map[string]string{
				"Content-Type": f.mime, "Content-Disposition": f.disposition + "; filename=heaplab-1-known." + f.extension, "Cache-Control": at.cache,
			} {
				if got := r.Header.Get(name); got != want {
					t.Errorf("%s: %s is %q, want %q", path, name, got, want)
				}
			}
			if f.extension == "md" || f.extension == "html" {
				r.want(t, http.StatusOK, at.original)
			}
			if own := strings.HasPrefix(r.Header.Get("Content-Security-Policy"), "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:;"); own != (f.extension == "html") {
				t.Errorf("%s: policy %q", path, r.Header.Get("Content-Security-Policy"))
			}
		}
	}
	s.get("/experiments/1/report.md?after=half").want(t, http.StatusOK, "`half` against `all`")
	s.get("/experiments/1?after=half").want(t, http.StatusOK, `href="/experiments/1/report.md?after=half"`)
	s.get("/experiments/1/report.pdf").want(t, http.StatusNotFound, "")
	s.get("/experiments/99/report.md").want(t, http.StatusNotFound, "")
	s.get("/experiments/x/report.md").want(t, http.StatusNotFound, "")

	if calls := rep.Variants[0].Calls; len(calls) != 1 || calls[0] != 3 {
		t.Errorf("operations of the runs: %v", calls)
	}
	var exported, served any
	if err := errors.Join(
		json.Unmarshal([]byte(s.get("/experiments/1/report.json").body), &exported),
		json.Unmarshal([]byte(s.get("/api/v1/experiments/1").body), &served),
	); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(served, exported); diff != "" {
		t.Errorf("JSON (-API +file):\n%s", diff)
	}

	unknown := s.get("/s/" + strings.Repeat("A", 32) + "/report.md")
	s.do("DELETE", "/api/v1/shares/2", "").want(t, http.StatusNoContent, "")
	if revoked := s.get(without + "/report.md"); revoked.StatusCode != http.StatusNotFound || revoked.body != unknown.body {
		t.Errorf("the response for a revoked link differs from that for an unknown one: %s", revoked.Status)
	}
}

func TestExportOfEveryKind(t *testing.T) {
	t.Parallel()
	slow(t)
	s := newSite(t)
	s.run()
	s.launch(`{"case":"known","count":1,"benchtime":"3x","sweep":"blocks=2,4"}`)
	s.launch(`{"case":"known","kind":"calibration","count":6,"benchtime":"3x"}`)
	s.launch(`{"case":"broken","count":1,"benchtime":"1x"}`)
	for id := 1; id <= 2; id++ {
		for _, f := range formats {
			s.get(fmt.Sprintf("/experiments/%d/report.%s", id, f.extension)).want(t, http.StatusOK, "")
		}
	}
	s.get("/experiments/1/report.md").want(t, http.StatusOK, "blocks from 2 to 4")
	s.get("/experiments/2/report.md").want(t, http.StatusOK, "12 runs of `all`")
	s.get("/experiments/1/report.txt").want(t, http.StatusOK, "BenchmarkKnown/blocks=4/variant=none-")
	s.get("/experiments/3/report.md").want(t, http.StatusConflict, "has a result") // no run ended
	if page := s.get("/experiments/3"); strings.Contains(page.body, "report.md") {
		t.Error("the page links to a report without a result")
	}
}

// sums returns the sum of a profile's samples by type.
func sums(t *testing.T, file string) map[string]int64 {
	t.Helper()
	p, err := profile.ParseData([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for _, sample := range p.Sample {
		for i, typ := range p.SampleType {
			out[typ.Type] += sample.Value[i]
		}
	}
	return out
}

// In every sample type, the difference of two profiles is the difference of their sums.
func TestDifference(t *testing.T) {
	t.Parallel()
	slow(t)
	s := newSite(t)
	s.run()
	s.launch(quick)
	const profiles = "/api/v1/experiments/1/profiles/"
	with, without := s.share(`{"include_profiles":true}`), s.share(`{}`)
	for _, test := range []struct {
		path, before, after string
		kind                profiler.RunKind
	}{
		{profiles + "diff.pb.gz", "all", "none", profiler.Allocs},
		{profiles + "diff.pb.gz?kind=peak", "all", "none", profiler.Peak},
		{profiles + "diff.pb.gz?before=none&after=half", "none", "half", profiler.Allocs},
		{with + "/diff.pb.gz?after=half&kind=peak", "all", "half", profiler.Peak},
	} {
		r := s.get(test.path)
		if r.StatusCode != http.StatusOK || r.Header.Get("Content-Encoding") != "" || r.Header.Get("Cache-Control") != "no-store" ||
			r.Header.Get("Content-Disposition") != fmt.Sprintf("attachment; filename=%s-%s.%s.diff.pb.gz", test.before, test.after, test.kind) {
			t.Errorf("%s: %s %v", test.path, r.Status, r.Header)
			continue
		}
		got := sums(t, r.body)
		before, after := sums(t, s.get(profiles+test.before+".pb.gz?kind="+string(test.kind)).body), sums(t, s.get(profiles+test.after+".pb.gz?kind="+string(test.kind)).body)
		for typ := range after {
			if got[typ] != after[typ]-before[typ] {
				t.Errorf("%s: %s is %d, want %d − %d", test.path, typ, got[typ], after[typ], before[typ])
			}
		}
		if p, err := profile.ParseData([]byte(r.body)); err != nil || len(p.Comments) == 0 || !strings.Contains(p.Comments[len(p.Comments)-1], "not scaled") {
			t.Errorf("%s has no comment that it is not scaled: %v", test.path, err)
		}
	}
	s.get("/experiments/1").want(t, http.StatusOK, "none over 3 calls")
	s.get(with).want(t, http.StatusOK, with+"/diff.pb.gz?")
	if page := s.get(without); strings.Contains(page.body, "diff.pb.gz") {
		t.Error("a share without profiles links to their difference")
	}
	s.get(without+"/diff.pb.gz").want(t, http.StatusNotFound, "")
	s.get("/s/unknown/diff.pb.gz").want(t, http.StatusNotFound, "")
	s.get(with+"/diff.pb.gz?kind=cpu").want(t, http.StatusNotFound, "")
	s.get(profiles+"diff.pb.gz?kind=cpu").want(t, http.StatusUnprocessableEntity, "detail")
	s.get(profiles+"diff.pb.gz?before=other").want(t, http.StatusNotFound, "detail")
	s.get("/api/v1/experiments/99/profiles/diff.pb.gz").want(t, http.StatusNotFound, "detail")
}

// At most two subtractions run at the same time: a third request gets a 503. If a subtraction fails,
// the response says how to subtract the profiles elsewhere.
func TestTooManyDifferences(t *testing.T) {
	t.Parallel()
	slow(t)
	s := newSite(t)
	s.run()
	s.launch(quick)
	// A child fails once this file is removed.
	busy := filepath.Join(t.TempDir(), "busy")
	s.must(os.WriteFile(busy, nil, 0o600))
	s.app.Queue.Executor.Path, s.app.Queue.Executor.Args = "/bin/sh", []string{"-c", "while [ -e '" + busy + "' ]; do /bin/sleep 0.02; done; exit 1"}
	replies := make(chan reply, 3)
	for range cap(replies) {
		go func() { replies <- s.get("/api/v1/experiments/1/profiles/diff.pb.gz") }()
	}
	first := <-replies
	first.want(t, http.StatusServiceUnavailable, "")
	if first.Header.Get("Retry-After") == "" {
		t.Error("503 without Retry-After")
	}
	s.must(os.Remove(busy))
	for range 2 {
		r := <-replies
		r.want(t, http.StatusUnprocessableEntity, "go tool pprof -diff_base")
	}
}
