package queue

import (
	"context"
	"errors"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/store"
)

// oldCandidates is the number of calibrations that older versions searched.
const oldCandidates = 20

// judgedAtOnce is the number of old experiments whose judgments are stored in one transaction.
const judgedAtOnce = 500

// judgeOld stores the judgments of experiments that ended before judgments were stored. They keep the
// noise floors that their reports have used so far.
func (q *Queue) judgeOld(ctx context.Context) error {
	if err := q.measureOldFloors(ctx); err != nil {
		return err
	}
	type place struct{ subject, machine string }
	known := map[place][]report.Candidate{}
	now := time.Now()
	for after := int64(0); ; {
		old, err := q.Store.Unjudged(ctx, after, judgedAtOnce)
		if err != nil || len(old) == 0 {
			return err
		}
		judgments := map[int64]report.Judgment{}
		for _, o := range old {
			e := o.Experiment
			after = e.ID
			at := place{e.Design.Subject, e.Environment["machine"]}
			if _, ok := known[at]; !ok {
				if known[at], err = q.Store.Calibrations(ctx, at.subject, at.machine, oldCandidates); err != nil {
					return err
				}
			}
			judgments[e.ID] = report.Judgment{At: now, Calibration: oldCalibration(e, known[at]), Distrust: report.NewDistrust(e, o.Runs)}
		}
		if err := q.Store.AddJudgments(ctx, judgments); err != nil {
			return err
		}
	}
}

// measureOldFloors stores the results of calibrations that ended before results were stored.
func (q *Queue) measureOldFloors(ctx context.Context) error {
	ids, err := q.Store.CalibrationsWithoutResult(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		e, err := q.Store.Experiment(ctx, id)
		var runs []profiler.Run
		if err == nil {
			runs, err = q.Store.Runs(ctx, id)
		}
		if errors.Is(err, store.ErrDamaged) {
			q.Log.Error("skip a damaged calibration", "experiment", id, "error", err)
			continue
		}
		if err != nil {
			return err
		}
		if c := report.NewCalibration(e, runs); c != nil {
			if err := q.Store.AddCalibration(ctx, *c); err != nil {
				return err
			}
		}
	}
	return nil
}

// oldCalibration returns the calibration whose noise floors older versions used for an experiment: the
// newest under the same conditions, or else the newest.
func oldCalibration(e profiler.Experiment, candidates []report.Candidate) *report.Calibration {
	if len(candidates) == 0 {
		return nil
	}
	best := candidates[0].Result
	for _, c := range candidates {
		if sameConditions(e, c.Experiment) {
			best = c.Result
			best.Same = true
			break
		}
	}
	return &best
}

// sameConditions reports whether a calibration ran with the params and settings of e and with the
// same program, as older versions compared them.
func sameConditions(e, calibration profiler.Experiment) bool {
	a, b := e.Config, calibration.Config
	for _, key := range []string{"toolchain", "commit"} {
		if e.Environment[key] != calibration.Environment[key] {
			return false
		}
	}
	return e.Design.Params.String() == calibration.Design.Params.String() && a.Benchtime == b.Benchtime &&
		a.GOGC == b.GOGC && a.GOMEMLIMIT == b.GOMEMLIMIT && a.GOMAXPROCS == b.GOMAXPROCS
}
