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
// starts.
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
	if last := len(e.Added) - 1; last >= 0 {
		e.Config.Count -= e.Added[last].Rounds
		e.Added = e.Added[:last]
	}
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
