package report

import (
	"heaplab/profiler"
	"math"
)

// A RowReport says what was measured in one row.
type RowReport struct {
	Row         string          `json:"row"`
	Value       string          `json:"value,omitempty" doc:"of a sweep"`
	Variants    []VariantReport `json:"variants"`
	Comparisons []Comparison    `json:"-"` // every variant against the baseline in this row; the report has them
	Along       []Comparison    `json:"along,omitempty" doc:"of a sweep: every variant against itself at the first value; none at that value"`
}

// TradeUnits are the metrics that a sweep trades against each other: memory against time, and
// against the time that collections take, which noise hides in the whole time.
func TradeUnits() []string {
	return profiler.Leads(profiler.RoleResident, profiler.RoleTime, profiler.RoleCollector)
}

// NewRows computes what the samples say in each row. Comparisons need all runs, and are missing
// before the experiment has ended.
func NewRows(e profiler.Experiment, names []string, samples profiler.Samples, noise *Calibration) []RowReport {
	rows := make([]RowReport, len(names))
	for i, name := range names {
		row := RowReport{Row: name, Comparisons: []Comparison{}, Along: []Comparison{}}
		if e.Sweep != nil {
			row.Value = e.Sweep.Value(name)
		}
		for _, v := range e.Design.Variants {
			row.Variants = append(row.Variants, newVariantReport(v, samples.Of(v.Name, name), nil))
		}
		if e.State.Terminal() {
			row.Comparisons = Compare(e.Design, name, samples, noise)
		}
		rows[i] = row
	}
	if e.State.Terminal() && e.Sweep != nil {
		compareAlong(e.Design, rows, samples, noise)
	}
	return rows
}

// compareAlong compares every variant at every later value of a sweep with itself at the first,
// in the units of the trade. Those of one variant are judged together.
func compareAlong(d profiler.Design, rows []RowReport, samples profiler.Samples, noise *Calibration) {
	for _, v := range d.Variants {
		var family []Comparison
		var at []int // the row of each
		for i := 1; i < len(rows); i++ {
			for _, unit := range TradeUnits() {
				before, after := samples[profiler.Series{Variant: v.Name, Row: rows[0].Row, Unit: unit}], samples[profiler.Series{Variant: v.Name, Row: rows[i].Row, Unit: unit}]
				if len(before) == 0 || len(after) == 0 {
					continue
				}
				comparison := compare(profiler.LookupUnit(unit), before, after, noise)
				comparison.Variant, comparison.Row = v.Name, rows[i].Row
				family, at = append(family, comparison), append(at, i)
			}
		}
		decide(family, func(Comparison) bool { return true })
		for i, comparison := range family {
			rows[at[i]].Along = append(rows[at[i]].Along, comparison)
		}
	}
}

// Sample returns a variant's values of a unit in this row, or nil.
func (p *RowReport) Sample(variant, unit string) []float64 {
	if v := p.variant(variant); v != nil {
		return v.Samples[unit]
	}
	return nil
}

func (p *RowReport) variant(name string) *VariantReport {
	for i, v := range p.Variants {
		if v.Name == name {
			return &p.Variants[i]
		}
	}
	return nil
}

// Comparison returns the comparison of a variant with the baseline in this row, or nil.
func (p *RowReport) Comparison(variant, unit string) *Comparison {
	return findComparison(p.Comparisons, variant, unit)
}

// AlongOf returns the comparison of a variant with itself at the sweep's first value, or nil.
func (p *RowReport) AlongOf(variant, unit string) *Comparison {
	return findComparison(p.Along, variant, unit)
}

// Frontier returns, for each of some pairs of medians (memory, time), whether no other pair
// is better in one and as good or better in the other: what is worth choosing from (the
// Pareto front). Pairs that are not finite are never on it.
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

// GeoMean is the geometric mean of the ratios value/baseline of comparisons of one unit, and
// how many had to be left out because one side is not positive. It is undefined where none
// is left.
func GeoMean(comparisons []Comparison) (mean profiler.Float, left int) {
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
