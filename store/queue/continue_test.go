package queue_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/profilertest"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/subject/command"
	"heaplab/store"
	"heaplab/store/queue"
)

// tasks returns the tasks of an experiment's runs in their order.
func tasks(t *testing.T, q *queue.Queue, id int64) []profiler.Task {
	t.Helper()
	runs, err := q.Store.Runs(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]profiler.Task, len(runs))
	for i, r := range runs {
		out[i] = r.Task
	}
	return out
}

func resume(t *testing.T, q *queue.Queue, id int64, rounds string) {
	t.Helper()
	if err := q.Continue(t.Context(), id, rounds); err != nil {
		t.Fatal(err)
	}
}

// measureTasks returns the measure tasks of a list.
func measureTasks(list []profiler.Task) []profiler.Task {
	return slices.DeleteFunc(slices.Clone(list), func(t profiler.Task) bool { return t.Kind != profiler.Measure })
}

// An experiment of 2 rounds with 4 more has the runs of one with 6 rounds, in the same order of rounds. Its
// profiles and fits are not taken again.
func TestAddRounds(t *testing.T) {
	q := newQueue(t)
	run(t, q)
	for _, test := range []struct {
		name   string
		launch queue.Launch
		count  [2]string // before and in the end
		extra  int       // runs that are not measure runs
	}{
		{"comparison", quick(), [2]string{"2", "6"}, 9},
		{"sweep", queue.Launch{Subject: "case:known", Benchtime: "3x", Sweep: "blocks=2,4"}, [2]string{"1", "3"}, 0},
		{"calibration", queue.Launch{Subject: "case:known", Benchtime: "3x", Kind: profiler.KindCalibration}, [2]string{"6", "8"}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.launch.Count = test.count[1]
			planned, faults := q.Check(test.launch)
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			test.launch.Count = test.count[0]
			before := await(t, q, launch(t, q, test.launch), ended)
			earlier := tasks(t, q, before.ID)

			resume(t, q, before.ID, fmt.Sprint(planned.Config.Count-before.Config.Count))
			after := await(t, q, before.ID, ended)
			if after.State != profiler.Done || after.Reason != "" || after.Config != planned.Config {
				t.Fatalf("state = %s: %s; config %+v", after.State, after.Reason, after.Config)
			}
			got := tasks(t, q, after.ID)
			if !slices.Equal(got[:len(earlier)], earlier) {
				t.Errorf("the earlier runs have changed: %v, want %v", got[:len(earlier)], earlier)
			}
			if want := measureTasks(planned.Plan()); !slices.Equal(measureTasks(got), want) {
				t.Errorf("measure runs = %v, want %v", measureTasks(got), want)
			}
			if extra := len(got) - len(measureTasks(got)); extra != test.extra {
				t.Errorf("%d profiles and fits, want %d", extra, test.extra)
			}
			if !after.Started.Equal(before.Started) || !after.Finished.After(before.Finished) || len(after.Added) != 1 {
				t.Errorf("started %v, finished %v, added %v", after.Started, after.Finished, after.Added)
			}
			samples, err := q.Store.Samples(t.Context(), after.ID, profiler.BytesPerOp)
			if err != nil || len(samples) == 0 {
				t.Fatalf("samples = %v, %v", samples, err)
			}
			for key, values := range samples {
				n := planned.Config.Count
				if planned.Kind == profiler.KindCalibration {
					n *= 2
				}
				if len(values) != n {
					t.Errorf("%d samples of %v, want %d", len(values), key, n)
				}
			}
		})
	}
}

// atRun waits until an experiment is running and has n runs.
func atRun(t *testing.T, q *queue.Queue, id int64, n int) {
	t.Helper()
	await(t, q, id, func(e profiler.Experiment) bool { return running(e) && len(tasks(t, q, id)) >= n })
}

