package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"heaplab/profiler"
	"heaplab/store/internal/db"
)

// Add queues an experiment and returns its id. It keeps the kind, case, params, config, sweep,
// note, tags and time of e.
func (s *Store) Add(ctx context.Context, e profiler.Experiment) (id int64, err error) {
	err = s.write(ctx, func(q *db.Queries) error {
		id, err = q.AddExperiment(ctx, db.AddExperimentParams{
			Kind:      e.Kind,
			CaseName:  e.Case,
			Params:    encode(e.Params),
			Config:    encode(e.Config),
			Sweep:     optional(e.Sweep),
			Note:      e.Note,
			Tags:      encode(append([]string{}, e.Tags...)),
			CreatedAt: e.Created.UnixMilli(),
		})
		return err
	})
	return id, wrap("add experiment", err)
}

// Experiment returns the experiment of that id.
func (s *Store) Experiment(ctx context.Context, id int64) (profiler.Experiment, error) {
	row, err := s.read().Experiment(ctx, id)
	if err != nil {
		return profiler.Experiment{}, fmt.Errorf("experiment %d: %w", id, notFound(err))
	}
	return experiment(row)
}

// Latest returns the comparison of a case that was launched last of those that are done.
func (s *Store) Latest(ctx context.Context, caseName string) (profiler.Experiment, error) {
	row, err := s.read().LatestDone(ctx, caseName)
	if err != nil {
		return profiler.Experiment{}, fmt.Errorf("latest experiment of %s: %w", caseName, notFound(err))
	}
	return experiment(row)
}

// Calibrations returns the newest calibrations of a case on a machine, whose fingerprint is a
// value of Environment, that are done: as many as the limit at most, the newest first.
func (s *Store) Calibrations(ctx context.Context, caseName, machine string, limit int) ([]profiler.Experiment, error) {
	rows, err := s.read().Calibrations(ctx, db.CalibrationsParams{CaseName: caseName, Machine: machine, Most: int64(limit)})
	if err != nil {
		return nil, fmt.Errorf("calibrations of %s: %w", caseName, err)
	}
	out := make([]profiler.Experiment, len(rows))
	for i, row := range rows {
		if out[i], err = experiment(row); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// FirstQueued returns the id of the experiment whose turn it is, or ErrNotFound.
func (s *Store) FirstQueued(ctx context.Context) (int64, error) {
	id, err := s.read().FirstQueued(ctx)
	return id, notFound(err)
}

// Position is how many experiments wait before that one: 0 for the next.
func (s *Store) Position(ctx context.Context, id int64) (int, error) {
	n, err := s.read().QueuedBefore(ctx, id)
	return int(n), err
}

// Start takes an experiment out of the queue. It is ErrNotFound where somebody canceled it
// meanwhile.
func (s *Store) Start(ctx context.Context, id int64, at time.Time, env profiler.Environment) error {
	return wrap("start experiment", s.write(ctx, func(q *db.Queries) error {
		return changed(q.StartExperiment(ctx, db.StartExperimentParams{
			StartedAt:   instant(at),
			Environment: encode(env),
			ID:          id,
		}))
	}))
}

// An Ending is how an experiment ended.
type Ending struct {
	State  string // a terminal one
	Reason string // a sentence; empty for what is done or canceled
	Output string // end of what a failed child printed
	At     time.Time
}

// Finish ends a running experiment and writes its series, in one transaction: results and
// the word that they are complete cannot come apart.
func (s *Store) Finish(ctx context.Context, id int64, end Ending) error {
	return wrap("finish experiment", s.write(ctx, func(q *db.Queries) error {
		return finish(ctx, q, id, end)
	}))
}

// Interrupt ends what a server that is no more left running, and returns how many.
func (s *Store) Interrupt(ctx context.Context, reason string, at time.Time) (n int, err error) {
	err = s.write(ctx, func(q *db.Queries) error {
		ids, err := q.Unfinished(ctx)
		if err != nil {
			return err
		}
		n = len(ids)
		for _, id := range ids {
			end := Ending{State: profiler.Interrupted, Reason: reason, At: at}
			if err := finish(ctx, q, id, end); err != nil {
				return err
			}
		}
		return nil
	})
	return n, wrap("interrupt experiments", err)
}

// finish ends an experiment even where its runs cannot be read any more: it must not run
// for ever.
func finish(ctx context.Context, q *db.Queries, id int64, end Ending) error {
	if err := addSeries(ctx, q, id); err != nil && !errors.Is(err, ErrDamaged) {
		return err
	}
	return changed(q.EndExperiment(ctx, db.EndExperimentParams{
		State:      end.State,
		Reason:     end.Reason,
		Output:     lastOf(end.Output),
		FinishedAt: instant(end.At),
		ID:         id,
	}))
}

// CancelQueued cancels an experiment that has not begun, and reports whether it did.
func (s *Store) CancelQueued(ctx context.Context, id int64, at time.Time) (canceled bool, err error) {
	err = s.write(ctx, func(q *db.Queries) error {
		n, err := q.CancelQueued(ctx, db.CancelQueuedParams{FinishedAt: instant(at), ID: id})
		canceled = n > 0
		return err
	})
	return canceled, wrap("cancel experiment", err)
}

// Delete removes an experiment that ended, with its runs, profiles and shares. One that is
// queued or running is ErrConflict.
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
		return q.DeleteOrphanProfiles(ctx)
	}))
}

// SetNote replaces an experiment's note.
func (s *Store) SetNote(ctx context.Context, id int64, note string) error {
	return wrap("set note", s.write(ctx, func(q *db.Queries) error {
		return changed(q.SetNote(ctx, db.SetNoteParams{Note: note, ID: id}))
	}))
}

// SetTags replaces an experiment's tags.
func (s *Store) SetTags(ctx context.Context, id int64, tags []string) error {
	return wrap("set tags", s.write(ctx, func(q *db.Queries) error {
		return changed(q.SetTags(ctx, db.SetTagsParams{Tags: encode(append([]string{}, tags...)), ID: id}))
	}))
}

// SetPinned lists an experiment before others, or no longer.
func (s *Store) SetPinned(ctx context.Context, id int64, pinned bool) error {
	return wrap("pin experiment", s.write(ctx, func(q *db.Queries) error {
		return changed(q.SetPinned(ctx, db.SetPinnedParams{Pinned: flag(pinned), ID: id}))
	}))
}
