package queue_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/subject"
	"heaplab/store"
	"heaplab/store/queue"
)

// A toy is a subject from outside this module's own: it "runs" a function whose results are named
// rows.
type toy struct{ prepared int }

func (t *toy) Kind() string { return "toy" }

func (t *toy) Design(l subject.Launch) (profiler.Design, profiler.Faults) {
	if l.Params["fail"] != nil {
		return profiler.Design{}, profiler.Faults{{Field: "param.fail", Message: "is not for toys"}}
	}
	return profiler.Design{
		Subject:  "toy",
		Title:    "Toys",
		Variants: []profiler.VariantInfo{{Name: "before"}, {Name: "after"}},
		Primary:  []string{profiler.BytesPerOp},
		Labels:   map[string]string{"colour": "red"},
	}, nil
}

func (t *toy) Prepare(context.Context, profiler.Experiment) (subject.Artefacts, error) {
	t.prepared++
	return subject.Artefacts{{Variant: "after"}: "built"}, nil
}

func (t *toy) Run(_ context.Context, job subject.Job) (profiler.Run, error) {
	run := profiler.Run{Task: job.Task, Started: time.Now(), Duration: time.Second, Calls: 1}
	small, large := 1000.0, 4096.0
	if job.Task.Variant == "after" {
		if job.Artefact != "built" {
			return run, errors.New("the artefact is missing")
		}
		small, large = 500, 4096
	}
	run.Measurements = []profiler.Measurement{
		{Row: "small", Unit: profiler.BytesPerOp, Value: small},
		{Row: "large", Unit: profiler.BytesPerOp, Value: large},
	}
	return run, nil
}

// TestToySubject adds a kind of subject without a change of any package.
func TestToySubject(t *testing.T) {
	q := newQueue(t)
	toys := &toy{}
	q.Subjects = append(q.Subjects, toys)
	run(t, q)
	e := await(t, q, launch(t, q, queue.Launch{Subject: "toy", Count: "3"}), ended)
	if e.State != profiler.Done || toys.prepared != 1 {
		t.Fatalf("state = %s: %s; prepared %d times", e.State, e.Reason, toys.prepared)
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

// An experiment whose subject this program does not have fails in words.
func TestUnknownSubjectFails(t *testing.T) {
	q := newQueue(t)
	toys := &toy{}
	known := q.Subjects
	q.Subjects = append(q.Subjects, toys)
	id := launch(t, q, queue.Launch{Subject: "toy"})
	q.Subjects = known // as another version of the program starts
	run(t, q)
	if e := await(t, q, id, ended); e.State != profiler.Failed || !strings.Contains(e.Reason, `cannot measure "toy"`) {
		t.Errorf("state = %s: %s", e.State, e.Reason)
	}
}

// What a previous server left running ends as interrupted, with the series of its runs.
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
