package store

import (
	"context"

	"heaplab/profiler"
	"heaplab/store/internal/db"
)

// Import adds an experiment made of two uploaded profiles, and returns its id. It keeps the kind,
// design, config, state, note, tags and times of e.
func (s *Store) Import(ctx context.Context, e profiler.Experiment, imported []profiler.ImportedProfile) (id int64, err error) {
	err = s.write(ctx, func(q *db.Queries) error {
		id, err = q.AddImport(ctx, db.AddImportParams{
			Subject:    e.Design.Subject,
			Kind:       string(e.Kind),
			Design:     encode(e.Design),
			Config:     encode(e.Config),
			State:      string(e.State),
			Note:       e.Note,
			Tags:       encode(append([]string{}, e.Tags...)),
			CreatedAt:  e.Created.UnixMilli(),
			FinishedAt: instant(e.Finished),
		})
		if err != nil {
			return err
		}
		for _, p := range imported {
			if err := addProfile(ctx, q, p.Profile); err != nil {
				return err
			}
			err := q.AddImportedProfile(ctx, db.AddImportedProfileParams{
				ExperimentID: id, Variant: p.Variant, FileName: p.File, ProfileSha256: p.SHA256,
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return id, wrap("import profiles", err)
}

// Imported returns the profiles of an import without their content, baseline first.
func (s *Store) Imported(ctx context.Context, experiment int64) ([]profiler.ImportedProfile, error) {
	rows, err := s.read().ImportedProfiles(ctx, experiment)
	if err != nil {
		return nil, readError(experiment, "profiles", err)
	}
	out := make([]profiler.ImportedProfile, len(rows))
	for i, row := range rows {
		p := &out[i]
		p.Variant, p.File = row.Variant, row.FileName
		p.SHA256, p.GzipSize, p.Fault = row.Sha256, row.GzipSize, row.Fault
		if err := decodeAll(experiment, field{"summary", row.Summary, &p.Summary}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ImportedTotals returns the summaries of the two profiles of an import, baseline first. It leaves
// out the functions, which can be large.
func (s *Store) ImportedTotals(ctx context.Context, experiment int64) ([]profiler.Summary, error) {
	rows, err := s.read().ImportedTotals(ctx, experiment)
	if err != nil {
		return nil, readError(experiment, "profiles", err)
	}
	out := make([]profiler.Summary, len(rows))
	for i, row := range rows {
		if err := decodeAll(experiment, field{"summary", row.Summary, &out[i]}); err != nil {
			return nil, err
		}
	}
	return out, nil
}
