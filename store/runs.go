package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"heaplab/profiler"
	"heaplab/store/internal/db"
)

// outputKept is the number of bytes that are stored of a run's output.
const outputKept = 16 << 10

// AddRun stores a finished run with its measurements and its profile.
func (s *Store) AddRun(ctx context.Context, experiment int64, r profiler.Run) error {
	return wrap("add run", s.write(ctx, func(q *db.Queries) error { return addRun(ctx, q, experiment, r) }))
}

func addRun(ctx context.Context, q *db.Queries, experiment int64, r profiler.Run) error {
	profile := sql.NullString{}
	if p := r.Profile; p != nil {
		profile = sql.NullString{String: p.SHA256, Valid: true}
		if err := addProfile(ctx, q, *p); err != nil {
			return err
		}
	}
	timeline, err := optionalPacked(r.Timeline)
	if err != nil {
		return err
	}
	return q.AddRun(ctx, db.AddRunParams{
		ExperimentID:  experiment,
		Kind:          string(r.Kind),
		Variant:       r.Variant,
		Round:         int64(r.Round),
		RowName:       r.Row,
		StartedAt:     r.Started.UnixMilli(),
		DurationNs:    r.Duration.Nanoseconds(),
		OthersNs:      r.Others.Nanoseconds(),
		StealNs:       r.Steal.Nanoseconds(),
		Calls:         r.Calls,
		Measurements:  encode(append([]profiler.Measurement{}, r.Measurements...)),
		SelfCheck:     optional(r.SelfCheck),
		Fit:           optional(r.Fit),
		ProfileSha256: profile,
		Timeline:      timeline,
		Environment:   sql.NullString{String: encode(r.Environment), Valid: r.Environment != nil},
		Output:        tail(r.Output),
	})
}

// optionalPacked packs a timeline, or returns nil if there is none.
func optionalPacked(t *profiler.Timeline) ([]byte, error) {
	if t == nil {
		return nil, nil
	}
	return pack(t)
}

// tail returns the last outputKept bytes of text, as valid UTF-8.
func tail(text string) string {
	if len(text) <= outputKept {
		return text
	}
	return strings.ToValidUTF8(text[len(text)-outputKept:], "")
}

// Runs returns an experiment's runs in the order in which they ended. Their profiles have no content.
func (s *Store) Runs(ctx context.Context, experiment int64) ([]profiler.Run, error) {
	return runs(ctx, s.read(), experiment)
}

func runs(ctx context.Context, q *db.Queries, experiment int64) ([]profiler.Run, error) {
	rows, err := q.Runs(ctx, experiment)
	if err != nil {
		return nil, readError(experiment, "runs", err)
	}
	out := make([]profiler.Run, len(rows))
	for i, row := range rows {
		if out[i], err = run(experiment, row); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// newSeries converts a series to a row of the table series.
func newSeries(experiment int64, s Series) db.AddSeriesParams {
	return db.AddSeriesParams{
		ExperimentID: experiment,
		RowName:      s.Row,
		Variant:      s.Variant,
		Unit:         s.Unit,
		N:            int64(len(s.Values)),
		Center:       float64(s.Center),
		Lo:           number(s.Lo),
		Hi:           number(s.Hi),
		Samples:      encode(s.Values),
	}
}

// Samples returns the samples of an experiment that has ended: those of the given units, or all
// of them if no unit is given.
func (s *Store) Samples(ctx context.Context, experiment int64, units ...string) (profiler.Samples, error) {
	rows, err := s.read().Series(ctx, experiment)
	if err != nil {
		return nil, readError(experiment, "samples", err)
	}
	samples := profiler.Samples{}
	for _, row := range rows {
		if len(units) > 0 && !slices.Contains(units, row.Unit) {
			continue
		}
		var values []float64
		if err := decodeAll(experiment, field{"samples", row.Samples, &values}); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(values, func(v float64) bool { return !plausible(v) }) {
			return nil, &Damage{Experiment: experiment, Reason: fmt.Sprintf("a sample in %s is impossibly large", row.Unit)}
		}
		samples[profiler.Series{Variant: row.Variant, Row: row.RowName, Unit: row.Unit}] = values
	}
	return samples, nil
}
