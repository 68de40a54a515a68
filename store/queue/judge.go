package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/store"
)

// maxCandidates is the number of newest calibrations that are searched for one that applies.
const maxCandidates = 200

// judge adds the judgment of an experiment to its end, or its result if it is a calibration. An
// experiment that cannot be read gets neither.
func (q *Queue) judge(ctx context.Context, id int64, runs []profiler.Run, end *store.Ending) error {
	e, err := q.Store.Experiment(ctx, id)
	if errors.Is(err, store.ErrDamaged) {
		return nil
	}
	if err != nil {
		return err
	}
	e.State, e.Finished = end.State, time.UnixMilli(end.At.UnixMilli()).UTC() // as stored
	if e.Kind == profiler.KindCalibration {
		if e.State == profiler.Done {
			end.Calibration = report.NewCalibration(e, runs)
		}
		return nil
	}
	j, err := q.endJudgment(ctx, e)
	if err != nil {
		return err
	}
	j.Distrust = report.NewDistrust(e, runs)
	end.Judgment = &j
	return nil
}

// endJudgment returns the judgment of an experiment at its end, without its Distrust. An experiment that was
// continued keeps its noise floors, because somebody may have chosen them.
func (q *Queue) endJudgment(ctx context.Context, e profiler.Experiment) (report.Judgment, error) {
	all, err := q.Store.Judgments(ctx, e.ID)
	if err != nil && !errors.Is(err, store.ErrDamaged) {
		return report.Judgment{}, err
	}
	if len(all) == 0 {
		return q.Judgment(ctx, e, e.Finished)
	}
	last := report.LastJudgment(all)
	return report.Judgment{At: e.Finished, Calibration: last.Calibration, Excluded: last.Excluded}, nil
}

// Judgment returns the judgment that an experiment would get at that time. It has no Distrust.
func (q *Queue) Judgment(ctx context.Context, e profiler.Experiment, at time.Time) (report.Judgment, error) {
	candidates, err := q.Candidates(ctx, e)
	return report.NewJudgment(e, candidates, at), err
}

// Candidates returns the calibrations of the subject and machine of an experiment, newest first.
func (q *Queue) Candidates(ctx context.Context, e profiler.Experiment) ([]report.Candidate, error) {
	return q.Store.Calibrations(ctx, e.Design.Subject, e.Environment["machine"], maxCandidates)
}

// JudgeAgain judges an experiment with another calibration. 0 means the default floors. It stores
// nothing if the experiment is already judged with that calibration. The error is a profiler.Faults if the
// calibration does not apply.
func (q *Queue) JudgeAgain(ctx context.Context, id, calibration int64) error {
	e, err := q.Store.Experiment(ctx, id)
	if err != nil {
		return err
	}
	switch {
	case !e.State.Terminal():
		return store.ErrConflict
	case e.Kind == profiler.KindCalibration:
		return calibrationFault("experiment %d is a calibration: it gives noise floors and needs none", id)
	case e.Config.Count == 0:
		return calibrationFault("experiment %d is an import: its report uses no noise floors", id)
	}
	all, err := q.Store.Judgments(ctx, id)
	if err != nil {
		return err
	}
	last := report.LastJudgment(all)
	j := report.Judgment{At: time.Now(), Distrust: last.Distrust}
	if calibration != 0 {
		c, err := q.candidate(ctx, calibration)
		if err != nil {
			return err
		}
		if x := report.Exclude(e, c); x != nil {
			return calibrationFault("%s", x.Text())
		}
		j.Calibration = c.Applied()
	}
	if len(all) > 0 && last.SameFloors(j) {
		return nil
	}
	return q.Store.AddJudgment(ctx, id, j)
}

// candidate returns a calibration with its result. The error is a profiler.Faults if there is none.
func (q *Queue) candidate(ctx context.Context, id int64) (report.Candidate, error) {
	e, err := q.Store.Experiment(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return report.Candidate{}, calibrationFault("there is no experiment %d", id)
	case err != nil:
		return report.Candidate{}, err
	case e.Kind != profiler.KindCalibration:
		return report.Candidate{}, calibrationFault("experiment %d is not a calibration", id)
	}
	result, err := q.Store.Calibration(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && len(result.Floors) == 0 {
		return report.Candidate{}, calibrationFault("calibration %d has no result", id)
	}
	return report.Candidate{Experiment: e, Result: result}, err
}

// Accept makes a calibration apply although the machine was busy. The error is a profiler.Faults if it
// has no result, or needs no acceptance.
func (q *Queue) Accept(ctx context.Context, id int64) error {
	e, err := q.Store.Experiment(ctx, id)
	if err != nil {
		return err
	}
	if !e.State.Terminal() {
		return store.ErrConflict
	}
	c, err := q.candidate(ctx, id)
	if err != nil {
		return err
	}
	if len(c.Result.Notes) == 0 {
		return calibrationFault("calibration %d applies already: the machine was not busy", id)
	}
	return q.Store.Accept(ctx, id, time.Now())
}

func calibrationFault(format string, args ...any) error {
	return profiler.Faults{{Field: "calibration", Message: fmt.Sprintf(format, args...)}}
}
