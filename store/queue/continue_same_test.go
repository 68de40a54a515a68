package queue_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/subject"
	"heaplab/profiler/subject/builtin"
)

// A dataSubject measures cases with a version of the data, and fails if that is "".
type dataSubject struct {
	*builtin.Subject
	data string
}

func (s *dataSubject) Run(ctx context.Context, job subject.Job) (profiler.Run, error) {
	run, err := s.Subject.Run(ctx, job)
	if s.data == "" {
		return run, &profiler.RunError{Reason: "The data is gone."}
	}
	if err == nil {
		run.Environment = maps.Clone(run.Environment)
		run.Environment["data"] = s.data
	}
	return run, err
}

// The first new run is not stored if its data has changed.
func TestContinuationWithOtherData(t *testing.T) {
	const refusal = "This experiment cannot be continued: the version of the data was 1 and is 2 now. Launch it again."
	for _, test := range []struct {
		name, data string
		state      profiler.State
		want       string
	}{
		{"other data", "2", profiler.Done, refusal},
		{"other data after a cancellation", "2", profiler.Canceled, refusal},
		{"no data", "", profiler.Done, "Adding 1 round failed. The data is gone. The result is as it was before."},
	} {
		t.Run(test.name, func(t *testing.T) {
			q := newQueue(t)
			s := &dataSubject{casesOf(q), "1"}
			q.Subjects[0] = s
			stop := run(t, q)
			l := quick()
			if test.state == profiler.Canceled {
				l.Count = "60"
			}
			id := launch(t, q, l)
			if test.state == profiler.Canceled {
				atRun(t, q, id, 2)
				if err := q.Cancel(t.Context(), id); err != nil {
					t.Fatal(err)
				}
			}
			before := await(t, q, id, ended)
			earlier := tasks(t, q, id)
			stop()
			s.data = test.data
			run(t, q)
			resume(t, q, id, "1")
			e := await(t, q, id, func(e profiler.Experiment) bool { return ended(e) && e.NotAdded != "" })
			if e.State != test.state || e.NotAdded != test.want || e.Config.Count != before.Config.Count || !e.Finished.Equal(before.Finished) {
				t.Errorf("%s with %d rounds, finished %v; not added: %q, want %q", e.State, e.Config.Count, e.Finished, e.NotAdded, test.want)
			}
			if got := tasks(t, q, id); !slices.Equal(got, earlier) {
				t.Errorf("runs = %v, want %v", got, earlier)
			}
		})
	}
}

// An experiment that gets more rounds keeps its noise floors, although a calibration applies.
func TestContinuingKeepsNoiseFloors(t *testing.T) {
	q := newQueue(t)
	run(t, q)
	before := await(t, q, launch(t, q, quick()), ended)
	calibrate := quick()
	calibrate.Kind, calibrate.Count = profiler.KindCalibration, "6"
	calibration := await(t, q, launch(t, q, calibrate), ended).ID
	if err := q.Accept(t.Context(), calibration); err != nil && !strings.Contains(err.Error(), "applies already") {
		t.Fatal(err)
	}
	for i, want := range []int64{0, calibration} {
		if err := q.JudgeAgain(t.Context(), before.ID, want); err != nil {
			t.Fatal(err)
		}
		resume(t, q, before.ID, "1")
		await(t, q, before.ID, func(e profiler.Experiment) bool { return ended(e) && e.Config.Count == before.Config.Count+i+1 })
		all, err := q.Store.Judgments(t.Context(), before.ID)
		if err != nil {
			t.Fatal(err)
		}
		if last := report.LastJudgment(all); last.With() != want || len(all) != 2+2*i {
			t.Errorf("judgment %d has calibration %d, want judgment %d with %d", len(all), last.With(), 2+2*i, want)
		}
	}
}
