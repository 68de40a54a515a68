package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"heaplab/profiler"
)

// designVersion is the migration that fills in the designs of older experiments.
const designVersion = 7

// An OldExperiment is an experiment from before designs were stored.
type OldExperiment struct {
	Case     string // or "import"
	Title    string // of an import
	Kind     profiler.Kind
	State    profiler.State
	Params   profiler.Params
	Variants []VariantRuns     // that have runs, in the order of their first runs
	Files    map[string]string // of an import: names of the uploaded files by variant
}

// VariantRuns are the kinds of runs that a variant had besides its measure runs.
type VariantRuns struct {
	Variant string
	Extra   []profiler.RunKind
}

// A Designer returns the design of an experiment from before designs were stored, without its
// subject and params, or false if it does not know the case.
type Designer func(OldExperiment) (profiler.Design, bool)

// fillInDesigns returns the migration.
func fillInDesigns(designer Designer) func(context.Context, *sql.Tx) error {
	return func(ctx context.Context, tx *sql.Tx) error {
		old, err := oldExperiments(ctx, tx)
		if err != nil {
			return err
		}
		for id, e := range old {
			if _, err := tx.ExecContext(ctx, "UPDATE experiments SET design = ? WHERE id = ?", encode(designOf(e, designer)), id); err != nil {
				return err
			}
		}
		return nil
	}
}

func oldExperiments(ctx context.Context, tx *sql.Tx) (map[int64]OldExperiment, error) {
	rows, err := tx.QueryContext(ctx, "SELECT id, case_name, title, kind, state, params FROM experiments")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	old := map[int64]OldExperiment{}
	for rows.Next() {
		var id int64
		var e OldExperiment
		var params string
		if err := rows.Scan(&id, &e.Case, &e.Title, &e.Kind, &e.State, &params); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(params), &e.Params); err != nil {
			e.Params = nil // damaged: the report shows the rest
		}
		old[id] = e
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if err := addVariants(ctx, tx, old); err != nil {
		return nil, err
	}
	return old, addFiles(ctx, tx, old)
}

// addFiles adds the names of imported files.
func addFiles(ctx context.Context, tx *sql.Tx, old map[int64]OldExperiment) error {
	rows, err := tx.QueryContext(ctx, "SELECT experiment_id, variant, file_name FROM imported_profiles")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var variant, file string
		if err := rows.Scan(&id, &variant, &file); err != nil {
			return err
		}
		e := old[id]
		if e.Files == nil {
			e.Files = map[string]string{}
		}
		e.Files[variant] = file
		old[id] = e
	}
	return rows.Err()
}

// addVariants adds the variants that have runs.
func addVariants(ctx context.Context, tx *sql.Tx, old map[int64]OldExperiment) error {
	rows, err := tx.QueryContext(ctx, "SELECT experiment_id, variant, kind FROM runs GROUP BY experiment_id, variant, kind ORDER BY experiment_id, min(id)")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var variant string
		var kind profiler.RunKind
		if err := rows.Scan(&id, &variant, &kind); err != nil {
			return err
		}
		e := old[id]
		i := slices.IndexFunc(e.Variants, func(v VariantRuns) bool { return v.Variant == variant })
		if i < 0 {
			i, e.Variants = len(e.Variants), append(e.Variants, VariantRuns{Variant: variant})
		}
		if kind != profiler.Measure {
			e.Variants[i].Extra = append(e.Variants[i].Extra, kind)
		}
		old[id] = e
	}
	return rows.Err()
}

// designOf returns the design of an old experiment. Of a case that the designer does not know,
// the design has what ran.
func designOf(e OldExperiment, designer Designer) profiler.Design {
	if e.Case == profiler.SubjectImport {
		return profiler.Design{
			Subject: profiler.SubjectImport,
			Title:   e.Title,
			Labels:  e.Files,
			Variants: []profiler.VariantInfo{
				{Name: profiler.ImportBaseline, Title: profiler.ImportBaseline},
				{Name: profiler.ImportVariant, Title: profiler.ImportVariant},
			},
		}
	}
	d, known := profiler.Design{}, false
	if designer != nil {
		d, known = designer(e)
	}
	if !known {
		d = profiler.Design{Title: e.Case}
		for _, v := range e.Variants {
			d.Variants = append(d.Variants, profiler.VariantInfo{Name: v.Variant, Title: v.Variant, Extra: v.Extra})
		}
		if len(d.Variants) == 0 {
			d.Variants = []profiler.VariantInfo{{Name: "baseline", Title: "baseline"}}
		}
	}
	d.Subject, d.Params, d.Labels = profiler.CaseSubject(e.Case), e.Params, map[string]string{}
	for name, value := range e.Params {
		d.Labels[name] = fmt.Sprint(value)
	}
	return d
}
