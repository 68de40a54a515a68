package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/store/internal/db"
)

// Calibrations returns at most limit calibrations of a subject on a machine that are done, newest first.
// It leaves out those that cannot be read. The machine is the value "machine" of an experiment's Environment.
func (s *Store) Calibrations(ctx context.Context, subject, machine string, limit int) ([]report.Candidate, error) {
	rows, err := s.read().Calibrations(ctx, db.CalibrationsParams{Subject: subject, Machine: machine, Most: int64(limit)})
	if err != nil {
		return nil, fmt.Errorf("calibrations of %s: %w", subject, err)
	}
	var out []report.Candidate
	for _, row := range rows {
		e, err := experiment(row.Experiment)
		if err != nil {
			continue
		}
		if c, err := calibration(e.ID, row.Result, row.AcceptedAt); err == nil {
			out = append(out, report.Candidate{Experiment: e, Result: c})
		}
	}
	return out, nil
}

// Calibration returns the result of a calibration. It returns ErrNotFound if the experiment is not a
// calibration that is done.
func (s *Store) Calibration(ctx context.Context, experiment int64) (report.Calibration, error) {
	row, err := s.read().Calibration(ctx, experiment)
	if err != nil {
		return report.Calibration{}, readError(experiment, "result", notFound(err))
	}
	return calibration(experiment, row.Result, row.AcceptedAt)
}

// calibration decodes the result of a calibration.
func calibration(experiment int64, result string, accepted sql.NullInt64) (c report.Calibration, err error) {
	err = decodeAll(experiment, field{"result", result, &c})
	c.Accepted = timeOf(accepted)
	return c, err
}

// AddCalibration stores the result of a calibration that has ended.
func (s *Store) AddCalibration(ctx context.Context, c report.Calibration) error {
	return wrap("add calibration", s.write(ctx, func(q *db.Queries) error { return addCalibration(ctx, q, c) }))
}

func addCalibration(ctx context.Context, q *db.Queries, c report.Calibration) error {
	return q.AddCalibration(ctx, db.AddCalibrationParams{ExperimentID: c.Experiment, Result: encode(c)})
}

// Accept makes a calibration apply although the machine was busy. It keeps the time of the first call. It
// returns ErrNotFound if the experiment is not a calibration that is done.
func (s *Store) Accept(ctx context.Context, calibration int64, at time.Time) error {
	return wrap("accept calibration", s.write(ctx, func(q *db.Queries) error {
		return changed(q.AcceptCalibration(ctx, db.AcceptCalibrationParams{AcceptedAt: instant(at), ExperimentID: calibration}))
	}))
}

// Judgments returns the judgments of an experiment, oldest first.
func (s *Store) Judgments(ctx context.Context, experiment int64) ([]report.Judgment, error) {
	rows, err := s.read().Judgments(ctx, experiment)
	if err != nil {
		return nil, readError(experiment, "judgments", err)
	}
	var out []report.Judgment
	for _, row := range rows {
		j := report.Judgment{At: time.UnixMilli(row.JudgedAt).UTC()}
		err := decodeAll(experiment,
			field{"calibration", row.Calibration.String, &j.Calibration},
			field{"excluded calibration", row.Excluded.String, &j.Excluded},
			field{"distrust", row.Distrust, &j.Distrust},
		)
		if err != nil {
			return nil, err
		}
		out = append(out, j)
	}
	return out, nil
}

// AddJudgment adds a judgment to an experiment that has ended. It returns ErrConflict if the experiment
// is queued or running.
func (s *Store) AddJudgment(ctx context.Context, experiment int64, j report.Judgment) error {
	return wrap("add judgment", s.write(ctx, func(q *db.Queries) error {
		row, err := q.Experiment(ctx, experiment)
		if err != nil {
			return notFound(err)
		}
		if !profiler.State(row.State).Terminal() {
			return ErrConflict
		}
		return addJudgment(ctx, q, experiment, j)
	}))
}

func addJudgment(ctx context.Context, q *db.Queries, experiment int64, j report.Judgment) error {
	return q.AddJudgment(ctx, db.AddJudgmentParams{
		ExperimentID: experiment,
		JudgedAt:     j.At.UnixMilli(),
		Calibration:  optional(j.Calibration),
		Excluded:     optional(j.Excluded),
		Distrust:     encode(j.Distrust),
	})
}

// CalibrationsWithoutResult returns the ids of the calibrations that are done and whose result is not
// stored: those from before results were stored.
func (s *Store) CalibrationsWithoutResult(ctx context.Context) ([]int64, error) {
	ids, err := s.read().CalibrationsWithoutResult(ctx)
	return ids, wrap("calibrations without a result", err)
}

// An Unjudged is an experiment that ran before judgments were stored.
type Unjudged struct {
	Experiment profiler.Experiment // only its id and Damaged field if it cannot be read
	Runs       []profiler.Run      // its measure runs: only their tasks, load and environments
}

// Unjudged returns at most limit experiments that have ended and have no judgment, in the order of their
// ids, from the one after that id.
func (s *Store) Unjudged(ctx context.Context, after int64, limit int) ([]Unjudged, error) {
	rows, err := s.read().Unjudged(ctx, db.UnjudgedParams{After: after, Most: int64(limit)})
	if err != nil || len(rows) == 0 {
		return nil, wrap("experiments without a judgment", err)
	}
	runs, err := s.conditions(ctx, rows[0].ID, rows[len(rows)-1].ID)
	if err != nil {
		return nil, err
	}
	var out []Unjudged
	for _, row := range rows {
		e, err := experiment(row)
		if damage := new(Damage); errors.As(err, &damage) {
			e = damaged(row, damage)
		}
		out = append(out, Unjudged{Experiment: e, Runs: runs[row.ID]})
	}
	return out, nil
}

// conditions returns the load and the environments of measure runs, by experiment.
func (s *Store) conditions(ctx context.Context, first, last int64) (map[int64][]profiler.Run, error) {
	rows, err := s.read().Conditions(ctx, db.ConditionsParams{First: first, Last: last})
	if err != nil {
		return nil, fmt.Errorf("conditions of runs: %w", err)
	}
	decoded := map[string]profiler.Environment{} // most runs have the same
	out := map[int64][]profiler.Run{}
	for _, row := range rows {
		env, ok := decoded[row.Environment]
		if !ok {
			if json.Unmarshal([]byte(row.Environment), &env) != nil {
				env = nil // damaged, or not stored
			}
			decoded[row.Environment] = env
		}
		out[row.ExperimentID] = append(out[row.ExperimentID], profiler.Run{
			Task:        profiler.Task{Kind: profiler.Measure, Variant: row.Variant, Row: row.RowName},
			Duration:    time.Duration(row.DurationNs),
			Others:      time.Duration(row.OthersNs),
			Steal:       time.Duration(row.StealNs),
			Environment: env,
		})
	}
	return out, nil
}

// AddJudgments stores the judgments of experiments by their ids.
func (s *Store) AddJudgments(ctx context.Context, judgments map[int64]report.Judgment) error {
	return wrap("add judgments", s.write(ctx, func(q *db.Queries) error {
		for id, j := range judgments {
			if err := addJudgment(ctx, q, id, j); err != nil {
				return err
			}
		}
		return nil
	}))
}
