package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"heaplab/profiler"
	"heaplab/store/internal/db"
)

// A formerEnd is the end of an experiment before its continuation. It is stored until the continuation
// ends.
type formerEnd struct {
	State      profiler.State `json:"state"`
	Reason     string         `json:"reason"`
	Output     string         `json:"output"`
	FinishedAt int64          `json:"finished_at"` // Unix time in milliseconds; 0 if it is not known
}

// Continue adds rounds to the plan of an experiment that has ended, and queues it again. Its runs stay.
// Continue returns ErrConflict if the experiment is queued or running, and ErrInvalid if it would have too
// many rounds.
func (s *Store) Continue(ctx context.Context, id int64, rounds int, at time.Time) error {
	return wrap("continue experiment", s.write(ctx, func(q *db.Queries) error {
		row, e, err := experimentRow(ctx, q, id)
		if err != nil {
			return err
		}
		if !e.State.Terminal() {
			return ErrConflict
		}
		if e.Config.Count += rounds; rounds < 0 || e.Config.Count > profiler.MaxCount {
			return fmt.Errorf("%d rounds: %w", e.Config.Count, ErrInvalid)
		}
		former := formerEnd{State: e.State, Reason: e.Reason, Output: e.Output, FinishedAt: row.FinishedAt.Int64}
		return q.ContinueExperiment(ctx, db.ContinueExperimentParams{
			Config:    encode(e.Config),
			Added:     encodeAdded(append(e.Added, profiler.Addition{At: at.UTC().Truncate(time.Millisecond), Rounds: rounds})),
			FormerEnd: optional(&former),
			QueuedAt:  at.UnixMilli(),
			ID:        id,
		})
	}))
}

// CancelQueued cancels an experiment if it is queued, and reports whether it did. An experiment that was
// queued to be continued gets its former rounds and state again.
func (s *Store) CancelQueued(ctx context.Context, id int64, at time.Time) (canceled bool, err error) {
	err = s.write(ctx, func(q *db.Queries) error {
		row, err := q.Experiment(ctx, id)
		if err != nil {
			return notFound(err)
		}
		canceled = row.State == string(profiler.Queued)
		if canceled && row.FormerEnd.Valid {
			return restore(ctx, q, id)
		}
		_, err = q.CancelQueued(ctx, db.CancelQueuedParams{FinishedAt: instant(at), ID: id})
		return err
	})
	return canceled && err == nil, wrap("cancel experiment", err)
}

// restore undoes the last Continue.
func restore(ctx context.Context, q *db.Queries, id int64) error {
	row, e, err := experimentRow(ctx, q, id)
	if err != nil {
		return err
	}
	var former formerEnd
	if err := decodeAll(id, field{"former end", row.FormerEnd.String, &former}); err != nil {
		return err
	}
	withRounds(&e, 0)
	return q.RestoreExperiment(ctx, db.RestoreExperimentParams{
		State:      string(former.State),
		Config:     encode(e.Config),
		Added:      encodeAdded(e.Added),
		Reason:     former.Reason,
		Output:     former.Output,
		FinishedAt: sql.NullInt64{Int64: former.FinishedAt, Valid: former.FinishedAt != 0},
		ID:         id,
	})
}

// withRounds sets the number of rounds of the last continuation of e. A continuation without rounds is
// removed. The number of rounds of e changes with it.
func withRounds(e *profiler.Experiment, rounds int) {
	last := len(e.Added) - 1
	if last < 0 {
		return
	}
	e.Config.Count += rounds - e.Added[last].Rounds
	if e.Added[last].Rounds = rounds; rounds == 0 {
		e.Added = e.Added[:last]
	}
}

// keepRounds sets the number of rounds of an experiment whose continuation ended early, and deletes the
// measure runs of later rounds.
func keepRounds(ctx context.Context, q *db.Queries, id int64, rounds int) error {
	_, e, err := experimentRow(ctx, q, id)
	if err != nil {
		return err
	}
	if last := len(e.Added) - 1; last >= 0 {
		withRounds(&e, rounds-(e.Config.Count-e.Added[last].Rounds))
	}
	if err := q.SetRounds(ctx, db.SetRoundsParams{Config: encode(e.Config), Added: encodeAdded(e.Added), ID: id}); err != nil {
		return err
	}
	return q.DeleteRounds(ctx, db.DeleteRoundsParams{ExperimentID: id, First: int64(rounds)})
}

// FormerEnd returns how an experiment ended before its continuation, without its series and judgments. It
// returns nil if it is not being continued.
func (s *Store) FormerEnd(ctx context.Context, id int64) (*Ending, error) {
	row, err := s.read().Experiment(ctx, id)
	if err != nil {
		return nil, readError(id, "row", notFound(err))
	}
	if !row.FormerEnd.Valid {
		return nil, nil
	}
	var former formerEnd
	if err := decodeAll(id, field{"former end", row.FormerEnd.String, &former}); err != nil {
		return nil, err
	}
	end := &Ending{State: former.State, Reason: former.Reason, Output: former.Output}
	if former.FinishedAt != 0 {
		end.At = time.UnixMilli(former.FinishedAt).UTC()
	}
	return end, nil
}

// Refuse cancels the continuation of a queued experiment and stores why it was refused, in sentences.
func (s *Store) Refuse(ctx context.Context, id int64, reason string) error {
	return wrap("refuse to continue experiment", s.write(ctx, func(q *db.Queries) error {
		row, err := q.Experiment(ctx, id)
		if err != nil {
			return notFound(err)
		}
		if row.State != string(profiler.Queued) || !row.FormerEnd.Valid {
			return ErrConflict
		}
		if err := restore(ctx, q, id); err != nil {
			return err
		}
		return q.SetNotAdded(ctx, db.SetNotAddedParams{NotAdded: reason, ID: id})
	}))
}

// experimentRow returns an experiment and its row.
func experimentRow(ctx context.Context, q *db.Queries, id int64) (db.Experiment, profiler.Experiment, error) {
	row, err := q.Experiment(ctx, id)
	if err != nil {
		return row, profiler.Experiment{}, notFound(err)
	}
	e, err := experiment(row)
	return row, e, err
}

// encodeAdded encodes additions as JSON, or as null if there are none.
func encodeAdded(added []profiler.Addition) sql.NullString {
	if len(added) == 0 {
		return sql.NullString{}
	}
	return optional(&added)
}
