package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heaplab/profiler"
	"heaplab/profiler/report"
)

// result is the result of a calibration on a busy machine.
func result(id int64) report.Calibration {
	return report.Calibration{Experiment: id, At: now, Runs: 24, Notes: []string{"busy"}, Floors: map[string]float64{profiler.NsPerOp: 0.031}}
}

// calibrated adds a calibration that is done and returns its id.
func calibrated(t *testing.T, s *Store, caseName, machine string) int64 {
	t.Helper()
	id := ended(t, s, profiler.KindCalibration, caseName, machine, profiler.Running)
	c := result(id)
	must(t, s.Finish(t.Context(), id, Ending{State: profiler.Done, At: now, Calibration: &c}))
	return id
}

func TestAcceptCalibration(t *testing.T) {
	s, ctx := open(t), t.Context()
	id := calibrated(t, s, "c", "here")
	want := result(id)
	got, err := s.Calibration(ctx, id)
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	must(t, s.Accept(ctx, id, now.Add(time.Hour)))
	must(t, s.Accept(ctx, id, now.Add(2*time.Hour)))
	want.Accepted = now.Add(time.Hour)
	found, err := s.Calibrations(ctx, "case:c", "here", 1)
	must(t, err)
	if diff := cmp.Diff(want, found[0].Result); diff != "" {
		t.Errorf("accepted result (-want +got):\n%s", diff)
	}
	must(t, s.AddCalibration(ctx, result(id)))
	if got, err := s.Calibration(ctx, id); err != nil || !got.Accepted.IsZero() {
		t.Errorf("a new result was accepted on %s (%v), want not", got.Accepted, err)
	}
	other := ended(t, s, profiler.KindComparison, "c", "here", profiler.Done)
	for _, id := range []int64{other, 99} {
		if err := s.Accept(ctx, id, now); !errors.Is(err, ErrNotFound) {
			t.Errorf("accept %d: %v, want ErrNotFound", id, err)
		}
		if _, err := s.Calibration(ctx, id); !errors.Is(err, ErrNotFound) {
			t.Errorf("calibration %d: %v, want ErrNotFound", id, err)
		}
	}
}

// Judgments are only added. They outlive the calibration, but not their experiment.
func TestJudgments(t *testing.T) {
	s, ctx := open(t), t.Context()
	noise := calibrated(t, s, "c", "here")
	c := result(noise)
	first := report.Judgment{At: now, Excluded: &report.Exclusion{
		Calibration: noise, Busy: true, Differs: []report.Condition{{Of: "param", Name: "batch", Value: "8"}},
	}}
	second := report.Judgment{At: now.Add(time.Hour), Calibration: &c, Distrust: report.Distrust{Times: true, All: true}}

	id := begin(t, s)
	if err := s.AddJudgment(ctx, id, second); !errors.Is(err, ErrConflict) {
		t.Errorf("judgment of a running experiment: %v, want ErrConflict", err)
	}
	must(t, s.Finish(ctx, id, Ending{State: profiler.Done, At: now, Judgment: &first}))
	if s.Finish(ctx, id, Ending{State: profiler.Done, At: now, Judgment: &second}) == nil {
		t.Error("an experiment ended twice")
	}
	must(t, s.AddJudgment(ctx, id, second))
	must(t, s.Delete(ctx, noise))
	got, err := s.Judgments(ctx, id)
	must(t, err)
	if diff := cmp.Diff([]report.Judgment{first, second}, got); diff != "" {
		t.Errorf("judgments (-want +got):\n%s", diff)
	}
	must(t, s.Delete(ctx, id))
	if got, err := s.Judgments(ctx, id); err != nil || len(got) > 0 {
		t.Errorf("judgments of a deleted experiment = %+v, %v", got, err)
	}
	if err := s.AddJudgment(ctx, id, second); !errors.Is(err, ErrNotFound) {
		t.Errorf("judgment of a deleted experiment: %v, want ErrNotFound", err)
	}
}

