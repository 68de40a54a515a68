package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/profilertest"
	"heaplab/profiler/subject/builtin"
)

// addDesign stores a running experiment without runs, and returns its id.
func (s *site) addDesign(d profiler.Design) int64 {
	s.Helper()
	return s.add(profiler.Experiment{Kind: profiler.KindComparison, Design: d, Config: profiler.DefaultConfig(8 << 30), Created: time.Now()}, nil)
}

// The report of an experiment needs only its stored design. Cloning needs more, and the page says
// what is missing.
func TestCloneOfUnknownSubject(t *testing.T) {
	known := designOf(profilertest.Cases, "known")
	removed, renamed, changed, outside := known, known, known, known
	removed.Subject = "case:removed"
	renamed.Subject = "toy:<b>1"
	changed.Params = profiler.Params{"blocks": int64(4), "gone": "x"}
	outside.Params = profiler.Params{"blocks": int64(1 << 20)}
	command := profiler.Design{Subject: profiler.SubjectCommand, Title: "Two commands", Variants: known.Variants, Primary: known.Primary}
	for _, test := range []struct {
		name   string
		design profiler.Design
		want   string // part of the reason
	}{
		{"case was removed", removed, "removed"},
		{"subject of another kind", renamed, "toy:&lt;b&gt;1"},
		{"param was removed", changed, "gone"},
		{"param has other bounds", outside, "2 to 1024"},
		{"command", command, "command"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t)
			id := s.addDesign(test.design)
			path := experimentPath(id)
			s.get(path).want(t, http.StatusOK, test.design.Title)
			s.finish(id)
			report := s.get(path)
			report.want(t, http.StatusOK, test.design.Title)
			s.get("/api/v1"+path).want(t, http.StatusOK, `"state":"done"`)
			s.get("/").want(t, http.StatusOK, test.design.Title)
			if got, want := strings.Contains(report.body, "./heaplab run "), test.design.Case() != ""; got != want {
				t.Errorf("the report has the command heaplab run: %t, want %t", got, want)
			}

			refused := s.get("/experiments/new?from=1")
			refused.want(t, http.StatusConflict, test.want)
			refused.want(t, http.StatusConflict, `href="`+path+`"`)
			refused.want(t, http.StatusConflict, `href="/experiments/new"`)
			if strings.Contains(refused.body, "<form") {
				t.Error("the page has a form")
			}
		})
	}
}

// The default of a param that the case got later fills the form.
func TestCloneWithNewParam(t *testing.T) {
	s := newSite(t)
	d := designOf(s.app.Builtin.Cases, "known")
	d.Params = profiler.Params{"blocks": int64(7)}
	s.finish(s.addDesign(d))
	r := s.get("/experiments/new?from=1")
	r.want(t, http.StatusOK, `value="7"`)
	r.want(t, http.StatusOK, `name="param.share"`)
}

// A case that was removed after its experiment ran leaves all pages of the experiment as they were.
func TestRemovedCase(t *testing.T) {
	t.Parallel()
	slow(t)
	s := newSite(t)
	s.run()
	s.launch(quick)
	link := s.share(`{}`)
	s.app.Builtin.Cases = []builtin.Case{s.app.Builtin.Cases[1]}
	for _, path := range []string{"/", "/cases", "/experiments/1", "/experiments/1/profile", "/experiments/1/report.md", "/experiments/1/shares", "/compare?id=1:all&id=1:none", link, link + "/profile", "/api/v1/experiments/1"} {
		s.get(path).want(t, http.StatusOK, "")
	}
	s.get("/experiments/1").want(t, http.StatusOK, "Known allocations")
	if r := s.get("/cases/known"); r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/?case=known" {
		t.Errorf("the page of the removed case: %s, to %s", r.Status, r.Header.Get("Location"))
	}
	s.get("/experiments/new?from=1").want(t, http.StatusConflict, "known")
}
