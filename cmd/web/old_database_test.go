package main

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"heaplab/handlers"
	"heaplab/profiler"
	"heaplab/store"
)

// oldAnswers holds the answers of the last version without designs.
type oldAnswers struct {
	Experiments map[string]map[string]any `json:"experiments"` // by id
	Shares      map[string]map[string]any `json:"shares"`      // by token
	Status      map[string]int            `json:"status"`      // by path
	History     struct {
		Items []map[string]any `json:"items"`
	} `json:"history"`
}

const oldDatabase = "../../store/testdata/d06a05c/"

// openOld opens a copy of the database of commit d06a05c without running its queue. It reads the profiles that the
// queue reads first.
func openOld(t *testing.T) (http.Handler, oldAnswers) {
	t.Helper()
	data := t.TempDir()
	copyOld(t, data)
	var old oldAnswers
	unpack(t, oldDatabase+"answers.json.gz", func(r io.Reader) error { return json.NewDecoder(r).Decode(&old) })

	s := &server{Data: data, Private: true, Log: slog.New(slog.DiscardHandler)}
	stopping := make(chan struct{})
	app, err := s.open(t.Context(), nil, stopping)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		close(stopping)
		s.store.Close()
	})
	readProfiles(t, app)
	procs := runtime.GOMAXPROCS(2) // as the old program had
	t.Cleanup(func() { runtime.GOMAXPROCS(procs) })
	return app.Routes(), old
}

