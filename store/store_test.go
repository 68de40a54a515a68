package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/klauspost/compress/gzip"

	"heaplab/profiler"
	"heaplab/profiler/heap"
)

// now is a time without a fraction of a millisecond, which would not be stored.
var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func open(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "a file?#%.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// must fails the test if a preparing step fails.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func launch(caseName string) profiler.Experiment {
	return profiler.Experiment{
		Kind: profiler.KindComparison,
		Design: profiler.Design{
			Subject:  profiler.CaseSubject(caseName),
			Title:    "The case " + caseName,
			Params:   profiler.Params{"n": int64(3), "x": 0.5, "mode": "up"},
			Labels:   map[string]string{"n": "3", "x": "0.5", "mode": "up"},
			Variants: []profiler.VariantInfo{{Name: "a", Extra: []profiler.RunKind{profiler.Allocs}}, {Name: "b"}},
			Primary:  []string{profiler.BytesPerOp},
		},
		Config:  profiler.DefaultConfig(8 << 30),
		Note:    "a note",
		Tags:    []string{"red", "blue"},
		Created: now,
	}
}

func add(t *testing.T, s *Store, e profiler.Experiment) int64 {
	t.Helper()
	id, err := s.Add(t.Context(), e)
	must(t, err)
	return id
}

// begin adds an experiment and starts it.
func begin(t *testing.T, s *Store) int64 {
	t.Helper()
	id := add(t, s, launch("c"))
	must(t, s.Start(t.Context(), id, now, profiler.Environment{"goos": "linux"}))
	return id
}

func measured(variant string, bytes float64) profiler.Run {
	return profiler.Run{
		Task:         profiler.Task{Kind: profiler.Measure, Variant: variant},
		Started:      now,
		Duration:     time.Second,
		Others:       3,
		Steal:        4,
		Calls:        20,
		Measurements: []profiler.Measurement{{Unit: profiler.BytesPerOp, Value: bytes}},
		Output:       "some output",
	}
}

func profiled(variant, content string) profiler.Run {
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	zip.Write([]byte(content))
	zip.Close()
	sum := sha256.Sum256([]byte(content))
	return profiler.Run{
		Task:      profiler.Task{Kind: profiler.Allocs, Variant: variant},
		Started:   now,
		Calls:     5,
		SelfCheck: &profiler.SelfCheck{Calls: 5, TotalAlloc: 7, AllocSpace: 7, OK: true},
		Profile: &profiler.Profile{
			SHA256:   hex.EncodeToString(sum[:]),
			Gzip:     b.Bytes(),
			GzipSize: int64(b.Len()),
			Summary:  profiler.Summary{Totals: heap.Values{AllocSpace: 7}, Functions: []heap.Function{{Name: "f"}}},
		},
	}
}

func TestExperimentFromQueueToEnd(t *testing.T) {
	s, ctx := open(t), t.Context()
	if _, err := s.FirstQueued(ctx); !errors.Is(err, ErrNotFound) {
		t.Errorf("first of an empty queue: %v", err)
	}
	first, second := add(t, s, launch("c")), add(t, s, launch("c"))
	if id, err := s.FirstQueued(ctx); err != nil || id != first {
		t.Errorf("first = %d, %v; want %d", id, err, first)
	}
	if n, err := s.Position(ctx, second); err != nil || n != 1 {
		t.Errorf("position of the second = %d, %v; want 1", n, err)
	}
	must(t, s.Start(ctx, first, now.Add(time.Second), profiler.Environment{"goos": "linux"}))
	if err := s.Start(ctx, first, now, nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("starting twice: %v", err)
	}
	for _, v := range []float64{3, 1, 2} {
		must(t, s.AddRun(ctx, first, measured("a", v)))
	}
	series := Series{Series: profiler.Series{Variant: "a", Unit: profiler.BytesPerOp}, Values: []float64{3, 1, 2}, Center: 2, Lo: profiler.Undefined(), Hi: 3}
	must(t, s.Finish(ctx, first, Ending{State: profiler.Done, At: now.Add(time.Minute), Series: []Series{series}}))

	want := launch("c")
	want.ID, want.State = first, profiler.Done
	want.Started, want.Finished = now.Add(time.Second), now.Add(time.Minute)
	want.Environment = profiler.Environment{"goos": "linux"}
	got, err := s.Experiment(ctx, first)
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("experiment (-want +got):\n%s", diff)
	}
	samples, err := s.Samples(ctx, first, profiler.BytesPerOp)
	must(t, err)
	if got := samples[series.Series]; !slices.Equal(got, []float64{3, 1, 2}) {
		t.Errorf("samples = %v, want them in the order of the runs", got)
	}
	if err := s.Finish(ctx, first, Ending{State: profiler.Failed, At: now}); err == nil {
		t.Error("an experiment ended twice")
	}
}

