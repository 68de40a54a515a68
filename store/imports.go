package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/store/internal/db"
)

// Import adds an experiment made of uploaded profiles, and returns its id. It keeps the kind,
// design, config, state, note, tags and times of e.
func (s *Store) Import(ctx context.Context, e profiler.Experiment, imported []profiler.ImportedProfile) (id int64, err error) {
	err = s.write(ctx, func(q *db.Queries) error {
		if id, err = addImport(ctx, q, e); err != nil {
			return err
		}
		for _, p := range imported {
			if err := addImported(ctx, q, id, p); err != nil {
				return err
			}
		}
		return nil
	})
	return id, wrap("import profiles", err)
}

// ImportRuns adds an experiment made of uploaded results, with its runs, series and judgment. If there is one with the
// same params, it adds nothing and returns the id of that one.
func (s *Store) ImportRuns(ctx context.Context, e profiler.Experiment, runs []profiler.Run, series []Series, j report.Judgment) (id int64, err error) {
	err = s.write(ctx, func(q *db.Queries) error {
		id, err = q.ImportOfParams(ctx, db.ImportOfParamsParams{Subject: e.Design.Subject, Params: encode(e.Design.Params)})
		if err == nil || !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if id, err = addImport(ctx, q, e); err != nil {
			return err
		}
		for _, r := range runs {
			if err := addRun(ctx, q, id, r); err != nil {
				return err
			}
		}
		for _, each := range series {
			if err := q.AddSeries(ctx, newSeries(id, each)); err != nil {
				return err
			}
		}
		return addJudgment(ctx, q, id, j)
	})
	return id, wrap("import results", err)
}

// addImport adds the row of an import.
func addImport(ctx context.Context, q *db.Queries, e profiler.Experiment) (int64, error) {
	environment := e.Environment
	if environment == nil {
		environment = profiler.Environment{}
	}
	return q.AddImport(ctx, db.AddImportParams{
		Subject:     e.Design.Subject,
		Kind:        string(e.Kind),
		Design:      encode(e.Design),
		Config:      encode(e.Config),
		Environment: encode(environment),
		State:       string(e.State),
		Note:        e.Note,
		Tags:        encode(append([]string{}, e.Tags...)),
		CreatedAt:   e.Created.UnixMilli(),
		FinishedAt:  instant(e.Finished),
	})
}

// addImported adds one side of an import.
func addImported(ctx context.Context, q *db.Queries, id int64, p profiler.ImportedProfile) error {
	if err := addProfile(ctx, q, p.Profile); err != nil {
		return err
	}
	err := q.AddImportedProfile(ctx, db.AddImportedProfileParams{ExperimentID: id, Variant: p.Variant, FileName: p.File, ProfileSha256: p.SHA256})
	if err != nil {
		return err
	}
	for i, f := range p.Files {
		if err := addProfile(ctx, q, f.Profile); err != nil {
			return err
		}
		err := q.AddImportedFile(ctx, db.AddImportedFileParams{ExperimentID: id, Variant: p.Variant, Number: int64(i + 1), FileName: f.Name, ProfileSha256: f.SHA256})
		if err != nil {
			return err
		}
	}
	return nil
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
	return out, s.addFiles(ctx, experiment, out)
}

// ImportedTotals is Imported for lists. It leaves out the functions, which can be large, and sizes of files.
func (s *Store) ImportedTotals(ctx context.Context, experiment int64) ([]profiler.ImportedProfile, error) {
	rows, err := s.read().ImportedTotals(ctx, experiment)
	if err != nil {
		return nil, readError(experiment, "profiles", err)
	}
	out := make([]profiler.ImportedProfile, len(rows))
	for i, row := range rows {
		p := &out[i]
		p.Variant, p.File, p.SHA256, p.Fault = row.Variant, row.FileName, row.Sha256, row.Fault
		if err := decodeAll(experiment, field{"summary", row.Summary, &p.Summary}); err != nil {
			return nil, err
		}
	}
	return out, s.addFiles(ctx, experiment, out)
}

// addFiles adds the files of sides that have several.
func (s *Store) addFiles(ctx context.Context, experiment int64, sides []profiler.ImportedProfile) error {
	if len(sides) == 0 {
		return nil
	}
	rows, err := s.read().ImportedFiles(ctx, experiment)
	if err != nil {
		return readError(experiment, "files", err)
	}
	for _, row := range rows {
		f := profiler.ImportedFile{Name: row.FileName, Profile: profiler.Profile{SHA256: row.Sha256, GzipSize: row.GzipSize, Fault: row.Fault}}
		if err := decodeAll(experiment, field{"summary", row.Summary, &f.Summary}); err != nil {
			return err
		}
		for i := range sides {
			if sides[i].Variant == row.Variant {
				sides[i].Files = append(sides[i].Files, f)
			}
		}
	}
	return nil
}

// ImportedFile returns the gzip file of one of several imported files, counted from 1. It checks the
// SHA-256 of the content.
func (s *Store) ImportedFile(ctx context.Context, experiment int64, variant string, number int) ([]byte, error) {
	row, err := s.read().ImportedFile(ctx, db.ImportedFileParams{ExperimentID: experiment, Variant: variant, Number: int64(number)})
	if err != nil {
		return nil, fmt.Errorf("file %d of %s: %w", number, variant, notFound(err))
	}
	if err := verify(row.Gzip, row.Sha256); err != nil {
		return nil, fmt.Errorf("file %d of %s: %w", number, variant, err)
	}
	return row.Gzip, nil
}
