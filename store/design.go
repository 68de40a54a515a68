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

// A Designer returns the design that an experiment of a built-in case had when it was launched with
// these params, before designs were stored, without its subject. Without params, the experiment
// keeps its own. It returns false if it does not know the case.
type Designer func(caseName string, p profiler.Params) (profiler.Design, bool)

// An oldExperiment is an experiment from before designs were stored.
type oldExperiment struct {
	Case     string // or "import"
	Title    string // of an import
	Kind     profiler.Kind
	State    profiler.State
	Params   profiler.Params
	Variants []profiler.VariantInfo // that have runs, in the order of their first runs
	Files    map[string]string      // of an import: names of the uploaded files by variant
}

// fillInDesigns returns the migration.
func fillInDesigns(designer Designer) func(context.Context, *sql.Tx) error {
	return func(ctx context.Context, tx *sql.Tx) error {
		old, err := oldExperiments(ctx, tx)
		if err != nil {
			return err
		}
		for id, e := range old {
			d := designOf(e, designer)
			if _, err := tx.ExecContext(ctx, "UPDATE experiments SET subject = ?, design = ? WHERE id = ?", d.Subject, encode(d), id); err != nil {
				return err
			}
		}
		return nil
	}
}

func oldExperiments(ctx context.Context, tx *sql.Tx) (map[int64]oldExperiment, error) {
	rows, err := tx.QueryContext(ctx, "SELECT id, case_name, title, kind, state, params FROM experiments")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	old := map[int64]oldExperiment{}
	for rows.Next() {
		var id int64
		var e oldExperiment
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
func addFiles(ctx context.Context, tx *sql.Tx, old map[int64]oldExperiment) error {
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
func addVariants(ctx context.Context, tx *sql.Tx, old map[int64]oldExperiment) error {
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
		i := slices.IndexFunc(e.Variants, func(v profiler.VariantInfo) bool { return v.Name == variant })
		if i < 0 {
			i, e.Variants = len(e.Variants), append(e.Variants, profiler.VariantInfo{Name: variant, Title: variant})
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
func designOf(e oldExperiment, designer Designer) profiler.Design {
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
		d, known = designer(e.Case, e.Params)
	}
	switch {
	case !known:
		d = profiler.Design{Title: e.Case, Variants: e.Variants}
		if len(d.Variants) == 0 {
			d.Variants = []profiler.VariantInfo{{Name: "baseline", Title: "baseline"}}
		}
	case e.State.Terminal() && len(e.Variants) > 0:
		d.Variants = e.ran(d.Variants)
	}
	if e.Kind != profiler.KindComparison {
		d.Predictions = nil
	}
	d.Subject = profiler.CaseSubject(e.Case)
	if d.Params == nil {
		d.Params = e.Params
	}
	d.Labels = map[string]string{}
	for name, value := range d.Params {
		d.Labels[name] = fmt.Sprint(value)
	}
	return d
}

// ran returns the baseline and those of the other variants that have runs: a case may have got
// variants after the launch.
func (e *oldExperiment) ran(variants []profiler.VariantInfo) []profiler.VariantInfo {
	var out []profiler.VariantInfo
	for i, v := range variants {
		if i == 0 || slices.ContainsFunc(e.Variants, func(r profiler.VariantInfo) bool { return r.Name == v.Name }) {
			out = append(out, v)
		}
	}
	return out
}
