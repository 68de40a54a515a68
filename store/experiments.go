package store

import (
	"context"
	"errors"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/store/internal/db"
)

// Add queues an experiment and returns its id. It keeps the kind, design, config, sweep, note,
// tags and time of e.
func (s *Store) Add(ctx context.Context, e profiler.Experiment) (id int64, err error) {
	err = s.write(ctx, func(q *db.Queries) error {
		id, err = q.AddExperiment(ctx, db.AddExperimentParams{
			Subject:   e.Design.Subject,
			Kind:      string(e.Kind),
			Design:    encode(e.Design),
			Config:    encode(e.Config),
			Sweep:     optional(e.Sweep),
			Note:      e.Note,
			Tags:      encode(append([]string{}, e.Tags...)),
			CreatedAt: e.Created.UnixMilli(),
			QueuedAt:  e.Created.UnixMilli(),
		})
		return err
	})
	return id, wrap("add experiment", err)
}

// Experiment returns the experiment with that id.
func (s *Store) Experiment(ctx context.Context, id int64) (profiler.Experiment, error) {
	row, err := s.read().Experiment(ctx, id)
	if err != nil {
		return profiler.Experiment{}, readError(id, "row", notFound(err))
	}
	return experiment(row)
}

// FirstQueued returns the id of the next experiment to run, or ErrNotFound.
func (s *Store) FirstQueued(ctx context.Context) (int64, error) {
	id, err := s.read().FirstQueued(ctx)
	return id, notFound(err)
}

// Position returns how many experiments are queued before that one: 0 if it is the next.
func (s *Store) Position(ctx context.Context, id int64) (int, error) {
	n, err := s.read().QueuedBefore(ctx, id)
	return int(n), err
}

// Start marks a queued experiment as running, and deletes its series if it is continued: Finish writes
// them again. It keeps the former end, in case the continuation ends early. It returns ErrNotFound if the
// experiment is no longer queued, because it was canceled.
func (s *Store) Start(ctx context.Context, id int64, at time.Time, env profiler.Environment) error {
	return wrap("start experiment", s.write(ctx, func(q *db.Queries) error {
		err := changed(q.StartExperiment(ctx, db.StartExperimentParams{
			StartedAt:   instant(at),
			Environment: encode(env),
			ID:          id,
		}))
		if err != nil {
			return err
		}
		return q.DeleteSeries(ctx, id)
	}))
}

// An Ending is the end of an experiment.
type Ending struct {
	State  profiler.State // a terminal state
	Reason string         // a sentence; "" if it is done or canceled
	Output string         // end of the output of a failed child
	At     time.Time
	Series []Series

	Judgment    *report.Judgment    // nil for a calibration, or if the last one still applies
	Calibration *report.Calibration // result of a calibration that is done; nil if there is none, or if the stored one still applies

	// Of a continuation that did not add all its rounds.
	NotAdded string // sentences: why it did not; otherwise ""
	Rounds   int    // the experiment keeps so many, without later runs; only if NotAdded is not ""
}

// A Series holds the values of one metric of one variant in one row over an experiment's runs.
type Series struct {
	profiler.Series
	Values []float64 // in the order of the runs
	Center profiler.Float
	Lo, Hi profiler.Float // ends of the 95% interval; not finite if it has none
}

// Finish ends a running experiment and writes its series and its judgment in one transaction, so that a
// running experiment has no series.
func (s *Store) Finish(ctx context.Context, id int64, end Ending) error {
	return wrap("finish experiment", s.write(ctx, func(q *db.Queries) error {
		for _, series := range end.Series {
			if err := q.AddSeries(ctx, newSeries(id, series)); err != nil {
				return err
			}
		}
		if end.NotAdded != "" {
			if err := keepRounds(ctx, q, id, end.Rounds); err != nil {
				return err
			}
		}
		if end.Judgment != nil {
			if err := addJudgment(ctx, q, id, *end.Judgment); err != nil {
				return err
			}
		}
		if end.Calibration != nil {
			if err := addCalibration(ctx, q, *end.Calibration); err != nil {
				return err
			}
		}
		return changed(q.EndExperiment(ctx, db.EndExperimentParams{
			State:      string(end.State),
			Reason:     end.Reason,
			Output:     tail(end.Output),
			FinishedAt: instant(end.At),
			NotAdded:   end.NotAdded,
			ID:         id,
		}))
	}))
}

// Unfinished returns the ids of the experiments that are running, in order.
func (s *Store) Unfinished(ctx context.Context) ([]int64, error) {
	ids, err := s.read().Unfinished(ctx)
	return ids, wrap("unfinished experiments", err)
}

// Delete deletes an experiment with its runs, profiles and shares. It returns ErrConflict if the
// experiment is queued or running.
func (s *Store) Delete(ctx context.Context, id int64) error {
	return wrap("delete experiment", s.write(ctx, func(q *db.Queries) error {
		if _, err := q.Experiment(ctx, id); err != nil {
			return notFound(err)
		}
		n, err := q.DeleteExperiment(ctx, id)
		if err == nil && n == 0 {
			return ErrConflict
		}
		if err != nil {
			return err
		}
		return errors.Join(q.DeleteOrphanProfiles(ctx), q.DeleteOrphanSources(ctx))
	}))
}

// Edits are new texts of an experiment. Those that are nil do not change.
type Edits struct {
	Title *string
	Note  *string
	Tags  *[]string
}

// Edit changes texts of an experiment.
func (s *Store) Edit(ctx context.Context, id int64, e Edits) error {
	return wrap("edit experiment", s.write(ctx, func(q *db.Queries) error {
		if _, err := q.Experiment(ctx, id); err != nil {
			return notFound(err)
		}
		var errs []error
		if e.Title != nil {
			errs = append(errs, q.SetTitle(ctx, db.SetTitleParams{Title: *e.Title, ID: id}))
		}
		if e.Note != nil {
			errs = append(errs, q.SetNote(ctx, db.SetNoteParams{Note: *e.Note, ID: id}))
		}
		if e.Tags != nil {
			errs = append(errs, q.SetTags(ctx, db.SetTagsParams{Tags: encode(append([]string{}, *e.Tags...)), ID: id}))
		}
		return errors.Join(errs...)
	}))
}

// SetRows sets the rows of an experiment that its preparation found.
func (s *Store) SetRows(ctx context.Context, id int64, rows []profiler.RowInfo) error {
	return wrap("set rows", s.write(ctx, func(q *db.Queries) error {
		return q.SetRows(ctx, db.SetRowsParams{Found: encode(rows), ID: id})
	}))
}

// SetPinned sets whether the history lists an experiment before others.
func (s *Store) SetPinned(ctx context.Context, id int64, pinned bool) error {
	return wrap("pin experiment", s.write(ctx, func(q *db.Queries) error {
		return changed(q.SetPinned(ctx, db.SetPinnedParams{Pinned: flag(pinned), ID: id}))
	}))
}
