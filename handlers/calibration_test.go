package handlers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/subject"
	"heaplab/profiler/subject/builtin"
)

// A loadedSubject measures in real children, and sets the load of the machine that their runs report.
type loadedSubject struct {
	*builtin.Subject
	busy   atomic.Bool
	uneven atomic.Bool // it is busy while the last variant runs
}

func (s *loadedSubject) Run(ctx context.Context, job subject.Job) (profiler.Run, error) {
	r, err := s.Subject.Run(ctx, job)
	r.Duration, r.Others, r.Steal = 2*time.Second, 0, 0
	if s.busy.Load() || s.uneven.Load() && job.Task.Variant == "none" {
		r.Others = r.Duration // one processor
	}
	return r, err
}

// loadedSite returns a site that runs its queue with such a subject.
func loadedSite(t *testing.T) (*site, *loadedSubject) {
	t.Helper()
	slow(t)
	s := newSite(t)
	loaded := &loadedSubject{Subject: s.app.Builtin}
	s.app.Queue.Subjects[0] = loaded
	s.run()
	return s, loaded
}

const calibrateKnown = `{"case":"known","kind":"calibration","count":6,"benchtime":"3x"}`

// answers returns all texts about an experiment that must not change by themselves.
func (s *site) answers(id int64, share string) string {
	s.Helper()
	var all strings.Builder
	for _, path := range []string{
		fmt.Sprintf("/api/v1/experiments/%d", id), fmt.Sprintf("/experiments/%d/report.md", id), fmt.Sprintf("/experiments/%d/report.json", id),
		fmt.Sprintf("/experiments/%d/report.csv", id), fmt.Sprintf("/api/v1/experiments?q=%%23%d", id), share + "/report.json", share + "/report.md",
	} {
		r := s.get(path)
		r.want(s.T, http.StatusOK, "")
		fmt.Fprintf(&all, "%s\n%s\n", path, r.body)
	}
	return all.String()
}

func (s *site) wantSame(before, after, what string) {
	s.Helper()
	if before != after {
		s.Errorf("%s changed a report from\n%.6000s\nto\n%.6000s", what, before, after)
	}
}

// wantNoise checks which calibration an experiment was judged with, and which did not apply.
func wantNoise(t *testing.T, r report.Report, calibration, excluded int64) {
	t.Helper()
	last := r.Judgments[len(r.Judgments)-1]
	j := report.Judgment{Calibration: r.Calibration}
	found := int64(0)
	if last.Excluded != nil {
		found = last.Excluded.Calibration
	}
	if j.With() != calibration || last.Calibration != calibration || found != excluded {
		t.Errorf("experiment %d: judged with calibration %d, last judgment %+v; want calibration %d, excluded %d", r.ID, j.With(), last, calibration, excluded)
	}
	for _, c := range r.Comparisons {
		if c.Unit == profiler.NsPerOp && c.FloorMeasured != (calibration != 0) {
			t.Errorf("experiment %d: floor of time measured %v", r.ID, c.FloorMeasured)
		}
	}
}

// A report changes only if somebody judges again: not through calibrations, quiet or busy, nor through
// their acceptance or deletion.
func TestReportsDoNotChangeByThemselves(t *testing.T) {
	t.Parallel()
	s, load := loadedSite(t)
	first := s.launch(quick)
	wantNoise(t, first, 0, 0)
	share := s.share(`{}`)
	before := s.answers(1, share)

	load.busy.Store(true)
	busy := s.launch(calibrateKnown)
	if c := busy.Calibration; c == nil || len(c.Notes) == 0 || len(c.Floors) == 0 || c.Runs != 12 || len(busy.Variants) != 1 || len(busy.Comparisons) != 0 {
		t.Fatalf("calibration on a busy machine = %+v", c)
	}
	load.busy.Store(false)
	s.wantSame(before, s.answers(1, share), "a calibration on a busy machine")
	third := s.launch(quick)
	wantNoise(t, third, 0, 2)
	atThird := s.answers(3, share)
	s.get("/experiments/3").want(t, http.StatusOK, "nobody had accepted it")

	quiet := s.launch(calibrateKnown)
	if c := quiet.Calibration; c == nil || len(c.Notes) > 0 {
		t.Fatalf("calibration = %+v", c)
	}
	s.wantSame(before, s.answers(1, share), "a calibration")
	s.wantSame(atThird, s.answers(3, share), "a calibration")
	fifth := s.launch(quick)
	wantNoise(t, fifth, 4, 0)
	atFifth := s.answers(5, share)

	page := s.get("/experiments/2")
	for _, text := range []string{"Accept these floors", "Discard", "Measure again", "may be too large"} {
		page.want(t, http.StatusOK, text)
	}
	if !strings.Contains(page.body, `<summary class="btn small">Discard</summary>`) || strings.Count(page.body, "It cannot be undone.") != 2 {
		t.Error("a calibration is discarded without a confirmation")
	}
	if r := s.postForm("/experiments/2/accept", url.Values{}); r.StatusCode != http.StatusSeeOther {
		t.Fatalf("accept: %s: %s", r.Status, r.body)
	}
	page = s.get("/experiments/2")
	page.want(t, http.StatusOK, "They were accepted on")
	if strings.Contains(page.body, "Accept these floors") {
		t.Error("an accepted calibration can be accepted again")
	}
	s.wantSame(before+atThird+atFifth, s.answers(1, share)+s.answers(3, share)+s.answers(5, share), "an accepted calibration")
	wantNoise(t, s.launch(quick), 4, 0) // the newest that applies

	for _, id := range []string{"2", "4"} {
		s.do("DELETE", "/api/v1/experiments/"+id, "").want(t, http.StatusNoContent, "")
	}
	s.wantSame(before+atThird+atFifth, s.answers(1, share)+s.answers(3, share)+s.answers(5, share), "a deleted calibration")
	s.get("/experiments/5").want(t, http.StatusOK, "Calibration #4 was deleted.")
	s.get("/experiments/5").want(t, http.StatusOK, "Judge again with default floors")
}

