package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"heaplab/profiler"
)

// UnmarshalJSON reads a report. It also reads the reports that older versions of this program stored
// for shares.
func (r *Report) UnmarshalJSON(b []byte) error {
	type plain Report
	var frozen struct {
		plain
		Points []struct { // the rows of a sweep, in reports from before rows had names
			Value              string
			Variants           []VariantReport
			Comparisons, Along []Comparison
		}
	}
	if err := json.Unmarshal(b, &frozen); err != nil {
		return err
	}
	*r = Report(frozen.plain)
	for _, p := range frozen.Points {
		row := RowReport{Row: r.Sweep.Title() + "=" + p.Value, Value: p.Value, Variants: p.Variants, Along: p.Along}
		for i := range row.Along {
			row.Along[i].Row = row.Row
		}
		for _, c := range p.Comparisons {
			c.Row = row.Row
			r.Comparisons = append(r.Comparisons, c)
		}
		r.Rows = append(r.Rows, row)
	}
	for i := range r.Rows {
		row := &r.Rows[i]
		row.Comparisons = slices.DeleteFunc(slices.Clone(r.Comparisons), func(c Comparison) bool { return c.Row != row.Row })
	}
	r.complete()
	return nil
}

// complete sets the fields that older reports lack.
func (r *Report) complete() {
	r.Kind = cmp.Or(r.Kind, profiler.KindComparison)
	r.Source = cmp.Or(r.Source, "case")
	if r.Subject == "" {
		r.Subject = profiler.CaseSubject(r.Case)
		if r.Source == profiler.SubjectImport {
			r.Subject = profiler.SubjectImport
		}
	}
	if r.Labels == nil {
		r.Labels = map[string]string{}
		for name, value := range r.Params {
			r.Labels[name] = fmt.Sprint(value)
		}
		for _, p := range r.Profiles {
			if p.Kind == profiler.Imported {
				r.Labels[p.Variant] = p.File
			}
		}
	}
	if r.Conclusion == nil {
		r.conclude()
	}
}
