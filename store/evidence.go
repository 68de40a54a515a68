package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"heaplab/profiler"
	"heaplab/store/internal/db"
)

// evidenceRead is the number of experiments that are read to find one that is not damaged.
const evidenceRead = 20

// Evidence returns the evidence for what a subject does with the params for which match returns true.
// It prefers experiments of a machine, which is the value "machine" of an Environment. It skips experiments
// that cannot be read. Stored params may lack some that the subject has now, so several different ones can
// match.
func (s *Store) Evidence(ctx context.Context, subject, machine string, match func(profiler.Params) bool) (profiler.Evidence, error) {
	e, err := s.evidence(ctx, subject, machine, match)
	e.Machine = machine
	return e, wrap("evidence of "+subject, err)
}

func (s *Store) evidence(ctx context.Context, subject, machine string, match func(profiler.Params) bool) (e profiler.Evidence, err error) {
	measured, err := s.read().MeasuredParams(ctx, subject)
	if err != nil {
		return e, err
	}
	matching := slices.DeleteFunc(measured, func(params string) bool { return !matches(params, match) })
	if e.Best, err = s.bestOf(ctx, subject, machine, matching); err != nil {
		return e, err
	}
	if e.Best == nil {
		e.Other, err = s.newestOther(ctx, subject, match)
		return e, err
	}
	e.Newer, err = s.newestAfter(ctx, *e.Best, matching)
	return e, err
}

// matches decodes params and calls match. Params that cannot be decoded do not match.
func matches(text string, match func(profiler.Params) bool) bool {
	var p profiler.Params
	return json.Unmarshal([]byte(text), &p) == nil && match(p)
}

// bestOf returns the experiment with the best evidence among those with one of the params, or nil.
func (s *Store) bestOf(ctx context.Context, subject, machine string, params []string) (*profiler.Experiment, error) {
	var found []db.BestEvidenceRow
	for _, p := range params {
		rows, err := s.read().BestEvidence(ctx, db.BestEvidenceParams{
			Machine: machine, Benchtime: profiler.DefaultBenchtime, Subject: subject, Params: p, Most: evidenceRead,
		})
		if err != nil {
			return nil, err
		}
		found = append(found, rows...)
	}
	slices.SortFunc(found, func(a, b db.BestEvidenceRow) int {
		return cmp.Or(
			cmp.Compare(b.Pinned, a.Pinned),
			cmp.Compare(b.Here, a.Here),
			cmp.Compare(b.Usual, a.Usual),
			cmp.Compare(b.N, a.N),
			cmp.Compare(b.ID, a.ID),
		)
	})
	var ids []int64
	for _, row := range found {
		ids = append(ids, row.ID)
	}
	return s.firstReadable(ctx, ids)
}

// newestAfter returns the newest experiment with one of the params that is newer than e, or nil.
func (s *Store) newestAfter(ctx context.Context, e profiler.Experiment, params []string) (*profiler.Experiment, error) {
	var ids []int64
	for _, p := range params {
		found, err := s.read().EvidenceAfter(ctx, db.EvidenceAfterParams{Subject: e.Design.Subject, Params: p, After: e.ID, Most: evidenceRead})
		if err != nil {
			return nil, err
		}
		ids = append(ids, found...)
	}
	slices.SortFunc(ids, func(a, b int64) int { return cmp.Compare(b, a) })
	return s.firstReadable(ctx, ids)
}

// newestOther returns the newest experiment whose params do not match, or nil.
func (s *Store) newestOther(ctx context.Context, subject string, match func(profiler.Params) bool) (*profiler.Experiment, error) {
	rows, err := s.read().NewestEvidence(ctx, db.NewestEvidenceParams{Subject: subject, Most: evidenceRead})
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, row := range rows {
		if !matches(row.Params, match) {
			ids = append(ids, row.ID)
		}
	}
	return s.firstReadable(ctx, ids)
}

// firstReadable returns the first of the experiments that can be read, or nil.
func (s *Store) firstReadable(ctx context.Context, ids []int64) (*profiler.Experiment, error) {
	for _, id := range ids {
		e, err := s.Experiment(ctx, id)
		switch {
		case err == nil:
			return &e, nil
		case !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNotFound): // deleted meanwhile
			return nil, fmt.Errorf("experiment %d: %w", id, err)
		}
	}
	return nil, nil
}
