package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"

	"heaplab/profiler"
	"heaplab/store/internal/db"
)

// SetExplanations stores the explanations of an experiment in place of earlier ones. Each text is stored once.
func (s *Store) SetExplanations(ctx context.Context, experiment int64, all []profiler.Explanation) error {
	return wrap("set explanations", s.write(ctx, func(q *db.Queries) error {
		if err := q.DeleteExplanations(ctx, experiment); err != nil {
			return err
		}
		for i, x := range all {
			row := db.AddExplanationParams{ExperimentID: experiment, Number: int64(i)}
			for _, side := range []struct {
				source **profiler.Source
				sha256 *sql.NullString
			}{{&x.Before, &row.BeforeSha256}, {&x.After, &row.AfterSha256}} {
				if *side.source == nil {
					continue
				}
				source := **side.source
				if err := q.AddSource(ctx, db.AddSourceParams{Sha256: source.SHA256, Text: source.Text}); err != nil {
					return err
				}
				*side.sha256 = sql.NullString{String: source.SHA256, Valid: true}
				source.Text = ""
				*side.source = &source
			}
			row.Content = encode(x)
			if err := q.AddExplanation(ctx, row); err != nil {
				return err
			}
		}
		return q.DeleteOrphanSources(ctx)
	}))
}

// Explanations returns the explanations of an experiment. If one is damaged, they are an ErrDamaged.
func (s *Store) Explanations(ctx context.Context, experiment int64) ([]profiler.Explanation, error) {
	rows, err := s.read().Explanations(ctx, experiment)
	if err != nil {
		return nil, readError(experiment, "explanations", err)
	}
	var out []profiler.Explanation
	for _, row := range rows {
		var x profiler.Explanation
		if err := decodeAll(experiment, field{"explanation", row.Content, &x}); err != nil {
			return nil, err
		}
		for _, side := range []struct {
			source *profiler.Source
			text   string
		}{{x.Before, row.BeforeText}, {x.After, row.AfterText}} {
			if side.source == nil {
				continue
			}
			if sum := sha256.Sum256([]byte(side.text)); hex.EncodeToString(sum[:]) != side.source.SHA256 {
				return nil, &Damage{Experiment: experiment, Reason: "the source code of a function differs from what was stored"}
			}
			side.source.Text = side.text
		}
		out = append(out, x)
	}
	return out, nil
}
