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

// outputKept is how much of the end of a run's output is stored, in bytes.
const outputKept = 16 << 10

// AddRun stores a finished run, its measurements and its profile.
func (s *Store) AddRun(ctx context.Context, experiment int64, r profiler.Run) error {
	return wrap("add run", s.write(ctx, func(q *db.Queries) error {
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
			Kind:          r.Kind,
			Variant:       r.Variant,
			Round:         int64(r.Round),
			Point:         int64(r.Point),
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
			Output:        lastOf(r.Output),
		})
	}))
}

func optionalPacked(t *profiler.Timeline) ([]byte, error) {
	if t == nil {
		return nil, nil
	}
	return pack(t)
}

// lastOf cuts text to its last outputKept bytes, at a rune's start.
func lastOf(text string) string {
	if len(text) <= outputKept {
		return text
	}
	return strings.ToValidUTF8(text[len(text)-outputKept:], "")
}

// Runs returns an experiment's runs in the order in which they ended, their profiles
// without the content.
func (s *Store) Runs(ctx context.Context, experiment int64) ([]profiler.Run, error) {
	return runs(ctx, s.read(), experiment)
}

func runs(ctx context.Context, q *db.Queries, experiment int64) ([]profiler.Run, error) {
	rows, err := q.Runs(ctx, experiment)
	if err != nil {
		return nil, fmt.Errorf("runs of experiment %d: %w", experiment, err)
	}
	out := make([]profiler.Run, len(rows))
	for i, row := range rows {
		if out[i], err = run(row); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// addSeries writes the samples that an experiment's runs make up at each of their points.
func addSeries(ctx context.Context, q *db.Queries, experiment int64) error {
	all, err := runs(ctx, q, experiment)
	if err != nil {
		return err
	}
	points := map[int][]profiler.Run{}
	for _, r := range all {
		points[r.Point] = append(points[r.Point], r)
	}
	for point, runs := range points {
		for variant, units := range profiler.NewSamples(runs) {
			for unit, values := range units {
				if err := q.AddSeries(ctx, series(experiment, point, variant, unit, values)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func series(experiment int64, point int, variant, unit string, values []float64) db.AddSeriesParams {
	interval := profiler.NewInterval(values)
	return db.AddSeriesParams{
		ExperimentID: experiment,
		Point:        int64(point),
		Variant:      variant,
		Unit:         unit,
		N:            int64(len(values)),
		Center:       float64(interval.Center),
		Lo:           number(interval.Lo),
		Hi:           number(interval.Hi),
		Samples:      encode(values),
	}
}

// Samples returns the samples of an experiment that ended, at its first point: those of the
// units, or of all where none is named.
func (s *Store) Samples(ctx context.Context, experiment int64, units ...string) (profiler.Samples, error) {
	points, err := s.PointSamples(ctx, experiment, 1, units...)
	if err != nil {
		return nil, err
	}
	return points[0], nil
}

// PointSamples returns the same at each of the first n points.
func (s *Store) PointSamples(ctx context.Context, experiment int64, n int, units ...string) ([]profiler.Samples, error) {
	rows, err := s.read().Series(ctx, experiment)
	if err != nil {
		return nil, fmt.Errorf("series of experiment %d: %w", experiment, err)
	}
	points := make([]profiler.Samples, n)
	for i := range points {
		points[i] = profiler.Samples{}
	}
	for _, row := range rows {
		if int(row.Point) >= n || len(units) > 0 && !slices.Contains(units, row.Unit) {
			continue
		}
		var values []float64
		if err := decodeAll(field{"samples", row.Samples, &values}); err != nil {
			return nil, fmt.Errorf("series of experiment %d: %w", experiment, err)
		}
		points[row.Point].Add(row.Variant, row.Unit, values...)
	}
	return points, nil
}
