package handlers_test

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/profilertest"
	"heaplab/profiler/subject/builtin"
	"heaplab/store"
)

// change changes the database without its checks, as a fault of the disk could.
func (s *site) change(query string, args ...any) {
	s.Helper()
	db, err := sql.Open("sqlite3", s.file+"?_busy_timeout=10000&_ignore_check_constraints=true")
	s.must(err)
	defer db.Close()
	_, err = db.ExecContext(s.Context(), query, args...)
	s.must(err)
}

// measured stores a finished experiment with one run of each variant and their series.
func (s *site) measured() int64 {
	s.Helper()
	d := designOf(profilertest.Cases, "known")
	id := s.addDesign(d)
	s.measure(id, d)
	return id
}

// measure adds one run of each variant to an experiment, and ends it.
func (s *site) measure(id int64, d profiler.Design) {
	s.Helper()
	end := store.Ending{State: profiler.Done, At: time.Now()}
	for _, v := range d.Variants {
		s.must(s.app.Store.AddRun(s.Context(), id, profiler.Run{
			Task: profiler.Task{Kind: profiler.Measure, Variant: v.Name}, Started: time.Now(), Calls: 1,
			Measurements: []profiler.Measurement{{Unit: profiler.BytesPerOp, Value: 5}},
		}))
		end.Series = append(end.Series, store.Series{
			Series: profiler.Series{Variant: v.Name, Unit: profiler.BytesPerOp}, Values: []float64{5}, Center: 5, Lo: profiler.Undefined(), Hi: profiler.Undefined(),
		})
	}
	s.must(s.app.Store.Finish(s.Context(), id, end))
}

// An experiment that cannot be read does not break the lists. Its own pages say why, and offer to
// delete it.
func TestDamagedExperiment(t *testing.T) {
	for _, test := range []struct{ name, query, reason string }{
		{"config", `UPDATE experiments SET config = '[]' WHERE id = 2`, "its config cannot be decoded"},
		{"design", `UPDATE experiments SET design = '{}' WHERE id = 2`, "its design has no variants"},
		{"sweep", `UPDATE experiments SET kind = 'sweep', sweep = '{"over":"gogc","values":[]}' WHERE id = 2`, "its sweep has no values"},
		{"rounds", `UPDATE experiments SET config = json_set(config, '$.count', 1000000000) WHERE id = 2`, "it has 1000000000 rounds"},
		{"time", `UPDATE experiments SET finished_at = 99999999999999999 WHERE id = 2`, "one of its times"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t)
			s.app.Article = []builtin.Claim{{English: "A claim", Tests: []builtin.Test{{Case: "known", Variant: "none", Unit: profiler.BytesPerOp}}}}
			s.measured()
			s.measured()
			s.change(test.query)

			sentence := "Experiment 2 cannot be read: " + test.reason
			for _, path := range []string{"/", "/?q=known", "/?sort=oldest", "/cases/known"} {
				page := s.get(path)
				page.want(t, http.StatusOK, sentence)
				page.want(t, http.StatusOK, "Damaged")
				page.want(t, http.StatusOK, `id="experiment-1"`)
			}
			for _, path := range []string{"/article", "/cases", "/compare", "/compare?id=1", "/experiments/1", "/experiments/1/report.md", "/experiments/new?case=known", "/experiments/new?from=1"} {
				s.get(path).want(t, http.StatusOK, "")
			}
			s.wantDamagedItem(sentence)

			advice := "Delete it, or restore a backup."
			for _, path := range []string{"", "/report.json", "/report.md", "/report.txt", "/shares", "/profile", "/profile.svg", "/source", "/events"} {
				page := s.get("/experiments/2" + path)
				page.want(t, http.StatusInternalServerError, sentence)
				page.want(t, http.StatusInternalServerError, advice)
				page.want(t, http.StatusInternalServerError, `action="/experiments/2/delete"`)
			}
			for _, path := range []string{"/experiments/new?from=2", "/compare?id=1&id=2", "/compare/profile?id=1&id=2"} {
				s.get(path).want(t, http.StatusInternalServerError, sentence)
			}
			s.get("/api/v1/experiments/2").want(t, http.StatusInternalServerError, advice)
			s.postJSON("/api/v1/experiments/2/shares", `{}`).want(t, http.StatusInternalServerError, advice)

			if r := s.postForm("/experiments/2/delete", nil); r.StatusCode != http.StatusSeeOther {
				t.Errorf("delete: %s: %.300s", r.Status, r.body)
			}
			s.get("/experiments/2").want(t, http.StatusNotFound, "")
			if page := s.get("/"); strings.Contains(page.body, "Damaged") {
				t.Error("the history still lists it")
			}
			s.wantNoPanic()
		})
	}
}

