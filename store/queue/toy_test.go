package queue_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/profilertest"
	"heaplab/profiler/report"
	"heaplab/store"
	"heaplab/store/queue"
)

// A new kind of subject needs no change of other packages.
func TestToySubject(t *testing.T) {
	q := newQueue(t)
	toys := &profilertest.Toy{}
	q.Subjects = append(q.Subjects, toys)
	run(t, q)
	e := await(t, q, launch(t, q, queue.Launch{Subject: "toy", Count: "3"}), ended)
	if e.State != profiler.Done || toys.Prepared != 1 {
		t.Fatalf("state = %s: %s; prepared %d times", e.State, e.Reason, toys.Prepared)
	}
	runs, err := q.Store.Runs(t.Context(), e.ID)
	if err != nil || len(runs) != 6 || len(e.Plan()) != 6 {
		t.Fatalf("%d runs of %d planned, %v; want 6", len(runs), len(e.Plan()), err)
	}
	r := report.NewReport(e, runs, nil)
	got := map[string]report.Verdict{}
	for _, c := range r.Comparisons {
		got[c.Row] = c.Verdict
	}
	if len(got) != 2 || got["small"] != report.Better || got["large"] != report.Same {
		t.Errorf("verdicts by row = %v", got)
	}
	if r.Title != "Toys" || r.Labels["colour"] != "red" || r.Conclusion == nil || r.Conclusion.Verdict != report.Better {
		t.Errorf("report = %q, %v, conclusion %+v", r.Title, r.Labels, r.Conclusion)
	}
	for _, query := range []string{"colour=red", "toys"} {
		if page, err := q.Store.History(t.Context(), store.Filter{Query: query, Limit: 9}); err != nil || len(page.Experiments) != 1 {
			t.Errorf("%d experiments found by %q, %v", len(page.Experiments), query, err)
		}
	}
	samples, err := q.Store.Samples(t.Context(), e.ID)
	if key := (profiler.Series{Variant: "after", Row: "small", Unit: profiler.BytesPerOp}); err != nil || len(samples[key]) != 3 {
		t.Errorf("samples = %v, %v", samples, err)
	}
	var faults profiler.Faults
	if _, err := q.Launch(t.Context(), queue.Launch{Subject: "toy", Params: map[string]any{"fail": 1}}); !errors.As(err, &faults) || faults.For("param.fail") == "" {
		t.Errorf("error = %v, want a fault of fail", err)
	}
}

// An experiment with an unknown subject fails with a reason.
func TestUnknownSubjectFails(t *testing.T) {
	q := newQueue(t)
	toys := &profilertest.Toy{}
	known := q.Subjects
	q.Subjects = append(q.Subjects, toys)
	id := launch(t, q, queue.Launch{Subject: "toy"})
	q.Subjects = known // as in another version of the program
	run(t, q)
	if e := await(t, q, id, ended); e.State != profiler.Failed || !strings.Contains(e.Reason, `cannot measure "toy"`) {
		t.Errorf("state = %s: %s", e.State, e.Reason)
	}
}

// Init interrupts an experiment that a previous server left running, and stores the series of its runs.
func TestInitInterrupts(t *testing.T) {
	q := newQueue(t)
	id := launch(t, q, quick())
	if err := q.Store.Start(t.Context(), id, time.Now(), profiler.Environment{}); err != nil {
		t.Fatal(err)
	}
	run := profiler.Run{Task: profiler.Task{Kind: profiler.Measure, Variant: "all"}, Measurements: []profiler.Measurement{{Unit: profiler.BytesPerOp, Value: 7}}}
	if err := q.Store.AddRun(t.Context(), id, run); err != nil {
		t.Fatal(err)
	}
	if err := q.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	e, err := q.Store.Experiment(t.Context(), id)
	if err != nil || e.State != profiler.Interrupted || e.Reason == "" {
		t.Errorf("state = %s: %q, %v", e.State, e.Reason, err)
	}
	samples, err := q.Store.Samples(t.Context(), id)
	if got := samples[profiler.Series{Variant: "all", Unit: profiler.BytesPerOp}]; err != nil || len(got) != 1 {
		t.Errorf("samples = %v, %v", samples, err)
	}
}
