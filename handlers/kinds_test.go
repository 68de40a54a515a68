package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"heaplab/profiler"
)

// A sweep through the form: its points, its words, its clone and its share.
func TestSweep(t *testing.T) {
	s := newSite(t)
	s.run()
	r := s.postForm("/experiments", url.Values{
		"case": {"known"}, "count": {"1"}, "benchtime": {"3x"}, "over": {"blocks"}, "values": {"2, 4, 8"},
	})
	if r.StatusCode != http.StatusSeeOther {
		t.Fatalf("launch: %s: %s", r.Status, r.body)
	}
	report := s.await("/api/v1/experiments/1")
	if report.Kind != profiler.KindSweep || len(report.Points) != 3 || report.RunsDone != 9 {
		t.Fatalf("report = %+v", report)
	}
	for i, want := range []float64{2 << 20, 4 << 20, 8 << 20} {
		p := report.Points[i]
		got := p.Sample("all", profiler.BytesPerOp)
		if len(got) != 1 || got[0] < want || got[0] > 1.01*want {
			t.Errorf("B/op at %s = %v, want %v", p.Value, got, want)
		}
		if c := p.Comparison("none", profiler.BytesPerOp); c == nil || c.Verdict != report.Better {
			t.Errorf("B/op of none at %s = %+v", p.Value, c)
		}
	}
	s.get("/experiments/1").want(t, http.StatusOK, "What it buys to take blocks from 2 to 8")
	s.get("/?kind=sweep").want(t, http.StatusOK, "sweep of blocks=2,4,8")
	s.get("/?kind=sweep").want(t, http.StatusOK, "all: blocks from 2 to 8 ")
	s.get("/?kind=calibration").want(t, http.StatusOK, "No experiment matches")
	s.get("/experiments/new?from=1").want(t, http.StatusOK, `value="2, 4, 8"`)
	s.postJSON("/api/v1/experiments/1/shares", `{}`).want(t, http.StatusCreated, "url")
}

// A calibration gives the noise floors of experiments that ran on the same machine, and says
// whether it fits them.
func TestCalibration(t *testing.T) {
	s := newSite(t)
	s.run()
	before := s.launch(quick)
	if before.Calibration != nil {
		t.Fatalf("calibrated by %+v before anything was", before.Calibration)
	}
	page := s.get("/experiments/1")
	page.want(t, http.StatusOK, "stated defaults")
	page.want(t, http.StatusOK, `name="kind" value="calibration"`)

	r := s.postForm("/experiments", url.Values{"case": {"known"}, "kind": {"calibration"}, "count": {"6"}, "benchtime": {"3x"}})
	if r.StatusCode != http.StatusSeeOther {
		t.Fatalf("launch: %s: %s", r.Status, r.body)
	}
	found := s.await("/api/v1/experiments/2")
	if found.Calibration == nil || found.Calibration.Runs != 12 || len(found.Variants) != 1 || len(found.Comparisons) != 0 {
		t.Fatalf("calibration = %+v", found)
	}
	s.get("/experiments/2").want(t, http.StatusOK, "Noise floor")
	s.get("/?kind=calibration").want(t, http.StatusOK, "Noise: time per operation ±")
	s.get("/experiments/new?from=2").want(t, http.StatusOK, "A calibration: the baseline is measured against itself")

	after := s.await("/api/v1/experiments/1")
	if c := after.Calibration; c == nil || c.Experiment != 2 || !c.Same {
		t.Errorf("calibration of the experiment before = %+v", c)
	}
	if c := after.Comparison("half", profiler.NsPerOp); c == nil || !c.FloorMeasured {
		t.Errorf("time = %+v, want a measured floor", c)
	}
	other := s.launch(`{"case":"known","count":1,"benchtime":"4x"}`)
	if c := other.Calibration; c == nil || c.Experiment != 2 || c.Same {
		t.Errorf("calibration of one with another benchtime = %+v", c)
	}
	s.do("DELETE", "/api/v1/experiments/2", "").want(t, http.StatusNoContent, "")
	if c := s.await("/api/v1/experiments/1").Calibration; c != nil {
		t.Errorf("calibration after it was deleted = %+v", c)
	}
}

// What is asked of the children reaches them, and every run says what its child found.
func TestSettingsReachTheChildren(t *testing.T) {
	s := newSite(t)
	s.run()
	report := s.launch(`{"case":"known","count":1,"benchtime":"3x","gogc":"50","gomemlimit":"512MiB","gomaxprocs":1,"time_limit":"30s","memory_limit":"1GiB"}`)
	if report.State != profiler.Done || len(report.Comparability) > 0 && strings.Contains(report.Comparability[0], "not alike") {
		t.Fatalf("state = %s, %q: %s", report.State, report.Comparability, report.Error)
	}
	runs, err := s.app.Store.Runs(t.Context(), report.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range runs {
		for key, want := range map[string]string{"gogc": "50", "gomemlimit": "512MiB", "gomaxprocs": "1", "machine": report.Environment["machine"]} {
			if got := r.Environment[key]; got != want {
				t.Errorf("%s of a %s run = %q, want %q", key, r.Kind, got, want)
			}
		}
		if r.Kind == profiler.Peak && (r.Timeline == nil || len(r.Timeline.T) == 0) {
			t.Errorf("the peak run of %s has no timeline", r.Variant)
		}
	}
	s.get("/experiments/1").want(t, http.StatusOK, "--gomemlimit 512MiB")
}

func TestCollectionsOff(t *testing.T) {
	s := newSite(t)
	s.run()
	report := s.launch(`{"case":"known","count":1,"benchtime":"3x","gogc":"off"}`)
	if report.State != profiler.Done {
		t.Fatalf("state = %s: %s", report.State, report.Error)
	}
	if c := report.Comparison("half", profiler.HeapGoal); c != nil {
		t.Errorf("a heap goal where nothing is collected: %+v", c)
	}
}
