package queue_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/profilertest"
	"heaplab/profiler/report"
	"heaplab/profiler/subject"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/subject/imported"
	"heaplab/store"
	"heaplab/store/queue"
)

func TestMain(m *testing.M) { os.Exit(profilertest.Main(m)) }

// newQueue returns a queue with an empty store. It is not running.
func newQueue(t *testing.T) *queue.Queue {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	cases := profilertest.Subject(t)
	q := &queue.Queue{
		Store:    s,
		Subjects: subject.Registry{cases, &imported.Subject{Executor: cases.Executor}},
		Executor: cases.Executor,
		Log:      slog.New(slog.DiscardHandler),
	}
	if err := q.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	return q
}

// casesOf returns the subject of q that measures cases.
func casesOf(q *queue.Queue) *builtin.Subject { return q.Subjects[0].(*builtin.Subject) }

// importer returns the subject of q that reads imports.
func importer(q *queue.Queue) *imported.Subject { return q.Subjects[1].(*imported.Subject) }

// run runs q until the returned function is called.
func run(t *testing.T, q *queue.Queue) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		q.Run(ctx)
		close(ended)
	}()
	stop = func() {
		cancel()
		<-ended
	}
	t.Cleanup(stop)
	return stop
}

func launch(t *testing.T, q *queue.Queue, l queue.Launch) int64 {
	t.Helper()
	e, err := q.Launch(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	return e.ID
}

// await waits until ok accepts the experiment.
func await(t *testing.T, q *queue.Queue, id int64, ok func(profiler.Experiment) bool) profiler.Experiment {
	t.Helper()
	changed, unsubscribe := q.Subscribe(id)
	defer unsubscribe()
	limit := time.After(time.Minute)
	for {
		e, err := q.Store.Experiment(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if ok(e) {
			return e
		}
		select {
		case <-changed:
		case <-limit:
			t.Fatalf("experiment %d is still %s", id, e.State)
		}
	}
}

func ended(e profiler.Experiment) bool   { return e.State.Terminal() }
func running(e profiler.Experiment) bool { return e.State == profiler.Running }

func quick() queue.Launch { return queue.Launch{Subject: "case:known", Count: "2", Benchtime: "3x"} }

func slow() queue.Launch {
	l := quick()
	l.Params = map[string]any{"sleep": 60_000}
	return l
}

func TestQueueMeasuresExperiment(t *testing.T) {
	q := newQueue(t)
	run(t, q)
	e := await(t, q, launch(t, q, quick()), ended)
	if e.State != profiler.Done {
		t.Fatalf("state = %s: %s", e.State, e.Reason)
	}
	runs, err := q.Store.Runs(t.Context(), e.ID)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range runs {
		got = append(got, string(r.Kind[:1])+"-"+r.Variant)
	}
	const want = "m-all m-half m-none m-none m-half m-all a-all a-half a-none p-all p-half p-none f-all f-half f-none"
	if strings.Join(got, " ") != want {
		t.Errorf("runs = %s, want %s", strings.Join(got, " "), want)
	}
	rep := report.NewReport(e, runs, nil)
	if c := rep.Comparison("none", profiler.BytesPerOp); c == nil || c.Verdict != report.Better {
		t.Errorf("B/op of none: %+v, want better", c)
	}
	if c := rep.Comparison("half", profiler.BytesPerOp); c == nil || c.Delta < -51 || c.Delta > -49 {
		t.Errorf("B/op of half: %+v, want −50 %%", c)
	}
	for _, p := range rep.Profiles {
		if p.Kind == profiler.Allocs && (p.SelfCheck == nil || !p.SelfCheck.OK || p.Calls != 3) {
			t.Errorf("self-check of %s = %+v, want 3 calls that add up", p.Variant, p.SelfCheck)
		}
	}
}

func TestQueueContinuesAfterFailure(t *testing.T) {
	q := newQueue(t)
	run(t, q)
	bad := launch(t, q, queue.Launch{Subject: "case:broken", Count: "1", Benchtime: "1x"})
	good := launch(t, q, quick())
	if e := await(t, q, bad, ended); e.State != profiler.Failed || !strings.Contains(e.Reason, "the data is <gone>") {
		t.Errorf("experiment = %s: %s", e.State, e.Reason)
	}
	if e := await(t, q, good, ended); e.State != profiler.Done {
		t.Errorf("the next is %s: %s", e.State, e.Reason)
	}
}

func TestCancel(t *testing.T) {
	q := newQueue(t)
	first, second := launch(t, q, slow()), launch(t, q, quick())
	run(t, q)
	await(t, q, first, running)
	for _, id := range []int64{second, first} {
		if err := q.Cancel(t.Context(), id); err != nil {
			t.Errorf("cancel %d: %v", id, err)
		}
		if e := await(t, q, id, ended); e.State != profiler.Canceled {
			t.Errorf("experiment %d is %s: %s", id, e.State, e.Reason)
		}
	}
	if err := q.Cancel(t.Context(), first); !errors.Is(err, store.ErrConflict) {
		t.Errorf("canceling twice: %v", err)
	}
	if err := q.Cancel(t.Context(), 99); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("canceling an unknown experiment: %v", err)
	}
}

func TestStoppingInterrupts(t *testing.T) {
	q := newQueue(t)
	id, waiting := launch(t, q, slow()), launch(t, q, quick())
	stop := run(t, q)
	await(t, q, id, running)
	stop()
	if e := await(t, q, id, ended); e.State != profiler.Interrupted || e.Reason == "" {
		t.Errorf("experiment is %s: %q", e.State, e.Reason)
	}
	run(t, q) // as at the next start
	if e := await(t, q, waiting, ended); e.State != profiler.Done {
		t.Errorf("the queued experiment is %s: %s", e.State, e.Reason)
	}
}

func TestLaunchRefuses(t *testing.T) {
	q := newQueue(t)
	with := func(change func(*queue.Launch)) queue.Launch {
		l := quick()
		change(&l)
		return l
	}
	for _, test := range []struct {
		name   string
		launch queue.Launch
		field  string
	}{
		{"no subject", queue.Launch{}, "subject"},
		{"unknown subject", queue.Launch{Subject: "magic"}, "subject"},
		{"no case", queue.Launch{Subject: "case:"}, "case"},
		{"unknown case", queue.Launch{Subject: "case:magic"}, "case"},
		{"unknown param", with(func(l *queue.Launch) { l.Params = map[string]any{"size": 1} }), "param.size"},
		{"param out of range", with(func(l *queue.Launch) { l.Params = map[string]any{"blocks": 1} }), "param.blocks"},
		{"count in words", with(func(l *queue.Launch) { l.Count = "six" }), "count"},
		{"count", with(func(l *queue.Launch) { l.Count = "0" }), "count"},
		{"benchtime", with(func(l *queue.Launch) { l.Benchtime = "1h" }), "benchtime"},
		{"gogc", with(func(l *queue.Launch) { l.GOGC = "x" }), "gogc"},
		{"title", with(func(l *queue.Launch) { l.Title = strings.Repeat("x", 201) }), "title"},
		{"note", with(func(l *queue.Launch) { l.Note = strings.Repeat("é", 2001) }), "note"},
		{"tags", with(func(l *queue.Launch) { l.Tags = []string{"<b>"} }), "tags"},
		{"many tags", with(func(l *queue.Launch) { l.Tags = strings.Split("abcdefghi", "") }), "tags"},
		{"memory", with(func(l *queue.Launch) { l.Params = map[string]any{"blocks": 1024} }), "params"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := q.Launch(t.Context(), test.launch)
			var faults profiler.Faults
			if !errors.As(err, &faults) || faults.For(test.field) == "" {
				t.Errorf("error = %v, want a fault of %q", err, test.field)
			}
		})
	}
	if page, err := q.Store.History(t.Context(), store.Filter{Limit: 1}); err != nil || len(page.Experiments) > 0 {
		t.Errorf("stored %v, %v", page.Experiments, err)
	}
}
