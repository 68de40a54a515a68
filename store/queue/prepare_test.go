package queue_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"heaplab/profiler"
	"heaplab/store/queue"
)

// kept returns the prepared files.
func kept(t *testing.T, q *queue.Queue) []os.DirEntry {
	t.Helper()
	files, err := os.ReadDir(casesOf(q).Keep)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Experiments that need the same file share it. A sweep over a param of the file needs one for each value.
func TestPreparationIsKept(t *testing.T) {
	if testing.Short() {
		t.Skip("takes too long for a short run")
	}
	q := newQueue(t)
	run(t, q)
	for _, step := range []struct {
		launch queue.Launch
		files  int
	}{
		{queue.Launch{Params: map[string]any{"bytes": 10}}, 1},
		{queue.Launch{Params: map[string]any{"bytes": 10, "other": 5}}, 1},
		{queue.Launch{Params: map[string]any{"bytes": 11}}, 2},
		{queue.Launch{Sweep: "bytes=10,12,13"}, 4},
		{queue.Launch{Kind: profiler.KindCalibration, Params: map[string]any{"bytes": 13}}, 4},
	} {
		l := step.launch
		l.Subject, l.Count, l.Benchtime = "case:prepared", "6", "1x"
		e := await(t, q, launch(t, q, l), ended)
		if e.State != profiler.Done {
			t.Fatalf("%+v: %s: %s", l, e.State, e.Reason)
		}
		if files := kept(t, q); len(files) != step.files {
			t.Errorf("after %+v %d files are kept, want %d", l, len(files), step.files)
		}
		if left := unprepared(t, q, e); left != 0 {
			t.Errorf("after %+v %v of preparation are left", l, left)
		}
	}
}

// unprepared returns the estimated time of the rest of an experiment's preparation.
func unprepared(t *testing.T, q *queue.Queue, e profiler.Experiment) time.Duration {
	t.Helper()
	trial, err := casesOf(q).Trial(e)
	if err != nil {
		t.Fatal(err)
	}
	return casesOf(q).Unprepared(trial)
}

func TestFailedPreparationLeavesNothing(t *testing.T) {
	q := newQueue(t)
	run(t, q)
	e := await(t, q, launch(t, q, queue.Launch{Subject: "case:prepared", Params: map[string]any{"fail": 1}}), ended)
	if e.State != profiler.Failed || !strings.Contains(e.Reason, "preparation of the case failed: the making of the file: the data is <gone>") {
		t.Errorf("state = %s: %s", e.State, e.Reason)
	}
	if files := kept(t, q); len(files) > 0 {
		t.Errorf("%s is kept", files[0].Name())
	}
}

func TestCancelDuringPreparation(t *testing.T) {
	q := newQueue(t)
	run(t, q)
	id := launch(t, q, queue.Launch{Subject: "case:prepared", Params: map[string]any{"sleep": 60_000}})
	e := await(t, q, id, running)
	if left := unprepared(t, q, e); left == 0 {
		t.Error("nothing is left to prepare")
	}
	if err := q.Cancel(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if e := await(t, q, id, ended); e.State != profiler.Canceled {
		t.Errorf("state = %s: %s", e.State, e.Reason)
	}
}