func TestContinueFinishesThePlan(t *testing.T) {
	q := newQueue(t)
	stop := run(t, q)
	id := launch(t, q, queue.Launch{Subject: "case:known", Count: "4", Benchtime: "3x"})
	atRun(t, q, id, 2)
	if err := q.Cancel(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	e := await(t, q, id, ended)
	if e.State != profiler.Canceled {
		t.Fatalf("state = %s", e.State)
	}

	resume(t, q, id, "0")
	atRun(t, q, id, len(tasks(t, q, id))+1)
	earlier := tasks(t, q, id)
	stop()
	if e = await(t, q, id, ended); e.State != profiler.Interrupted {
		t.Fatalf("state = %s after the server stopped", e.State)
	}
	if got := tasks(t, q, id); len(got) < len(earlier) || !slices.Equal(got[:len(earlier)], earlier) {
		t.Errorf("runs = %v, want %v first", got, earlier)
	}
	samples, err := q.Store.Samples(t.Context(), id, profiler.BytesPerOp)
	if got := len(samples[profiler.Series{Variant: "all", Unit: profiler.BytesPerOp}]); err != nil || got == 0 {
		t.Errorf("%d samples of an interrupted experiment, %v", got, err)
	}

	if err := q.Init(t.Context()); err != nil { // as at the next start
		t.Fatal(err)
	}
	run(t, q)
	resume(t, q, id, "1")
	if e = await(t, q, id, ended); e.State != profiler.Done || e.Config.Count != 5 || len(e.Added) != 2 {
		t.Errorf("state = %s with %d rounds, added %v: %s", e.State, e.Config.Count, e.Added, e.Reason)
	}
	if got, want := tasks(t, q, id), e.Plan(); !slices.Equal(measureTasks(got), measureTasks(want)) || len(got) != len(want) {
		t.Errorf("runs = %v, want %v", got, want)
	}
}

// A failed experiment keeps its runs, and can be continued.
func TestContinueAfterFailure(t *testing.T) {
	q := newQueue(t)
	run(t, q)
	id := launch(t, q, queue.Launch{Subject: "case:broken", Count: "1", Benchtime: "1x"})
	await(t, q, id, ended)
	resume(t, q, id, "0")
	if e := await(t, q, id, func(e profiler.Experiment) bool { return ended(e) && len(e.Added) > 0 }); e.State != profiler.Failed || !strings.Contains(e.Reason, "the data is <gone>") {
		t.Errorf("state = %s: %s", e.State, e.Reason)
	}
}

func TestContinueRefuses(t *testing.T) {
	q := newQueue(t)
	cases := casesOf(q)
	cases.Code = "0123456789abcdef"
	stop := run(t, q)
	done := await(t, q, launch(t, q, quick()), ended)
	stop()
	q.Subjects = append(q.Subjects, &command.Subject{Executor: q.Executor}, &profilertest.Toy{})
	store := func(l queue.Launch, state profiler.State) int64 {
		id := launch(t, q, l)
		begin(t, q, id)
		if state.Terminal() {
			finish(t, q, id, state)
		}
		return id
	}
	shell := store(queue.Launch{Subject: "command", Params: map[string]any{"before": "true", "after": "true", "dir": "/"}}, profiler.Canceled)
	toy := store(queue.Launch{Subject: "toy"}, profiler.Done)
	full := store(queue.Launch{Subject: "case:known", Count: "100"}, profiler.Done)
	queued := launch(t, q, quick())

	for _, test := range []struct {
		name   string
		id     int64
		change func()
		want   string
	}{
		{"queued", queued, nil, "has not ended"},
		{"command", shell, nil, "heaplab exec"},
		{"most rounds", full, nil, "100 rounds"},
		{"unknown subject", toy, func() { q.Subjects = q.Subjects[:2] }, `cannot measure "toy"`},
		{"other code", done.ID, func() { cases.Code = "fedcba" }, "the code of the cases was 0123456789ab and is fedcba now"},
		{"no code", done.ID, func() { cases.Code = "" }, "the code of the cases was 0123456789ab and is not known now"},
		{"no params", done.ID, func() { cases.Cases = changed(func(c *builtin.Case) { c.Params = nil }) }, "no longer accepted"},
		{"no such variant", done.ID, func() { cases.Cases = changed(func(c *builtin.Case) { c.Variants = c.Variants[:2] }) }, "variants"},
		{"no fit", done.ID, func() { cases.Cases = changed(func(c *builtin.Case) { c.Variants[0].Fit = nil }) }, "variants"},
		{"no such case", done.ID, func() { cases.Cases = profilertest.Cases[1:] }, `no case named "known"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			subjects, subject := q.Subjects, *cases
			defer func() { q.Subjects, *cases = subjects, subject }()
			if test.change != nil {
				test.change()
			}
			before, err := q.Store.Experiment(t.Context(), test.id)
			if err != nil {
				t.Fatal(err)
			}
			var refusal queue.Refusal
			if err := q.Continue(t.Context(), test.id, "1"); !errors.As(err, &refusal) || !strings.Contains(string(refusal), test.want) {
				t.Errorf("error = %v, want %q", err, test.want)
			}
			if after, err := q.Store.Experiment(t.Context(), test.id); err != nil || after.State != before.State || after.Config.Count != before.Config.Count {
				t.Errorf("a refusal changed the experiment: %s with %d rounds, %v", after.State, after.Config.Count, err)
			}
		})
	}
}

// changed returns the cases of tests with a changed case "known".
func changed(change func(*builtin.Case)) []builtin.Case {
	cases := slices.Clone(profilertest.Cases)
	cases[0].Variants = slices.Clone(cases[0].Variants)
	change(&cases[0])
	return cases
}

func begin(t *testing.T, q *queue.Queue, id int64) {
	t.Helper()
	if err := q.Store.Start(t.Context(), id, time.Now(), profiler.Environment{}); err != nil {
		t.Fatal(err)
	}
}

func finish(t *testing.T, q *queue.Queue, id int64, state profiler.State) {
	t.Helper()
	if err := q.Store.Finish(t.Context(), id, store.Ending{State: state, At: time.Now()}); err != nil {
		t.Fatal(err)
	}
}

func TestContinueRefusesRounds(t *testing.T) {
	q := newQueue(t)
	done, canceled := launch(t, q, quick()), launch(t, q, quick())
	begin(t, q, done)
	finish(t, q, done, profiler.Done)
	begin(t, q, canceled)
	finish(t, q, canceled, profiler.Canceled)
	for _, test := range []struct {
		id     int64
		rounds string
		want   string
	}{
		{done, "0", "from 1 to 98"},
		{done, "-1", "from 1 to 98"},
		{done, "99", "from 1 to 98"},
		{done, "1000000000", "from 1 to 98"},
		{done, "99999999999999999999", "from 1 to 98"},
		{done, "abc", "whole number"},
		{done, "1.5", "whole number"},
		{done, "", "whole number"},
		{canceled, "-1", "from 0 to 98"},
	} {
		var faults profiler.Faults
		if err := q.Continue(t.Context(), test.id, test.rounds); !errors.As(err, &faults) || !strings.Contains(faults.For("rounds"), test.want) {
			t.Errorf("%q: error = %v, want %q", test.rounds, err, test.want)
		}
	}
	if err := q.Continue(t.Context(), 99, "1"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown experiment: %v", err)
	}
}

// If the server is replaced while a continuation waits, the experiment stays as it was.
func TestContinuationByOtherCode(t *testing.T) {
	q := newQueue(t)
	casesOf(q).Code = "old"
	stop := run(t, q)
	before := await(t, q, launch(t, q, quick()), ended)
	stop()
	resume(t, q, before.ID, "4")
	casesOf(q).Code = "new"
	run(t, q)
	after := await(t, q, before.ID, ended)
	if after.State != profiler.Done || after.Config.Count != 2 || !after.Finished.Equal(before.Finished) || after.Environment["code"] != "old" {
		t.Errorf("state = %s with %d rounds, finished %v, code %s", after.State, after.Config.Count, after.Finished, after.Environment["code"])
	}
	if !strings.Contains(after.NotAdded, "the code of the cases was old and is new now") {
		t.Errorf("reason of the refusal = %q", after.NotAdded)
	}
	// The next continuation removes the reason.
	casesOf(q).Code = "old"
	resume(t, q, before.ID, "1")
	if e := await(t, q, before.ID, func(e profiler.Experiment) bool { return ended(e) && e.Config.Count == 3 }); e.NotAdded != "" {
		t.Errorf("reason after the next continuation = %q", e.NotAdded)
	}
}

// A canceled continuation leaves the result as it was.
func TestCancelQueuedContinuation(t *testing.T) {
	q := newQueue(t)
	stop := run(t, q)
	before := await(t, q, launch(t, q, quick()), ended)
	stop()
	resume(t, q, before.ID, "4")
	if err := q.Cancel(t.Context(), before.ID); err != nil {
		t.Fatal(err)
	}
	after := await(t, q, before.ID, ended)
	if after.State != profiler.Done || after.Config.Count != 2 {
		t.Errorf("state = %s with %d rounds", after.State, after.Config.Count)
	}
}