// readProfiles reads the profiles that an earlier version read in another way.
func readProfiles(t *testing.T, app *handlers.App) {
	t.Helper()
	app.Queue.Executor.Path = program
	for {
		p, err := app.Store.Unread(t.Context())
		if errors.Is(err, store.ErrNotFound) {
			return
		}
		if err == nil {
			p, err = app.Queue.Executor.Reread(t.Context(), p)
		}
		if err == nil {
			err = app.Store.SetDigest(t.Context(), p)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// copyOld puts the old database into a data folder.
func copyOld(t *testing.T, data string) {
	t.Helper()
	unpack(t, oldDatabase+"heaplab.db.gz", func(r io.Reader) error {
		content, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(data, "heaplab.db"), content, 0o600)
	})
}

func unpack(t *testing.T, name string, read func(io.Reader) error) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	zip, err := gzip.NewReader(file)
	if err == nil {
		err = read(zip)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host = "127.0.0.1"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestOldDatabaseAnswersAsBefore opens a database of the last version that stored no designs, and
// compares every report, share and status code with what that version answered.
func TestOldDatabaseAnswersAsBefore(t *testing.T) {
	h, old := openOld(t)
	for id, want := range old.Experiments {
		t.Run("experiment "+id, func(t *testing.T) {
			compareReports(t, want, reportAt(t, h, "/api/v1/experiments/"+id))
		})
	}
	for token, want := range old.Shares {
		t.Run("share of "+fmt.Sprint(want["id"]), func(t *testing.T) {
			got := reportAt(t, h, "/s/"+token+"/report.json")
			got["frozen"] = true
			compareReports(t, want, got)
		})
	}
	t.Run("status codes", func(t *testing.T) {
		for _, path := range slices.Sorted(maps.Keys(old.Status)) {
			want := old.Status[path]
			if changed, ok := changedStatus(path); ok {
				want = changed
			}
			if got := get(h, path).Code; got != want {
				t.Errorf("%s: status %d, want %d", path, got, want)
			}
		}
	})
	t.Run("history", func(t *testing.T) { compareHistory(t, old, h) })
}

// succeeded lists experiments that used a param for GPT-2 or training. Other cases replaced that
// param.
var succeeded = []float64{5, 6, 7, 9, 11, 19}

// changedStatus returns the status code of a path that differs from before on purpose: Clone says
// why it cannot clone an experiment whose case is gone or has changed, or an import. Imports can be
// compared.
func changedStatus(path string) (int, bool) {
	id, ok := strings.CutPrefix(path, "/experiments/new?from=")
	n, err := strconv.ParseFloat(id, 64)
	if ok && err == nil && slices.Contains(append([]float64{16, 22, 23}, succeeded...), n) {
		return http.StatusConflict, true
	}
	if strings.HasPrefix(path, "/compare") && strings.Contains(path, "id=23") {
		return http.StatusOK, true
	}
	if path == "/cases/magic" { // a removed case leads to its experiments
		return http.StatusSeeOther, true
	}
	return 0, false
}

// reportAt returns the report at a path.
func reportAt(t *testing.T, h http.Handler, path string) map[string]any {
	t.Helper()
	w := get(h, path)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: status %d: %.300s", path, w.Code, w.Body)
	}
	var r map[string]any
	if err := json.Unmarshal([]byte(strings.ReplaceAll(w.Body.String(), "http://127.0.0.1", "http://heaplab.test")), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// compareReports compares the fields that old reports had. Of sentences, only the number is
// compared, not their wording. Rows of a sweep were called points.
func compareReports(t *testing.T, want, got map[string]any) {
	t.Helper()
	want, got = maps.Clone(want), maps.Clone(got)
	for _, field := range []string{"subject", "labels", "conclusion", "output", "judgments"} { // are new
		if want[field] == nil {
			delete(got, field)
		}
	}
	frozen := got["frozen"] == true
	if got["source"] == profiler.SubjectImport && !frozen { // its samples are new
		got["primary"], got["variants"] = want["primary"], want["variants"]
	}
	adoptReport(want, got)
	if points, ok := want["points"]; ok {
		want["rows"], want["comparisons"] = pointsAsRows(points.([]any), got["rows"].([]any))
		delete(want, "points")
	}
	for _, r := range []map[string]any{want, got} {
		for _, sentences := range []string{"warnings", "comparability"} {
			list, _ := r[sentences].([]any)
			r[sentences] = len(list)
		}
		predictions, _ := r["predictions"].([]any)
		for _, p := range predictions { // formulas were improved; see TestPredictions of the cases
			delete(p.(map[string]any), "note")
			delete(p.(map[string]any), "ratio")
		}
		if c, ok := r["calibration"].(map[string]any); ok {
			delete(c, "notes")
		}
	}
	adoptProfiles(want, got, frozen)
	before, now := comparisonsOf(want), comparisonsOf(got)
	for i := range min(len(before), len(now)) {
		adoptComparison(before[i], now[i], frozen)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the report differs (-before +now):\n%.4000s", diff)
	}
}

// adoptProfiles removes the fields of profiles that are new: what functions were called, and unless the report is
// frozen, what is read of imports now.
func adoptProfiles(want, got map[string]any, frozen bool) {
	before, _ := want["profiles"].([]any)
	now, _ := got["profiles"].([]any)
	for i := range min(len(before), len(now)) {
		was, is := before[i].(map[string]any), now[i].(map[string]any)
		delete(is, "joined")
		if frozen || is["kind"] != string(profiler.Imported) {
			continue
		}
		functions, _ := was["summary"].(map[string]any)["functions"].([]any)
		for _, f := range functions { // names are now those of go tool pprof
			f := f.(map[string]any)
			f["name"] = parameters.ReplaceAllString(f["name"].(string), "func")
		}
		removeNew(was["summary"], is["summary"])
	}
}

// parameters finds the parameters of a function type in the name of an instance of a generic function.
var parameters = regexp.MustCompile(`func\([^()]*\)`)

// removeNew removes the fields of an object, and of the objects in its lists, that it did not have before.
func removeNew(was, is any) {
	switch is := is.(type) {
	case map[string]any:
		was, _ := was.(map[string]any)
		for name, value := range is {
			if _, known := was[name]; !known {
				delete(is, name)
			} else {
				removeNew(was[name], value)
			}
		}
	case []any:
		was, _ := was.([]any)
		for i := range min(len(was), len(is)) {
			removeNew(was[i], is[i])
		}
	}
}

// adoptComparison changes an old comparison as its fields were renamed since. What was the same may have
// become unclear. Unless the comparison is frozen, its verdict may be another one of the new rules.
func adoptComparison(want, got map[string]any, frozen bool) {
	for _, end := range []string{"delta_lo", "delta_hi"} {
		want[end+"_percent"] = want[end]
		delete(want, end)
	}
	for _, c := range []map[string]any{want, got} {
		if list, ok := c["warnings"].([]any); ok {
			c["warnings"] = len(list)
		}
	}
	verdict := fmt.Sprint(want["verdict"], " ", got["verdict"])
	if allowed := []string{
		"same unclear",                    // the interval is within the noise floor, but not within the margin
		"unclear better",                  // samples far apart
		"unclear same",                    // a measured floor is smaller than the margin
		"better changed", "worse changed", // of a neutral unit
	}; !frozen && slices.Contains(allowed, verdict) || verdict == "same unclear" {
		want["verdict"] = got["verdict"]
	}
	if !frozen { // the interval in the unit is now the one in percent
		for _, end := range []string{"change_lo", "change_hi"} {
			if want[end] != nil && got[end] != nil {
				want[end] = got[end]
			}
		}
	}
	if n := want["baseline"].(map[string]any)["n"].(float64); !frozen && n < 4 { // needs_rounds says what a warning said
		delete(want, "warnings")
	}
	for _, field := range []string{"basis", "margin_percent", "reason", "needs_rounds"} { // are new
		delete(got, field)
	}
}

// adoptReport changes an old report as the migration changes its experiment: the params that its
// case no longer has are gone, because they made no difference. A share keeps them: it is frozen.
func adoptReport(want, got map[string]any) {
	idle, _ := want["idle_params"].([]any)
	delete(want, "idle_params")
	if got["frozen"] == true {
		delete(got, "frozen")
		return
	}
	if slices.Contains(succeeded, want["id"].(float64)) {
		return
	}
	params := maps.Clone(want["params"].(map[string]any))
	for _, name := range idle {
		delete(params, name.(string))
	}
	now := got["params"].(map[string]any)
	for _, name := range []string{"model", "mode"} {
		if _, ok := now[name]; !ok {
			delete(params, name)
		}
	}
	want["params"] = params
}

// pointsAsRows writes points as rows, and their comparisons as those of the report.
func pointsAsRows(points, named []any) (rows, comparisons []any) {
	comparisons = []any{}
	for i, p := range points {
		row := maps.Clone(p.(map[string]any))
		name := named[i].(map[string]any)["row"]
		row["row"] = name
		for _, c := range row["comparisons"].([]any) {
			c := maps.Clone(c.(map[string]any))
			c["row"] = name
			comparisons = append(comparisons, c)
		}
		delete(row, "comparisons")
		along := row["along"].([]any)
		for _, c := range along {
			c.(map[string]any)["row"] = name
		}
		if len(along) == 0 {
			delete(row, "along")
		}
		rows = append(rows, row)
	}
	return rows, comparisons
}

// comparisonsOf returns all comparisons of a report.
func comparisonsOf(r map[string]any) (out []map[string]any) {
	list, _ := r["comparisons"].([]any)
	rows, _ := r["rows"].([]any)
	for _, row := range rows {
		along, _ := row.(map[string]any)["along"].([]any)
		list = append(slices.Clone(list), along...)
	}
	for _, c := range list {
		out = append(out, c.(map[string]any))
	}
	return out
}

func compareHistory(t *testing.T, old oldAnswers, h http.Handler) {
	t.Helper()
	var now struct{ Items []map[string]any }
	if err := json.Unmarshal(get(h, "/api/v1/experiments?limit=100").Body.Bytes(), &now); err != nil {
		t.Fatal(err)
	}
	if len(now.Items) != len(old.History.Items) {
		t.Fatalf("%d experiments, want %d", len(now.Items), len(old.History.Items))
	}
	for i, want := range old.History.Items {
		got := now.Items[i]
		for _, field := range []string{"id", "case", "source", "kind", "title", "state", "note", "tags", "pinned", "verdict", "created", "finished"} {
			if diff := cmp.Diff(want[field], got[field]); diff != "" {
				t.Errorf("experiment %v: %s differs (-before +now):\n%s", want["id"], field, diff)
			}
		}
		before, now := comparisonsOf(want), comparisonsOf(got)
		if len(before) > 0 && len(now) > 0 && before[0]["variant"] != now[0]["variant"] {
			continue // the list shows the best variant, not the last
		}
		for i := range min(len(before), len(now)) {
			adoptComparison(before[i], now[i], false)
		}
		if diff := cmp.Diff(before, now); diff != "" {
			t.Errorf("experiment %v: comparisons differ (-before +now):\n%s", want["id"], diff)
		}
	}
}

// TestOldDatabaseMigratesOnce checks that opening a migrated database changes nothing.
func TestOldDatabaseMigratesOnce(t *testing.T) {
	data := t.TempDir()
	copyOld(t, data)
	var answers [2]string
	for i := range answers {
		s := &server{Data: data, Private: true, Log: slog.New(slog.DiscardHandler)}
		app, err := s.open(t.Context(), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		answers[i] = get(app.Routes(), "/api/v1/experiments?limit=100").Body.String()
		if err := s.store.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if answers[0] != answers[1] || !strings.Contains(answers[0], `"id":27`) {
		t.Errorf("the second time the history is another:\n%.400s\n%.400s", answers[0], answers[1])
	}
}