// Judging again is recorded, and leaves shares as they are.
func TestJudgeAgain(t *testing.T) {
	t.Parallel()
	s, load := loadedSite(t)
	s.launch(quick)
	share := s.share(`{}`)
	frozen := s.get(share + "/report.json").body
	before := s.answers(1, share)
	if page := s.get("/experiments/1"); strings.Contains(page.body, "Judge again") {
		t.Error("the page offers to judge again without a calibration")
	}
	load.busy.Store(true)
	s.launch(calibrateKnown)
	load.busy.Store(false)
	if page := s.get("/experiments/1"); strings.Contains(page.body, "Judge again") {
		t.Error("the page offers to judge again with a calibration that nobody accepted")
	}
	s.postJSON("/api/v1/experiments/2/accept", "").want(t, http.StatusNoContent, "")
	s.get("/experiments/1").want(t, http.StatusOK, "Judge again with calibration #2")
	s.get("/experiments/2").want(t, http.StatusOK, "Experiments to judge again")
	s.wantSame(before, s.answers(1, share), "an offer to judge again")

	for range 2 { // the second time changes nothing
		if r := s.postForm("/experiments/1/judge", url.Values{"calibration": {"2"}}); r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/experiments/1" {
			t.Fatalf("judge: %s: %s", r.Status, r.body)
		}
	}
	rep := s.await("/api/v1/experiments/1")
	wantNoise(t, rep, 2, 0)
	if len(rep.Judgments) != 2 || rep.Judgments[0].Calibration != 0 || rep.Calibration.Accepted.IsZero() {
		t.Errorf("judgments = %+v, calibration %+v", rep.Judgments, rep.Calibration)
	}
	for _, path := range []string{"/experiments/1", "/experiments/1/report.html"} {
		s.get(path).want(t, http.StatusOK, "with default floors; again on ")
	}
	s.get("/experiments/1/report.md").want(t, http.StatusOK, `again on `)
	if page := s.get("/experiments/1"); strings.Contains(page.body, "Judge again") {
		t.Error("the page offers to judge again with the same calibration")
	}
	if page := s.get("/experiments/2"); strings.Contains(page.body, "Experiments to judge again") {
		t.Error("the calibration offers to judge what it has judged")
	}
	if now := s.get(share + "/report.json").body; now != frozen {
		t.Errorf("the share changed from\n%.3000s\nto\n%.3000s", frozen, now)
	}
	s.get(share).want(t, http.StatusOK, "default noise floors")

	s.postJSON("/api/v1/experiments/1/judge", `{"calibration":0}`).want(t, http.StatusNoContent, "")
	rep = s.await("/api/v1/experiments/1")
	wantNoise(t, rep, 0, 0)
	if len(rep.Judgments) != 3 {
		t.Errorf("judgments = %+v, want three", rep.Judgments)
	}
}

// A calibration applies only under the conditions that it was taken under.
func TestCalibrationUnderOtherConditions(t *testing.T) {
	t.Parallel()
	s, _ := loadedSite(t)
	s.launch(calibrateKnown)
	wantNoise(t, s.launch(quick), 1, 0)
	for _, test := range []struct{ body, reason string }{
		{`{"case":"known","count":1,"benchtime":"4x"}`, "other settings (benchtime=3x)"},
		{`{"case":"known","count":1,"benchtime":"3x","gogc":"50"}`, "other settings (GOGC=100)"},
		{`{"case":"known","count":1,"benchtime":"3x","params":{"blocks":8}}`, "other params (blocks=4)"},
		{`{"case":"known","count":1,"benchtime":"3x","sweep":"blocks=2,4","gomaxprocs":1}`, "other settings (GOMAXPROCS="},
	} {
		rep := s.launch(test.body)
		wantNoise(t, rep, 0, 1)
		page := fmt.Sprintf("/experiments/%d", rep.ID)
		s.get(page).want(t, http.StatusOK, "Calibration #1 was taken with "+test.reason)
		s.postForm(page+"/judge", url.Values{"calibration": {"1"}}).want(t, http.StatusUnprocessableEntity, "it does not apply")
	}
	wantNoise(t, s.launch(`{"case":"known","count":1,"benchtime":"3x","sweep":"blocks=2,4"}`), 1, 0)
}

