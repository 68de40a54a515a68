package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heaplab/profiler"
)

// failed adds an experiment with one run that failed, and returns its id.
func failed(t *testing.T, s *Store) int64 {
	t.Helper()
	id := begin(t, s)
	must(t, s.AddRun(t.Context(), id, measured("a", 1)))
	must(t, s.Finish(t.Context(), id, Ending{
		State: profiler.Failed, Reason: "It hung.", Output: "...", At: now.Add(time.Minute),
		Series: []Series{{Series: profiler.Series{Variant: "a", Unit: profiler.BytesPerOp}, Values: []float64{1}, Center: 1, Lo: profiler.Undefined(), Hi: profiler.Undefined()}},
	}))
	return id
}

func TestContinue(t *testing.T) {
	s, ctx := open(t), t.Context()
	id := failed(t, s)
	before, err := s.Experiment(ctx, id)
	must(t, err)
	at := now.Add(time.Hour)
	must(t, s.Continue(ctx, id, 4, at))

	want := before
	want.State, want.Reason, want.Output, want.Finished = profiler.Queued, "", "", time.Time{}
	want.Config.Count += 4
	want.Added = []profiler.Addition{{At: at, Rounds: 4}}
	got, err := s.Experiment(ctx, id)
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("experiment (-want +got):\n%s", diff)
	}
	if page, err := s.History(ctx, Filter{Limit: 1}); err != nil || len(page.Experiments) != 1 || len(page.Experiments[0].Added) != 1 {
		t.Errorf("history = %+v, %v", page, err)
	}
	if err := s.Continue(ctx, id, 4, at); !errors.Is(err, ErrConflict) {
		t.Errorf("continuing while it is queued: %v", err)
	}

	must(t, s.Start(ctx, id, before.Started, before.Environment))
	if samples, err := s.Samples(ctx, id); err != nil || len(samples) > 0 {
		t.Errorf("samples of a running experiment = %v, %v", samples, err)
	}
	if err := s.Continue(ctx, id, 4, at); !errors.Is(err, ErrConflict) {
		t.Errorf("continuing while it is running: %v", err)
	}
	must(t, s.Finish(ctx, id, Ending{State: profiler.Done, At: at}))
	if runs, err := s.Runs(ctx, id); err != nil || len(runs) != 1 {
		t.Errorf("%d runs, %v; want the earlier one", len(runs), err)
	}

	must(t, s.Continue(ctx, id, 0, at))
	got, err = s.Experiment(ctx, id)
	must(t, err)
	if len(got.Added) != 2 || got.Config.Count != want.Config.Count {
		t.Errorf("after a second time: %d rounds, added %v", got.Config.Count, got.Added)
	}
}

func TestContinueRefuses(t *testing.T) {
	s, ctx := open(t), t.Context()
	id := failed(t, s)
	before, err := s.Experiment(ctx, id)
	must(t, err)
	for _, rounds := range []int{-1, profiler.MaxCount - before.Config.Count + 1} {
		if err := s.Continue(ctx, id, rounds, now); !errors.Is(err, ErrInvalid) {
			t.Errorf("%d rounds: %v", rounds, err)
		}
	}
	if err := s.Continue(ctx, 99, 1, now); !errors.Is(err, ErrNotFound) {
		t.Errorf("an unknown experiment: %v", err)
	}
	after, err := s.Experiment(ctx, id)
	must(t, err)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("a refusal changed the experiment (-before +after):\n%s", diff)
	}
}

// An experiment that is canceled before its continuation starts is as it was before.
func TestCancelContinuation(t *testing.T) {
	s, ctx := open(t), t.Context()
	id := failed(t, s)
	before, err := s.Experiment(ctx, id)
	must(t, err)
	for range 2 {
		must(t, s.Continue(ctx, id, 4, now))
		if canceled, err := s.CancelQueued(ctx, id, now); !canceled || err != nil {
			t.Fatalf("canceled = %t, %v", canceled, err)
		}
		after, err := s.Experiment(ctx, id)
		must(t, err)
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("experiment (-before +after):\n%s", diff)
		}
	}
	if samples, err := s.Samples(ctx, id); err != nil || len(samples) != 1 {
		t.Errorf("samples = %v, %v", samples, err)
	}

	// A continuation that has started is not undone, even if the experiment is continued again.
	must(t, s.Continue(ctx, id, 4, now))
	must(t, s.Start(ctx, id, now, before.Environment))
	if canceled, err := s.CancelQueued(ctx, id, now); canceled || err != nil {
		t.Errorf("canceled a running experiment: %t, %v", canceled, err)
	}
	must(t, s.Finish(ctx, id, Ending{State: profiler.Canceled, At: now}))
	must(t, s.Continue(ctx, id, 2, now))
	_, err = s.CancelQueued(ctx, id, now)
	must(t, err)
	after, err := s.Experiment(ctx, id)
	must(t, err)
	if after.State != profiler.Canceled || after.Config.Count != before.Config.Count+4 || len(after.Added) != 1 {
		t.Errorf("experiment is %s with %d rounds, added %v", after.State, after.Config.Count, after.Added)
	}
}

// A continued experiment waits behind those that were queued before.
func TestOrderOfContinuations(t *testing.T) {
	s, ctx := open(t), t.Context()
	continued := failed(t, s)
	second, third := add(t, s, launch("c")), add(t, s, launch("c"))
	must(t, s.Continue(ctx, continued, 1, now.Add(time.Second)))
	late := launch("c")
	late.Created = now.Add(2 * time.Second)
	fourth := add(t, s, late)
	for want, id := range []int64{second, third, continued, fourth} {
		if got, err := s.Position(ctx, id); err != nil || got != want {
			t.Errorf("position of experiment %d = %d, %v; want %d", id, got, err, want)
		}
	}
	for _, want := range []int64{second, third, continued, fourth} {
		got, err := s.FirstQueued(ctx)
		must(t, err)
		if got != want {
			t.Errorf("next is experiment %d, want %d", got, want)
		}
		must(t, s.Start(ctx, got, now, nil))
	}
}
