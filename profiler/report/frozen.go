package report

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"heaplab/profiler"
)

// UnmarshalJSON reads a report. It also reads the reports that older versions of this program stored
// for shares. It refuses reports without the parts that pages need.
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
	if err := r.check(len(frozen.Points)); err != nil {
		return err
	}
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
		if len(row.Variants) != len(r.Variants) {
			return fmt.Errorf("the row %s of the report lacks variants", row.Row)
		}
		row.Comparisons = slices.DeleteFunc(slices.Clone(r.Comparisons), func(c Comparison) bool { return c.Row != row.Row })
	}
	r.complete()
	return nil
}

// UnmarshalJSON reads a comparison, also of older reports.
func (c *Comparison) UnmarshalJSON(b []byte) error {
	type plain Comparison
	older := struct {
		*plain
		DeltaLo   *profiler.Float `json:"delta_lo"`
		DeltaHi   *profiler.Float `json:"delta_hi"`
		Withdrawn bool            `json:"withdrawn"`
	}{plain: (*plain)(c)}
	c.DeltaLo, c.DeltaHi, c.Margin = profiler.Undefined(), profiler.Undefined(), profiler.Undefined()
	if err := json.Unmarshal(b, &older); err != nil {
		return err
	}
	if older.DeltaLo != nil && older.DeltaHi != nil {
		c.DeltaLo, c.DeltaHi = *older.DeltaLo, *older.DeltaHi
	}
	if older.Withdrawn {
		c.Reason = LowerBounds
	}
	if c.Basis == "" {
		c.adoptBasis()
	}
	return nil
}

// adoptBasis completes a comparison from before there was a margin. At that time the samples were the
// same if the interval of the change lay within the noise floor, however large that was.
func (c *Comparison) adoptBasis() {
	u := profiler.LookupUnit(c.Unit)
	if u.Exact {
		c.Basis = BySize
		return
	}
	c.Basis = ByTest
	margin := max(u.Margin*math.Abs(float64(c.Baseline.Center)), u.MarginAbs)
	equal := c.Change == 0 && c.Baseline.Lo == c.Baseline.Hi && c.Value.Lo == c.Value.Hi
	within := -margin <= float64(c.ChangeLo) && float64(c.ChangeHi) <= margin // false if they are undefined
	if c.Verdict == Same && !equal && !within {
		c.withdraw(TooNoisy)
	}
}

// check returns what the report lacks. Older reports of sweeps have points instead of rows.
func (r *Report) check(points int) error {
	names := map[string]bool{"": true}
	for _, v := range r.Variants {
		if names[v.Name] {
			return errors.New("the report has two variants of the same name, or one without a name")
		}
		names[v.Name] = true
		if v.Timeline != nil && !v.Timeline.Complete() {
			return fmt.Errorf("the timeline of %s lacks values", v.Name)
		}
	}
	switch isSweep := r.Kind == profiler.KindSweep; {
	case len(r.Variants) == 0:
		return errors.New("the report has no variants")
	case (isSweep || points > 0) && (r.Sweep == nil || len(r.Sweep.Values) == 0):
		return errors.New("the report of a sweep has no values")
	case isSweep && len(r.Rows)+points == 0:
		return errors.New("the report of a sweep has no rows")
	case r.Kind == profiler.KindCalibration && r.State.Terminal() && r.Calibration == nil:
		return errors.New("the report of a calibration has no result")
	}
	return nil
}

// complete sets the fields that older reports lack, and those that JSON does not have.
func (r *Report) complete() {
	setUnits(r.Comparisons, r.Units)
	for _, row := range r.Rows {
		setUnits(row.Comparisons, r.Units)
		setUnits(row.Along, r.Units)
	}
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

func setUnits(comparisons []Comparison, known map[string]profiler.UnitInfo) {
	for i := range comparisons {
		comparisons[i].unit = profiler.UnitOf(known, comparisons[i].Unit)
	}
}
