package store

import (
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

func TestSeriesInRows(t *testing.T) {
	s, ctx := open(t), t.Context()
	id := begin(t, s)
	want := profiler.Samples{
		{Variant: "a", Row: "GOGC=50", Unit: profiler.BytesPerOp}:  {1, 2, 3},
		{Variant: "a", Row: "GOGC=100", Unit: profiler.BytesPerOp}: {30, 40},
		{Variant: "a", Row: "GOGC=100", Unit: profiler.NsPerOp}:    {5},
	}
	end := Ending{State: profiler.Done, At: now}
	for key, values := range want {
		end.Series = append(end.Series, Series{Series: key, Values: values, Center: 1, Lo: profiler.Undefined(), Hi: profiler.Undefined()})
	}
	must(t, s.Finish(ctx, id, end))
	got, err := s.Samples(ctx, id)
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
	some, err := s.Samples(ctx, id, profiler.NsPerOp)
	must(t, err)
	if len(some) != 1 {
		t.Errorf("samples of time = %v, want one series", some)
	}
}

// ended adds an experiment of that kind that ran on a machine, and ends it if state is terminal.
func ended(t *testing.T, s *Store, kind profiler.Kind, caseName, machine string, state profiler.State) int64 {
	t.Helper()
	e := launch(caseName)
	e.Kind = kind
	id := add(t, s, e)
	must(t, s.Start(t.Context(), id, now, profiler.Environment{"machine": machine}))
	if state.Terminal() {
		must(t, s.Finish(t.Context(), id, Ending{State: state, At: now}))
	}
	return id
}

func TestCalibrations(t *testing.T) {
	s := open(t)
	one, two, three := calibrated(t, s, "c", "here"), calibrated(t, s, "c", "here"), calibrated(t, s, "c", "here")
	there, other := calibrated(t, s, "c", "there"), calibrated(t, s, "other", "here")
	for _, state := range []profiler.State{profiler.Failed, profiler.Canceled, profiler.Interrupted, profiler.Running} {
		ended(t, s, profiler.KindCalibration, "c", "here", state)
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
			found, err := s.Calibrations(t.Context(), profiler.CaseSubject(test.caseName), test.machine, test.limit)
			must(t, err)
			var got []int64
			for _, c := range found {
				got = append(got, c.Experiment.ID)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("calibrations = %v, want %v", got, test.want)
			}
		})
	}
}