// Requests that make no sense are refused in words.
func TestJudgeAndAcceptRefuse(t *testing.T) {
	t.Parallel()
	s, _ := loadedSite(t)
	s.launch(calibrateKnown)
	s.launch(quick)
	s.postJSON("/api/v1/experiments", `{"case":"known","count":1,"benchtime":"3x","params":{"sleep":60000}}`).want(t, http.StatusCreated, "")
	s.postJSON("/api/v1/experiments", calibrateKnown).want(t, http.StatusCreated, "")
	s.do("POST", "/api/v1/experiments/4/cancel", "").want(t, http.StatusNoContent, "")
	for _, test := range []struct {
		path, calibration string
		status            int
		text              string
	}{
		{"99/judge", "1", http.StatusNotFound, "nothing at this address"},
		{"x/judge", "1", http.StatusNotFound, "nothing at this address"},
		{"1/judge", "1", http.StatusUnprocessableEntity, "experiment 1 is a calibration"},
		{"2/judge", "99", http.StatusUnprocessableEntity, "there is no experiment 99"},
		{"2/judge", "2", http.StatusUnprocessableEntity, "experiment 2 is not a calibration"},
		{"2/judge", "4", http.StatusUnprocessableEntity, "calibration 4 has no result"},
		{"2/judge", "", http.StatusUnprocessableEntity, "must be the number of a calibration"},
		{"2/judge", "-1", http.StatusUnprocessableEntity, "must be the number of a calibration"},
		{"3/judge", "1", http.StatusConflict, "judge it again once it has ended"},
		{"99/accept", "", http.StatusNotFound, "nothing at this address"},
		{"2/accept", "", http.StatusUnprocessableEntity, "experiment 2 is not a calibration"},
		{"1/accept", "", http.StatusUnprocessableEntity, "applies already"},
		{"3/accept", "", http.StatusConflict, "judge it again once it has ended"},
		{"4/accept", "", http.StatusUnprocessableEntity, "calibration 4 has no result"},
	} {
		s.postForm("/experiments/"+test.path, url.Values{"calibration": {test.calibration}}).want(t, test.status, test.text)
		if test.calibration == "" && strings.HasSuffix(test.path, "judge") {
			continue
		}
		body := ""
		if test.calibration != "" {
			body = `{"calibration":` + test.calibration + `}`
		}
		if r := s.postJSON("/api/v1/experiments/"+test.path, body); r.StatusCode/100 != 4 || !strings.Contains(r.body, `"detail"`) {
			t.Errorf("API, %s with %s: %s: %s", test.path, body, r.Status, r.body)
		}
	}
	s.do("POST", "/api/v1/experiments/3/cancel", "").want(t, http.StatusNoContent, "")
	rep := s.await("/api/v1/experiments/2")
	if len(rep.Judgments) != 1 {
		t.Errorf("judgments = %+v, want one", rep.Judgments)
	}
}

// The page that compares experiments uses their noise floors only if they have the same.
func TestCompareNoiseFloors(t *testing.T) {
	t.Parallel()
	s, _ := loadedSite(t)
	s.launch(quick)
	s.launch(calibrateKnown)
	s.launch(quick)
	s.launch(quick)
	const different = "judged with different noise floors: #1 with default floors and #3 with calibration #2"
	s.get("/compare?id=1&id=3").want(t, http.StatusOK, different)
	if page := s.get("/compare?id=3&id=4"); strings.Contains(page.body, "different noise floors") || !strings.Contains(page.body, ", measured") {
		t.Errorf("compared with the same calibration: %.3000s", page.content())
	}
	s.postJSON("/api/v1/experiments/1/judge", `{"calibration":2}`).want(t, http.StatusNoContent, "")
	if page := s.get("/compare?id=1&id=3"); strings.Contains(page.body, "different noise floors") {
		t.Error("the page says that the floors differ after they became the same")
	}
}

// A list, which reads no runs, gives the same verdicts as the report: after uneven load, none of times.
func TestListsKnowUnevenLoad(t *testing.T) {
	s, load := loadedSite(t)
	load.uneven.Store(true)
	rep := s.launch(`{"case":"known","count":6,"benchtime":"3x"}`)
	if c := rep.Comparison("none", profiler.NsPerOp); c == nil || c.Reason != report.UnevenLoad {
		t.Fatalf("time = %+v, want a verdict that the load withdrew", c)
	}
	var list struct {
		Items []struct{ Comparisons []report.Comparison }
	}
	if err := json.Unmarshal([]byte(s.get("/api/v1/experiments").body), &list); err != nil {
		t.Fatal(err)
	}
	for _, c := range list.Items[0].Comparisons {
		if want := rep.Comparison(c.Variant, c.Unit); c.Verdict != want.Verdict || c.Reason != want.Reason {
			t.Errorf("%s in the list: %s (%s), want %s (%s)", c.Unit, c.Verdict, c.Reason, want.Verdict, want.Reason)
		}
	}
}