func TestRunsRoundTrip(t *testing.T) {
	s, ctx := open(t), t.Context()
	id := begin(t, s)
	fit := profiler.Run{
		Task:    profiler.Task{Kind: profiler.FitRun, Variant: "a"},
		Started: now,
		Fit:     &profiler.Fit{Epochs: []profiler.Epoch{{Loss: 1, Accuracy: 0.5}}, Weights: "abc", TotalAlloc: 9},
	}
	swept, peak := measured("a", 2), profiled("b", "peak")
	swept.Round, swept.Row, swept.Environment = 2, "GOGC=50", profiler.Environment{"gogc": "50", "cpu-count": "2"}
	peak.Kind, peak.SelfCheck = profiler.Peak, nil
	peak.Timeline = &profiler.Timeline{
		Interval: 20 * time.Millisecond, Samples: 9000, Cost: 0.004, Ops: 7, Mark: 10.5,
		T: []float64{0, 10.5}, Heap: []int64{1 << 40, 2}, Live: []int64{0, 4}, Anon: []int64{5, 6}, File: []int64{7, 8},
	}
	want := []profiler.Run{measured("a", 1.5), profiled("a", "profile"), fit, swept, peak}
	for _, r := range want {
		must(t, s.AddRun(ctx, id, r))
	}
	got, err := s.Runs(ctx, id)
	must(t, err)
	ignore := cmpopts.IgnoreFields(profiler.Profile{}, "Gzip")
	if diff := cmp.Diff(want, got, ignore, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
	file, err := s.Profile(ctx, id, "a", profiler.Allocs, "")
	if err != nil || !bytes.Equal(file, want[1].Profile.Gzip) {
		t.Errorf("profile = %d bytes, %v", len(file), err)
	}
	if _, err := s.Profile(ctx, id, "a", profiler.Peak, ""); !errors.Is(err, ErrNotFound) {
		t.Errorf("a profile that was never stored: %v", err)
	}
}

func TestDamagedProfileIsNotServed(t *testing.T) {
	s, ctx := open(t), t.Context()
	id := begin(t, s)
	run := profiled("a", "profile")
	run.Profile.SHA256 = hex.EncodeToString(make([]byte, 32))
	must(t, s.AddRun(ctx, id, run))
	if _, err := s.Profile(ctx, id, "a", profiler.Allocs, ""); !errors.Is(err, ErrDamaged) {
		t.Errorf("error = %v, want ErrDamaged", err)
	}
}

func TestUnfinished(t *testing.T) {
	s, ctx := open(t), t.Context()
	running, _ := begin(t, s), add(t, s, launch("c"))
	if ids, err := s.Unfinished(ctx); err != nil || !slices.Equal(ids, []int64{running}) {
		t.Errorf("unfinished = %v, %v; want %d", ids, err, running)
	}
	must(t, s.Finish(ctx, running, Ending{State: profiler.Interrupted, At: now}))
	if ids, err := s.Unfinished(ctx); err != nil || len(ids) > 0 {
		t.Errorf("unfinished after its end = %v, %v", ids, err)
	}
}

func TestCancelQueued(t *testing.T) {
	s, ctx := open(t), t.Context()
	queued, running := add(t, s, launch("c")), int64(0)
	if canceled, err := s.CancelQueued(ctx, queued, now); !canceled || err != nil {
		t.Errorf("canceled = %v, %v", canceled, err)
	}
	running = begin(t, s)
	if canceled, err := s.CancelQueued(ctx, running, now); canceled || err != nil {
		t.Errorf("canceled a running experiment: %v, %v", canceled, err)
	}
}

func TestDelete(t *testing.T) {
	s, ctx := open(t), t.Context()
	one, two := begin(t, s), begin(t, s)
	for _, id := range []int64{one, two} {
		must(t, s.AddRun(ctx, id, profiled("a", "in both")))
	}
	must(t, s.AddRun(ctx, one, profiled("b", "in one")))
	if err := s.Delete(ctx, one); !errors.Is(err, ErrConflict) {
		t.Errorf("deleting a running experiment: %v", err)
	}
	must(t, s.Finish(ctx, one, Ending{State: profiler.Done, At: now}))
	_, token, err := s.AddShare(ctx, one, json.RawMessage(`{}`), true, now, now.Add(time.Hour))
	must(t, err)
	must(t, s.Delete(ctx, one))
	if err := s.Delete(ctx, one); !errors.Is(err, ErrNotFound) {
		t.Errorf("deleting twice: %v", err)
	}
	if _, err := s.Shared(ctx, token, now); !errors.Is(err, ErrNotFound) {
		t.Errorf("share of a deleted experiment: %v", err)
	}
	if _, err := s.Profile(ctx, two, "a", profiler.Allocs, ""); err != nil {
		t.Errorf("profile of the other experiment: %v", err)
	}
	var left int
	must(t, s.reader.QueryRowContext(ctx, "SELECT count(*) FROM profiles").Scan(&left))
	if left != 1 {
		t.Errorf("%d profiles left, want only the one in use", left)
	}
	if id := add(t, s, launch("c")); id <= two {
		t.Errorf("id %d was reused", id)
	}
}

func TestTextsAndPin(t *testing.T) {
	s, ctx := open(t), t.Context()
	id := add(t, s, launch("c"))
	must(t, s.Edit(ctx, id, Edits{Title: new("another title"), Note: new("other"), Tags: new([]string(nil))}))
	must(t, s.SetPinned(ctx, id, true))
	e, err := s.Experiment(ctx, id)
	if err != nil || e.Design.Title != "another title" || e.Note != "other" || len(e.Tags) != 0 || !e.Pinned {
		t.Errorf("experiment = %+v, %v", e, err)
	}
	for name, err := range map[string]error{
		"edit": s.Edit(ctx, 99, Edits{Note: new("")}), "pin": s.SetPinned(ctx, 99, true),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%s of an unknown experiment: %v", name, err)
		}
	}
}

func TestConnectionPragmas(t *testing.T) {
	s, ctx := open(t), t.Context()
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "auto_vacuum": "2"} {
		var got string
		must(t, s.writer.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&got))
		if got != want {
			t.Errorf("%s = %s, want %s", pragma, got, want)
		}
	}
	if _, err := s.reader.ExecContext(ctx, "DELETE FROM experiments"); err == nil {
		t.Error("a reader can write")
	}
}