// Unjudged finds experiments that ran to their end without a judgment, page by page.
func TestUnjudged(t *testing.T) {
	s, ctx := open(t), t.Context()
	run := measured("a", 1)
	run.Row, run.Environment = "GOGC=50", profiler.Environment{"cpu-count": "2"}
	bare := ended(t, s, profiler.KindComparison, "c", "here", profiler.Done)
	ran := begin(t, s)
	must(t, s.AddRun(ctx, ran, run))
	must(t, s.AddRun(ctx, ran, profiled("a", "x")))
	must(t, s.Finish(ctx, ran, Ending{State: profiler.Failed, At: now}))
	broken := ended(t, s, profiler.KindSweep, "c", "here", profiler.Done) // has no sweep

	judged := begin(t, s)
	must(t, s.Finish(ctx, judged, Ending{State: profiler.Done, At: now, Judgment: &report.Judgment{At: now}}))
	calibrated(t, s, "c", "here")
	begin(t, s)
	canceled := add(t, s, launch("c"))
	_, err := s.CancelQueued(ctx, canceled, now)
	must(t, err)

	var found []Unjudged
	for after := int64(0); ; after = found[len(found)-1].Experiment.ID {
		page, err := s.Unjudged(ctx, after, 2)
		must(t, err)
		if len(page) == 0 {
			break
		}
		found = append(found, page...)
	}
	if len(found) != 3 || found[0].Experiment.ID != bare || found[1].Experiment.ID != ran || found[2].Experiment.ID != broken {
		t.Fatalf("unjudged = %+v, want %d, %d and %d", found, bare, ran, broken)
	}
	if found[0].Experiment.Environment["machine"] != "here" || found[2].Experiment.Damaged == "" {
		t.Errorf("unjudged = %+v", found)
	}
	want := profiler.Run{
		Task:     profiler.Task{Kind: profiler.Measure, Variant: "a", Row: "GOGC=50"},
		Duration: run.Duration, Others: run.Others, Steal: run.Steal, Environment: run.Environment,
	}
	if diff := cmp.Diff([]profiler.Run{want}, found[1].Runs); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
	must(t, s.AddJudgments(ctx, map[int64]report.Judgment{bare: {At: now}, ran: {At: now}, broken: {At: now}}))
	if left, err := s.Unjudged(ctx, 0, 10); err != nil || len(left) > 0 {
		t.Errorf("unjudged = %+v, %v; want none", left, err)
	}
}

func TestCalibrationsWithoutResult(t *testing.T) {
	s, ctx := open(t), t.Context()
	calibrated(t, s, "c", "here")
	old := ended(t, s, profiler.KindCalibration, "c", "here", profiler.Done)
	ended(t, s, profiler.KindCalibration, "c", "here", profiler.Failed)
	ids, err := s.CalibrationsWithoutResult(ctx)
	if err != nil || len(ids) != 1 || ids[0] != old {
		t.Errorf("without a result: %v, %v; want %d", ids, err, old)
	}
}

// Only a calibration that is done has a result. Older versions left the result of one that was continued and
// then canceled.
func TestCalibrationMustBeDone(t *testing.T) {
	s := open(t)
	id := ended(t, s, profiler.KindCalibration, "c", "here", profiler.Done)
	must(t, s.AddCalibration(t.Context(), report.Calibration{Experiment: id, Floors: map[string]float64{profiler.NsPerOp: 0.5}}))
	_, err := s.Calibration(t.Context(), id)
	must(t, err)
	for _, state := range []profiler.State{profiler.Canceled, profiler.Failed, profiler.Running} {
		change(t, s, "UPDATE experiments SET state = ? WHERE id = ?", state, id)
		if c, err := s.Calibration(t.Context(), id); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %+v, %v; want ErrNotFound", state, c, err)
		}
	}
}
