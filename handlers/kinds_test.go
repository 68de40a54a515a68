package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/report"
)

// A sweep can be launched from the form, cloned and shared. Its report has all its values.
func TestSweep(t *testing.T) {
	slow(t)
	s := newSite(t)
	s.run()
	r := s.postForm("/experiments", url.Values{
		"case": {"known"}, "count": {"1"}, "benchtime": {"3x"}, "over": {"blocks"}, "values": {"2, 4, 8"},
	})
	if r.StatusCode != http.StatusSeeOther {
		t.Fatalf("launch: %s: %s", r.Status, r.body)
	}
	rep := s.await("/api/v1/experiments/1")
	if rep.Kind != profiler.KindSweep || len(rep.Rows) != 3 || rep.RunsDone != 9 {
		t.Fatalf("report = %+v", rep)
	}
	for i, want := range []float64{2 << 20, 4 << 20, 8 << 20} {
		row := rep.Rows[i]
		got := row.Sample("all", profiler.BytesPerOp)
		if len(got) != 1 || got[0] < want || got[0] > 1.01*want {
			t.Errorf("B/op at %s = %v, want %v", row.Value, got, want)
		}
		at := rep.At(i)
		if c := at.Comparison("none", profiler.BytesPerOp); c == nil || c.Verdict != report.Better {
			t.Errorf("B/op of none at %s = %+v", row.Value, c)
		}
	}
	s.get("/experiments/1").want(t, http.StatusOK, "blocks from 2 to 8")
	s.get("/?kind=sweep").want(t, http.StatusOK, "sweep of blocks=2,4,8")
	s.get("/?kind=sweep").want(t, http.StatusOK, "compare blocks from 2 to 8")
	s.get("/?kind=calibration").want(t, http.StatusOK, `class="card empty"`)
	s.get("/experiments/new?from=1").want(t, http.StatusOK, `value="2, 4, 8"`)
	s.postJSON("/api/v1/experiments/1/shares", `{}`).want(t, http.StatusCreated, "url")
}

// A calibration can be launched from the form of a report, and cloned.
func TestCalibration(t *testing.T) {
	t.Parallel()
	slow(t)
	s := newSite(t)
	s.run()
	s.launch(quick)
	s.get("/experiments/1").want(t, http.StatusOK, `name="kind" value="calibration"`)
	r := s.postForm("/experiments", url.Values{"case": {"known"}, "kind": {"calibration"}, "count": {"6"}, "benchtime": {"3x"}})
	if r.StatusCode != http.StatusSeeOther {
		t.Fatalf("launch: %s: %s", r.Status, r.body)
	}
	found := s.await("/api/v1/experiments/2")
	if found.Calibration == nil || found.Calibration.Runs != 12 || len(found.Variants) != 1 || len(found.Comparisons) != 0 {
		t.Fatalf("calibration = %+v", found)
	}
	s.get("/experiments/2").want(t, http.StatusOK, "Noise floor")
	s.get("/?kind=calibration").want(t, http.StatusOK, "time per operation")
	s.get("/experiments/new?from=2").want(t, http.StatusOK, `name="kind" value="calibration"`)
}

// The settings of an experiment reach its children, and every run records them.
func TestSettingsReachTheChildren(t *testing.T) {
	slow(t)
	s := newSite(t)
	s.run()
	rep := s.launch(`{"case":"known","count":1,"benchtime":"3x","gogc":"50","gomemlimit":"512MiB","gomaxprocs":1,"time_limit":"30s","memory_limit":"1GiB"}`)
	if rep.State != profiler.Done || len(rep.Comparability) > 0 && strings.Contains(rep.Comparability[0], "The runs differ") {
		t.Fatalf("state = %s, %q: %s", rep.State, rep.Comparability, rep.Error)
	}
	runs, err := s.app.Store.Runs(t.Context(), rep.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range runs {
		for key, want := range map[string]string{"gogc": "50", "gomemlimit": "512MiB", "gomaxprocs": "1", "machine": rep.Environment["machine"]} {
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

func TestGOGCOff(t *testing.T) {
	slow(t)
	s := newSite(t)
	s.run()
	rep := s.launch(`{"case":"known","count":1,"benchtime":"3x","gogc":"off"}`)
	if rep.State != profiler.Done {
		t.Fatalf("state = %s: %s", rep.State, rep.Error)
	}
	if c := rep.Comparison("half", profiler.HeapGoal); c != nil {
		t.Errorf("a heap goal without collections: %+v", c)
	}
}
