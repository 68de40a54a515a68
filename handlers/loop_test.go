package handlers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/pprof/profile"

	"heaplab/profiler"
	"heaplab/profiler/report"
)

// The API can launch, measure, fetch, share, revoke and delete.
func TestLoopByAPI(t *testing.T) {
	s := newSite(t)
	s.run()
	s.get("/api/v1/cases").want(t, http.StatusOK, `"variants":["all","half","none"]`)
	rep := s.launch(quick)
	if rep.State != profiler.Done || rep.RunsDone != rep.RunsTotal {
		t.Fatalf("state = %s: %s", rep.State, rep.Error)
	}
	if c := rep.Comparison("none", profiler.BytesPerOp); c == nil || c.Verdict != report.Better {
		t.Errorf("B/op of none = %+v, want better", c)
	}
	if len(rep.Profiles) != 6 || len(rep.Predictions) != 2 || rep.Environment["goos"] != "linux" {
		t.Errorf("report = %+v", rep)
	}
	for _, p := range rep.Profiles {
		r := s.get(strings.TrimPrefix(p.URL, s.url))
		if r.StatusCode != http.StatusOK || r.Header.Get("Content-Encoding") != "" || int64(len(r.body)) != p.Bytes {
			t.Errorf("%s: %s, %d of %d bytes", p.URL, r.Status, len(r.body), p.Bytes)
		}
		if _, err := profile.Parse(strings.NewReader(r.body)); err != nil {
			t.Errorf("%s: %v", p.URL, err)
		}
	}
	s.get("/api/v1/experiments").want(t, http.StatusOK, `"verdict":"`)

	var share struct {
		ID         int64
		URL, Token string
	}
	r := s.postJSON("/api/v1/experiments/1/shares", `{"expires_in":"1h","include_profiles":true}`)
	r.want(t, http.StatusCreated, `"expires_at"`)
	if err := json.Unmarshal([]byte(r.body), &share); err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(share.URL, s.url)
	page := s.get(path)
	page.want(t, http.StatusOK, "Known allocations")
	if page.Header.Get("X-Robots-Tag") != "noindex" || strings.Contains(page.body, "/experiments/") {
		t.Errorf("a shared page links to private pages, or has no X-Robots-Tag")
	}
	s.get(path+"/all.pb.gz").want(t, http.StatusOK, "")
	s.get(path+"/other.pb.gz").want(t, http.StatusNotFound, "")

	unknown := s.get("/s/" + strings.Repeat("A", len(share.Token)))
	s.do("DELETE", fmt.Sprintf("/api/v1/shares/%d", share.ID), "").want(t, http.StatusNoContent, "")
	if revoked := s.get(path); revoked.StatusCode != http.StatusNotFound || revoked.body != unknown.body {
		t.Errorf("the response for a revoked link differs from that for an unknown one: %s", revoked.Status)
	}
	s.get(path+"/all.pb.gz").want(t, http.StatusNotFound, "")

	s.postJSON("/api/v1/experiments/1/cancel", "").want(t, http.StatusConflict, "detail")
	s.do("DELETE", "/api/v1/experiments/1", "").want(t, http.StatusNoContent, "")
	s.get("/experiments/1").want(t, http.StatusNotFound, "")
}

