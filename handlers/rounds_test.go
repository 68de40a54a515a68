package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"heaplab/profiler"
)

// addRounds sends the form that continues an experiment.
func (s *site) addRounds(path, rounds string) reply {
	return s.postForm(path+"/rounds", url.Values{"rounds": {rounds}})
}

// Rounds can be added with the form and through the API. Shares do not change.
func TestAddRounds(t *testing.T) {
	t.Parallel()
	slow(t)
	s := newSite(t)
	s.run()
	before := s.launch(`{"case":"known","count":2,"benchtime":"3x"}`)
	if before.Added != nil {
		t.Errorf("added = %v before any were", before.Added)
	}
	page := s.get("/experiments/1")
	page.want(t, http.StatusOK, `action="/experiments/1/rounds"`)
	share := s.share(`{}`)
	shared := s.get(share).body

	if r := s.addRounds("/experiments/1", "3"); r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/experiments/1" {
		t.Fatalf("%s: %s", r.Status, r.content())
	}
	after := s.await("/api/v1/experiments/1")
	if after.State != profiler.Done || after.Config.Count != 5 || after.RunsDone != before.RunsDone+9 || after.RunsDone != after.RunsTotal {
		t.Errorf("%s with %d rounds, %d of %d runs", after.State, after.Config.Count, after.RunsDone, after.RunsTotal)
	}
	if len(after.Added) != 1 || after.Added[0].Rounds != 3 || after.Added[0].At.Before(before.Finished) {
		t.Errorf("added = %v", after.Added)
	}
	if len(after.Profiles) != len(before.Profiles) || after.Comparison("none", profiler.BytesPerOp).Value.N != 5 {
		t.Errorf("%d profiles, comparison %+v", len(after.Profiles), after.Comparison("none", profiler.BytesPerOp))
	}

	r := s.postJSON("/api/v1/experiments/1/rounds", `{"rounds":1}`)
	r.want(t, http.StatusAccepted, `"state":"queued"`)
	if got := r.Header.Get("Location"); got != "/api/v1/experiments/1" {
		t.Errorf("location = %q", got)
	}
	if again := s.await("/api/v1/experiments/1"); again.Config.Count != 6 || len(again.Added) != 2 {
		t.Errorf("%d rounds, added %v", again.Config.Count, again.Added)
	}
	for _, path := range []string{"/experiments/1", "/experiments/1/report.md", "/experiments/1/report.html", s.share(`{}`)} {
		s.get(path).want(t, http.StatusOK, ": 2, then 3 more, then 1 more.")
	}
	if s.get(share).body != shared {
		t.Error("the share has changed")
	}
	s.get("/api/docs").want(t, http.StatusOK, "/api/v1/experiments/{id}/rounds")
}

// The page of a continued experiment shows the progress of its whole plan.
func TestContinueOnPages(t *testing.T) {
	s := newSite(t)
	id := s.measured()
	path := experimentPath(id)
	s.addRounds(path, "1").want(t, http.StatusConflict, "cannot be continued") // it has no environment
	s.change(`UPDATE experiments SET state = 'canceled', environment = '{}'`)
	s.change(`DELETE FROM runs`)
	page := s.get(path)
	for _, text := range []string{"Continue", `name="rounds" value="0"`, "27 runs of the plan left"} {
		page.want(t, http.StatusOK, text)
	}
	if r := s.addRounds(path, "0"); r.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s: %s", r.Status, r.content())
	}
	s.get(path).want(t, http.StatusOK, "Next in the queue")
	s.get("/").want(t, http.StatusOK, "Queued")
	s.addRounds(path, "1").want(t, http.StatusConflict, "has not ended")
	s.postJSON("/api/v1"+path+"/rounds", `{"rounds":1}`).want(t, http.StatusConflict, "has not ended")
	s.postForm(path+"/cancel", nil).want(t, http.StatusSeeOther, "")
	s.get(path).want(t, http.StatusOK, "27 runs of the plan left")
}

// A refused number is shown with its reason in the form of the report.
func TestRefusedRounds(t *testing.T) {
	s := newSite(t)
	id := s.measured()
	path := experimentPath(id)
	s.change(`DELETE FROM runs`) // so that the environment does not matter
	for _, rounds := range []string{"0", "-1", "1000000000", "abc", "", "<b>"} {
		r := s.addRounds(path, rounds)
		r.want(t, http.StatusUnprocessableEntity, "whole number from 1 to 94")
		r.want(t, http.StatusUnprocessableEntity, `value="`+strings.ReplaceAll(rounds, "<b>", "&lt;b&gt;")+`"`)
		r.want(t, http.StatusUnprocessableEntity, "Known allocations")
	}
	s.postForm(path+"/rounds", nil).want(t, http.StatusUnprocessableEntity, "whole number from 1 to 94")
	for body, text := range map[string]string{
		`{"rounds":0}`:     `"location":"body.rounds"`,
		`{"rounds":-1}`:    `"location":"body.rounds"`,
		`{"rounds":1e9}`:   `"location":"body.rounds"`,
		`{"rounds":1.5}`:   `"location":"body.rounds"`,
		`{"rounds":"abc"}`: "expected number",
		`{}`:               `"location":"body.rounds"`,
	} {
		s.postJSON("/api/v1"+path+"/rounds", body).want(t, http.StatusUnprocessableEntity, text)
	}
	s.do("POST", path+"/rounds", "rounds=1", "Content-Type", "text/plain").want(t, http.StatusUnsupportedMediaType, "")
	s.get("/api/v1"+path).want(t, http.StatusOK, `"state":"done"`)
}

// An experiment that cannot be continued says why, on its page too.
func TestRefusedContinuation(t *testing.T) {
	s := newCommandSite(t)
	id := s.measured()
	path := experimentPath(id)
	s.change(`UPDATE experiments SET environment = json_object('kernel', '2.6.32')`)
	const reason = "the kernel was 2.6.32 and is "
	s.get(path).want(t, http.StatusOK, reason)
	s.addRounds(path, "1").want(t, http.StatusConflict, reason)
	s.postJSON("/api/v1"+path+"/rounds", `{"rounds":1}`).want(t, http.StatusConflict, reason)
	if page := s.get(path); strings.Contains(page.body, path+"/rounds") {
		t.Error("the page has the form")
	}

	s.exec(`{"commands":["true","true"],"dir":"/"}`).want(t, http.StatusCreated, `"id":2`)
	s.change(`UPDATE experiments SET state = 'canceled' WHERE id = 2`)
	s.get("/experiments/2").want(t, http.StatusOK, "heaplab exec again")
	s.addRounds("/experiments/2", "0").want(t, http.StatusConflict, "heaplab exec again")
}
