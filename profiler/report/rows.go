package report

import (
	"math"
	"slices"

	"heaplab/profiler"
)

// A RowReport holds the measurements of one row.
type RowReport struct {
	Row         string          `json:"row"`
	Value       string          `json:"value,omitempty" doc:"value of the sweep"`
	Variants    []VariantReport `json:"variants"`
	Comparisons []Comparison    `json:"-"` // with the baseline in this row; also in Report.Comparisons
	Along       []Comparison    `json:"along,omitempty" doc:"of a sweep: comparisons of every variant with itself at the first value; empty at the first value"`
}

// tradeRoles are the roles of the metrics that a sweep trades: memory for time. They include the
// time of collections, because noise in the whole time can hide it.
var tradeRoles = []profiler.Role{profiler.RoleResident, profiler.RoleTime, profiler.RoleCollector}

// newRows returns the report of each row. Comparisons need all runs, so they are missing until the
// experiment has ended.
func newRows(e profiler.Experiment, names []string, samples profiler.Samples, noise *Calibration) []RowReport {
	rows := make([]RowReport, len(names))
	byRow := samples.ByRow() // there can be a thousand rows
	for i, name := range names {
		own := byRow[name]
		row := RowReport{Row: name, Comparisons: []Comparison{}, Along: []Comparison{}}
		if e.Sweep != nil {
			row.Value = e.Sweep.Value(name)
		}
		for _, v := range e.Design.Variants {
			row.Variants = append(row.Variants, newVariantReport(v, own.Of(v.Name, name), nil))
		}
		if e.State.Terminal() {
			row.Comparisons = compareVariants(e.Design, name, own, noise)
		}
		rows[i] = row
	}
	if e.State.Terminal() && e.Sweep != nil {
		compareAlong(e.Design, rows, samples, noise)
	}
	return rows
}

// compareAlong compares every variant at every later value of a sweep with itself at the first
// value, in the metrics of tradeRoles. The comparisons of one variant are a family for Holm's method.
func compareAlong(d profiler.Design, rows []RowReport, samples profiler.Samples, noise *Calibration) {
	for _, v := range d.Variants {
		var family []Comparison
		var rowOf []int // for each comparison, its index in rows
		for i := 1; i < len(rows); i++ {
			for _, unit := range profiler.Leads(tradeRoles...) {
				before := samples[profiler.Series{Variant: v.Name, Row: rows[0].Row, Unit: unit}]
				after := samples[profiler.Series{Variant: v.Name, Row: rows[i].Row, Unit: unit}]
				if len(before) == 0 || len(after) == 0 {
					continue
				}
				comparison := compare(profiler.LookupUnit(unit), before, after, noise)
				comparison.Variant, comparison.Row = v.Name, rows[i].Row
				family, rowOf = append(family, comparison), append(rowOf, i)
			}
		}
		decide(family, func(Comparison) bool { return true })
		for i, comparison := range family {
			row := &rows[rowOf[i]]
			row.Along = append(row.Along, comparison)
		}
	}
}

// Sample returns a variant's values of a unit in this row, or nil.
func (r *RowReport) Sample(variant, unit string) []float64 {
	if v := r.variant(variant); v != nil {
		return v.Samples[unit]
	}
	return nil
}

func (r *RowReport) variant(name string) *VariantReport {
	for i, v := range r.Variants {
		if v.Name == name {
			return &r.Variants[i]
		}
	}
	return nil
}

// Comparison returns the comparison of a variant with the baseline in this row, or nil.
func (r *RowReport) Comparison(variant, unit string) *Comparison {
	return findComparison(r.Comparisons, variant, unit)
}

// AlongOf returns the comparison of a variant with itself at the sweep's first value, or nil.
func (r *RowReport) AlongOf(variant, unit string) *Comparison {
	return findComparison(r.Along, variant, unit)
}

// alongLead returns the first such comparison in a unit that represents the role, or nil.
func (r *RowReport) alongLead(variant string, role profiler.Role) *Comparison {
	for _, unit := range profiler.Leads(role) {
		if c := r.AlongOf(variant, unit); c != nil {
			return c
		}
	}
	return nil
}

// At returns the report of the i-th row.
func (r *Report) At(i int) Report {
	row, out := r.Rows[i], *r
	out.Row, out.Variants, out.Comparisons, out.Rows = row.Row, row.Variants, row.Comparisons, nil
	out.Profiles = slices.DeleteFunc(slices.Clone(r.Profiles), func(p ProfileReport) bool { return p.Row != row.Row })
	out.Causes = slices.DeleteFunc(slices.Clone(r.Causes), func(c Causes) bool { return c.Row != row.Row })
	return out
}

// AtRow returns the report of the row with that name, and whether there is one.
func (r *Report) AtRow(name string) (Report, bool) {
	i := slices.IndexFunc(r.Rows, func(row RowReport) bool { return row.Row == name })
	if i < 0 {
		return *r, false
	}
	return r.At(i), true
}

// Frontier reports which pairs of medians (memory, time) are on the Pareto front: no other pair is
// better in one and at least as good in the other. Pairs that are not finite are never on it.
func Frontier(pairs [][2]float64) []bool {
	on := make([]bool, len(pairs))
	for i, p := range pairs {
		on[i] = finite(p[0]) && finite(p[1])
		for _, q := range pairs {
			if finite(q[0]) && finite(q[1]) && q[0] <= p[0] && q[1] <= p[1] && (q[0] < p[0] || q[1] < p[1]) {
				on[i] = false
			}
		}
	}
	return on
}

func finite(f float64) bool { return profiler.Float(f).Finite() }

// Comparable returns the comparisons whose values may be compared.
func Comparable(all []Comparison) []Comparison {
	return slices.DeleteFunc(slices.Clone(all), func(c Comparison) bool { return c.Reason.Incomparable() })
}

// GeoMean returns the geometric mean of the ratios value/baseline of comparisons in one unit. It
// skips comparisons in which one side is not positive, and returns their number. The mean is
// undefined if all are skipped.
func GeoMean(comparisons []Comparison) (mean profiler.Float, skipped int) {
	sum, n := 0.0, 0
	for _, c := range comparisons {
		if c.Baseline.Center > 0 && c.Value.Center > 0 {
			sum += math.Log(float64(c.Value.Center / c.Baseline.Center))
			n++
		}
	}
	if n == 0 {
		return profiler.Undefined(), len(comparisons)
	}
	return profiler.Float(math.Exp(sum / float64(n))), len(comparisons) - n
}
