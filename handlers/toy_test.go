package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/profilertest"
	"heaplab/profiler/report"
	"heaplab/store/queue"
)

// A subject that no package knows has a page, exports and shares.
func TestToyReport(t *testing.T) {
	s := newSite(t)
	s.app.Queue.Subjects = append(s.app.Queue.Subjects, &profilertest.Toy{})
	s.run()
	if _, err := s.app.Queue.Launch(t.Context(), queue.Launch{Subject: "toy", Count: "6", Note: "red against blue"}); err != nil {
		t.Fatal(err)
	}
	rep := s.await("/api/v1/experiments/1")
	if rep.State != profiler.Done || rep.Subject != "toy" || rep.Conclusion == nil || rep.Conclusion.Verdict != report.Better {
		t.Fatalf("report = %s of %s, conclusion %+v", rep.State, rep.Subject, rep.Conclusion)
	}
	headline := rep.Conclusion.Headline
	for _, path := range []string{"/experiments/1", "/experiments/1/report.html", "/experiments/1/report.md", s.share(`{}`)} {
		s.get(path).want(t, http.StatusOK, headline)
	}
	for path, text := range map[string]string{
		"/":                         headline,
		"/?q=colour%3Dred":          "Toys",
		"/?case=toy":                "Toys",
		"/compare?id=1":             "red",
		"/experiments/1/report.csv": "small",
		"/experiments/1/report.txt": "small",
	} {
		s.get(path).want(t, http.StatusOK, text)
	}
	s.get("/experiments/new?from=1").want(t, http.StatusConflict, "toy")
	if strings.Contains(s.log.String(), `"status":500`) {
		t.Errorf("log = %s", s.log)
	}
}