// The pages can do the same without JavaScript.
func TestLoopByPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/").want(t, http.StatusOK, "/experiments/new")
	s.get("/cases/known").want(t, http.StatusOK, "Allocates param blocks")
	s.get("/experiments/new?case=known").want(t, http.StatusOK, "param.blocks")
	r := s.postForm("/experiments", url.Values{"case": {"known"}, "count": {"1"}, "benchtime": {"3x"}, "note": {"<script>alert(1)</script>"}})
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/experiments/1" {
		t.Fatalf("launch: %s to %s", r.Status, r.Header.Get("Location"))
	}
	s.get("/experiments/1").want(t, http.StatusOK, "queue")
	s.run()
	s.await("/api/v1/experiments/1")
	page := s.get("/experiments/1")
	page.want(t, http.StatusOK, "allocate")
	if strings.Contains(page.body, "<script>alert") {
		t.Error("a note is not escaped")
	}
	s.get("/experiments/1?after=half").want(t, http.StatusOK, "half")
	s.get("/?case=known&state=done&q=known").want(t, http.StatusOK, "Known allocations")
	s.postForm("/experiments/1/note", url.Values{"note": {"another"}}).want(t, http.StatusSeeOther, "")
	s.postForm("/experiments/1/tags", url.Values{"tags": {"red, blue"}}).want(t, http.StatusSeeOther, "")
	s.postForm("/experiments/1/pin", url.Values{"pinned": {"1"}}).want(t, http.StatusSeeOther, "")
	s.get("/api/v1/experiments?tag=red").want(t, http.StatusOK, `"pinned":true`)

	made := s.postForm("/experiments/1/shares", url.Values{"expires_in": {"24h"}})
	made.want(t, http.StatusSeeOther, "")
	cookie := made.Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Path != "/experiments/1/shares" {
		t.Errorf("cookie = %+v", cookie)
	}
	shared := s.do("GET", "/experiments/1/shares", "", "Cookie", cookie.Name+"="+cookie.Value)
	shared.want(t, http.StatusOK, s.url+"/s/")
	_, rest, _ := strings.Cut(shared.body, s.url+"/s/")
	token := rest[:strings.IndexAny(rest, `"<`)]
	s.get("/s/"+token).want(t, http.StatusOK, "another")
	s.get("/s/"+token+"/all.pb.gz").want(t, http.StatusNotFound, "") // not included
	s.postForm("/shares/1/revoke", nil).want(t, http.StatusSeeOther, "")
	s.get("/s/"+token).want(t, http.StatusNotFound, "")
	s.get("/experiments/1/shares").want(t, http.StatusOK, "evoked")
	s.postForm("/experiments/1/delete", nil).want(t, http.StatusSeeOther, "")
	s.get("/").want(t, http.StatusOK, "/experiments/new")
}

// Events carry the live part of the page until the experiment ends. The last event is "done".
func TestEvents(t *testing.T) {
	slow(t)
	s := newSite(t)
	s.postJSON("/api/v1/experiments", quick).want(t, http.StatusCreated, "")
	s.run()
	r := s.get("/experiments/1/events") // until the server ends the stream
	if got := r.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("content type = %q", got)
	}
	events := strings.Split(strings.TrimSpace(r.body), "\n\n")
	if len(events) < 3 {
		t.Fatalf("%d events: %s", len(events), r.body)
	}
	for i, event := range events {
		name := "live"
		if i == len(events)-1 {
			name = "done"
		}
		if !strings.HasPrefix(event, fmt.Sprintf("id: %d\nevent: %s\ndata: ", i+1, name)) {
			t.Errorf("event %d is %.80q, want %s", i+1, event, name)
		}
	}
}

func TestFailedExperimentSaysWhy(t *testing.T) {
	s := newSite(t)
	s.run()
	rep := s.launch(`{"case":"broken","count":1,"benchtime":"1x"}`)
	if rep.State != profiler.Failed {
		t.Fatalf("state = %s", rep.State)
	}
	s.get("/experiments/1").want(t, http.StatusOK, "the data is &lt;gone&gt;")
	s.postJSON("/api/v1/experiments/1/shares", `{}`).want(t, http.StatusConflict, "has a result")
}

func TestOpenAPIDescribesTheAPI(t *testing.T) {
	s := newSite(t)
	r := s.get("/api/openapi.json")
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]any
	}
	if err := json.NewDecoder(bytes.NewReader([]byte(r.body))).Decode(&doc); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"/api/v1/cases", "/api/v1/experiments", "/api/v1/experiments/{id}", "/api/v1/experiments/{id}/cancel",
		"/api/v1/experiments/{id}/shares", "/api/v1/shares/{id}", "/api/v1/experiments/{id}/profiles/{variant}.pb.gz",
		"/api/v1/experiments/{id}/profiles/diff.pb.gz",
	} {
		if doc.Paths[path] == nil {
			t.Errorf("%s is not described", path)
		}
	}
	s.get("/api/docs").want(t, http.StatusOK, "/api/v1/experiments")
}