// wantDamagedItem checks the API's list of a readable experiment 1 and a damaged experiment 2.
func (s *site) wantDamagedItem(sentence string) {
	s.Helper()
	type item struct {
		ID      int64
		Subject string
		Error   string
		Damaged bool
	}
	var list struct{ Items []item }
	r := s.get("/api/v1/experiments")
	if err := json.Unmarshal([]byte(r.body), &list); err != nil || len(list.Items) != 2 {
		s.Fatalf("list: %s: %v: %.500s", r.Status, err, r.body)
	}
	if got := list.Items[0]; got.ID != 2 || got.Subject != "case:known" || !got.Damaged || !strings.HasPrefix(got.Error, sentence) {
		s.Errorf("damaged in the list = %+v", got)
	}
	if got := list.Items[1]; got.ID != 1 || got.Damaged {
		s.Errorf("readable in the list = %+v", got)
	}
}

func (s *site) wantNoPanic() {
	s.Helper()
	if log := s.log.String(); strings.Contains(log, `"msg":"panic"`) {
		s.Errorf("a handler panicked: %.2000s", log)
	}
}

// Damaged runs and samples are the damage of their experiment.
func TestDamagedRuns(t *testing.T) {
	s := newSite(t)
	s.measured()
	s.measured()
	s.change(`UPDATE series SET samples = '[1e308]' WHERE experiment_id = 2`)
	s.get("/").want(t, http.StatusOK, "Experiment 2 cannot be read: a sample in B/op")
	s.get("/cases").want(t, http.StatusOK, "Damaged")
	s.get("/cases/known").want(t, http.StatusOK, "Damaged")
	s.get("/experiments/new?case=known").want(t, http.StatusOK, "")
	s.change(`UPDATE runs SET timeline = x'00ff' WHERE experiment_id = 2`)
	s.get("/experiments/2").want(t, http.StatusInternalServerError, "Experiment 2 cannot be read: its timeline cannot be decoded. Delete it, or restore a backup.")
	s.get("/api/v1/experiments/2").want(t, http.StatusInternalServerError, "its timeline cannot be decoded")
	s.get("/experiments/1").want(t, http.StatusOK, "")
	s.app.Article = []builtin.Claim{{English: "A claim", Tests: []builtin.Test{{Case: "known", Variant: "none", Unit: profiler.BytesPerOp}}}}
	s.get("/article").want(t, http.StatusOK, "")
	s.wantNoPanic()
}

// The queue ends a damaged experiment with the reason, and goes on.
func TestDamagedExperimentInTheQueue(t *testing.T) {
	s := newSite(t)
	e := profiler.Experiment{Kind: profiler.KindComparison, Design: designOf(profilertest.Cases, "known"), Config: profiler.DefaultConfig(8 << 30), Created: time.Now()}
	id, err := s.app.Store.Add(s.Context(), e)
	s.must(err)
	s.change(`UPDATE experiments SET design = '{}' WHERE id = ?`, id)
	s.get("/").want(t, http.StatusOK, "Damaged")
	s.run()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if page, err := s.app.Store.History(s.Context(), store.Filter{Limit: 1}); err == nil && page.Experiments[0].State == profiler.Failed {
			break
		}
	}
	if r := s.do("DELETE", "/api/v1/experiments/1", ""); r.StatusCode != http.StatusNoContent {
		t.Errorf("delete: %s: %s", r.Status, r.body)
	}
	s.wantNoPanic()
}

// A share whose report lacks its parts is refused in words, and offers nothing to its reader.
func TestDamagedShare(t *testing.T) {
	s := newSite(t)
	s.measured()
	for _, frozen := range []string{`{}`, `{"variants":[]}`, `[]`, `{"kind":"sweep","variants":[{"name":"a"}]}`} {
		_, token, err := s.app.Store.AddShare(s.Context(), 1, json.RawMessage(frozen), false, time.Now(), time.Now().Add(time.Hour))
		s.must(err)
		for _, path := range []string{"", "/report.md", "/profile", "/source"} {
			page := s.get("/s/" + token + path)
			page.want(t, http.StatusInternalServerError, "This is damaged in the database")
			if strings.Contains(page.body, "delete") {
				t.Errorf("%s offers to delete", path)
			}
		}
	}
	s.wantNoPanic()
}
