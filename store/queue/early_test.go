package queue_test

import (
	"strings"
	"testing"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/store"
	"heaplab/store/queue"
)

// finishedTwice stores an experiment that is done with 2 rounds and a continuation by 4 rounds that is
// running. It returns the experiment before the continuation.
func finishedTwice(t *testing.T, q *queue.Queue, kind profiler.Kind) profiler.Experiment {
	t.Helper()
	id, err := q.Store.Add(t.Context(), profiler.Experiment{
		Kind: kind, Config: profiler.Config{Count: 2, GOGC: "100", GOMAXPROCS: 1}, Created: time.Now(),
		Design: profiler.Design{Subject: "case:known", Title: "Known", Variants: []profiler.VariantInfo{{Name: "all"}, {Name: "none"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	begin(t, q, id)
	measureRounds(t, q, id, 0, 1)
	if err := q.Store.Finish(t.Context(), id, doneEnding(id, kind)); err != nil {
		t.Fatal(err)
	}
	before, err := q.Store.Experiment(t.Context(), id)
	if err == nil {
		err = q.Store.Continue(t.Context(), id, 4, time.Now())
	}
	if err != nil {
		t.Fatal(err)
	}
	begin(t, q, id)
	return before
}

func doneEnding(id int64, kind profiler.Kind) store.Ending {
	end := store.Ending{State: profiler.Done, At: time.Now()}
	if kind == profiler.KindCalibration {
		end.Calibration = &report.Calibration{Experiment: id, Runs: 4, Floors: map[string]float64{profiler.NsPerOp: 0.5}}
	} else {
		end.Judgment = &report.Judgment{At: end.At}
	}
	return end
}

// measureRounds stores the runs of these rounds of an experiment.
func measureRounds(t *testing.T, q *queue.Queue, id int64, rounds ...int) {
	t.Helper()
	e, err := q.Store.Experiment(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, round := range rounds {
		for _, task := range e.Plan() {
			if task.Kind == profiler.Measure && task.Round == round {
				storeRun(t, q, id, task)
			}
		}
	}
}

func storeRun(t *testing.T, q *queue.Queue, id int64, task profiler.Task) {
	t.Helper()
	r := profiler.Run{Task: task, Started: time.Now(), Duration: time.Second, Calls: 1,
		Measurements: []profiler.Measurement{{Unit: profiler.NsPerOp, Value: 100}}}
	if err := q.Store.AddRun(t.Context(), id, r); err != nil {
		t.Fatal(err)
	}
}

// A continuation that ends early leaves an experiment that was done with its complete rounds.
func TestContinuationEndsEarly(t *testing.T) {
	for _, test := range []struct {
		name     string
		complete []int // added rounds with all runs
		partial  bool  // another round has one run
		want     int   // rounds
	}{
		{"at once", nil, false, 2},
		{"in the first round", nil, true, 2},
		{"after two rounds", []int{2, 3}, false, 4},
		{"in the fourth round", []int{2, 3, 4}, true, 5},
	} {
		t.Run(test.name, func(t *testing.T) {
			q := newQueue(t)
			before := finishedTwice(t, q, profiler.KindComparison)
			measureRounds(t, q, before.ID, test.complete...)
			if test.partial {
				storeRun(t, q, before.ID, profiler.Task{Kind: profiler.Measure, Variant: "all", Round: 2 + len(test.complete)})
			}
			restart(t, q) // interrupts it
			e := await(t, q, before.ID, ended)
			if e.State != profiler.Done || e.Reason != "" || e.Config.Count != test.want {
				t.Fatalf("%s with %d rounds: %s", e.State, e.Config.Count, e.Reason)
			}
			if !strings.HasPrefix(e.NotAdded, "Adding 4 rounds was interrupted. The server ended") {
				t.Errorf("not added: %q", e.NotAdded)
			}
			if more := test.want - 2; more == 0 && (len(e.Added) > 0 || !e.Finished.Equal(before.Finished)) || more > 0 && (len(e.Added) != 1 || e.Added[0].Rounds != more) {
				t.Errorf("added %v, finished %v, before %v", e.Added, e.Finished, before.Finished)
			}
			samples, err := q.Store.Samples(t.Context(), e.ID)
			if err != nil || len(samples) != 2 {
				t.Fatalf("samples = %v, %v", samples, err)
			}
			for key, values := range samples {
				if len(values) != test.want {
					t.Errorf("%d samples of %v, want %d", len(values), key, test.want)
				}
			}
			if got, want := len(tasks(t, q, e.ID)), 2*test.want; got != want {
				t.Errorf("%d runs, want %d", got, want)
			}
			all, err := q.Store.Judgments(t.Context(), e.ID)
			if want := 1 + min(test.want-2, 1); err != nil || len(all) != want {
				t.Errorf("%d judgments, %v; want %d", len(all), err, want)
			}
		})
	}
}

// A calibration keeps its result and its acceptance if its continuation ends early. It has none meanwhile.
func TestContinuedCalibrationEndsEarly(t *testing.T) {
	q := newQueue(t)
	before := finishedTwice(t, q, profiler.KindCalibration)
	if err := q.Store.Accept(t.Context(), before.ID, time.Now()); err != nil {
		t.Fatal(err)
	}
	if c, err := q.Store.Calibration(t.Context(), before.ID); err == nil {
		t.Errorf("a running calibration has the result %+v", c)
	}
	restart(t, q)
	c, err := q.Store.Calibration(t.Context(), before.ID)
	if err != nil || c.Floors[profiler.NsPerOp] != 0.5 || c.Accepted.IsZero() {
		t.Errorf("result = %+v, %v", c, err)
	}
}

// Adding rounds can be canceled. The experiment stays done.
func TestCancelAddedRounds(t *testing.T) {
	q := newQueue(t)
	run(t, q)
	before := await(t, q, launch(t, q, quick()), ended)
	resume(t, q, before.ID, "40")
	atRun(t, q, before.ID, len(tasks(t, q, before.ID))+1)
	if err := q.Cancel(t.Context(), before.ID); err != nil {
		t.Fatal(err)
	}
	e := await(t, q, before.ID, ended)
	if e.State != profiler.Done || !strings.HasPrefix(e.NotAdded, "Adding 40 rounds was canceled. ") {
		t.Fatalf("%s, not added: %q", e.State, e.NotAdded)
	}
	runs, err := q.Store.Runs(t.Context(), e.ID)
	if err != nil {
		t.Fatal(err)
	}
	if left := profiler.Remaining(e.Plan(), runs); len(left) > 0 || len(e.Plan()) != len(runs) {
		t.Errorf("%d runs of a plan of %d, left %v", len(runs), len(e.Plan()), left)
	}
}
