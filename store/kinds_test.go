package store

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"heaplab/profiler"
)

func TestSweepsRoundTrip(t *testing.T) {
	s := open(t)
	want := launch("c")
	want.Kind, want.State = profiler.KindSweep, profiler.Queued
	want.Sweep = &profiler.Sweep{Over: "gomemlimit", Values: []string{"off", "64MiB"}}
	want.Environment = profiler.Environment{}
	want.ID = add(t, s, want)
	got, err := s.Experiment(t.Context(), want.ID)
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("experiment (-want +got):\n%s", diff)
	}
	page, err := s.History(t.Context(), Filter{Limit: 1})
	must(t, err)
	if diff := cmp.Diff([]profiler.Experiment{want}, page.Experiments); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}

func TestSeriesAtPoints(t *testing.T) {
	s, ctx := open(t), t.Context()
	id := begin(t, s)
	for i, v := range []float64{1, 2, 30, 40, 3} {
		run := measured("a", v)
		run.Point = []int{0, 0, 1, 1, 0}[i]
		must(t, s.AddRun(ctx, id, run))
	}
	must(t, s.Finish(ctx, id, Ending{State: profiler.Done, At: now}))
	rows, err := s.reader.QueryContext(ctx, "SELECT point, n, center, samples FROM series ORDER BY point")
	must(t, err)
	defer rows.Close()
	type series struct {
		Point, N int
		Center   float64
		Samples  string
	}
	var got []series
	for rows.Next() {
		var row series
		must(t, rows.Scan(&row.Point, &row.N, &row.Center, &row.Samples))
		got = append(got, row)
	}
	must(t, rows.Err())
	if want := []series{{0, 3, 2, "[1,2,3]"}, {1, 2, 35, "[30,40]"}}; !slices.Equal(got, want) {
		t.Errorf("series = %v, want %v", got, want)
	}
}

// ended adds an experiment of that kind that ran on a machine, and ends it if state is terminal.
func ended(t *testing.T, s *Store, kind, caseName, machine, state string) int64 {
	t.Helper()
	e := launch(caseName)
	e.Kind = kind
	id := add(t, s, e)
	must(t, s.Start(t.Context(), id, now, profiler.Environment{"machine": machine}))
	if profiler.Terminal(state) {
		must(t, s.Finish(t.Context(), id, Ending{State: state, At: now}))
	}
	return id
}

func TestCalibrations(t *testing.T) {
	s := open(t)
	of := func(caseName, machine, state string) int64 {
		return ended(t, s, profiler.KindCalibration, caseName, machine, state)
	}
	one, two, three := of("c", "here", profiler.Done), of("c", "here", profiler.Done), of("c", "here", profiler.Done)
	there, other := of("c", "there", profiler.Done), of("other", "here", profiler.Done)
	for _, state := range []string{profiler.Failed, profiler.Canceled, profiler.Interrupted, profiler.Running} {
		of("c", "here", state)
	}
	ended(t, s, profiler.KindComparison, "c", "here", profiler.Done)
	add(t, s, launch("c")) // has no machine yet
	for _, test := range []struct {
		name, caseName, machine string
		limit                   int
		want                    []int64
	}{
		{"newest first", "c", "here", 20, []int64{three, two, one}},
		{"limit", "c", "here", 2, []int64{three, two}},
		{"another machine", "c", "there", 20, []int64{there}},
		{"another case", "other", "here", 20, []int64{other}},
		{"unknown machine", "c", "", 20, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			found, err := s.Calibrations(t.Context(), test.caseName, test.machine, test.limit)
			must(t, err)
			if got := ids(HistoryPage{Experiments: found}); !slices.Equal(got, test.want) {
				t.Errorf("calibrations = %v, want %v", got, test.want)
			}
		})
	}
}

func TestLatestIsAComparison(t *testing.T) {
	s, ctx := open(t), t.Context()
	ended(t, s, profiler.KindSweep, "c", "here", profiler.Done)
	if _, err := s.Latest(ctx, "c"); !errors.Is(err, ErrNotFound) {
		t.Errorf("latest of a case with only a sweep: %v", err)
	}
	want := ended(t, s, profiler.KindComparison, "c", "here", profiler.Done)
	ended(t, s, profiler.KindCalibration, "c", "here", profiler.Done)
	ended(t, s, profiler.KindComparison, "c", "here", profiler.Failed)
	if got, err := s.Latest(ctx, "c"); err != nil || got.ID != want {
		t.Errorf("latest = %d, %v; want %d", got.ID, err, want)
	}
}
