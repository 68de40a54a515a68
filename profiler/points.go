package profiler

import (
	"math"
)

// A PointReport is what a sweep measured at one of its values.
type PointReport struct {
	Value       string          `json:"value"`
	Variants    []VariantReport `json:"variants"`
	Comparisons []Comparison    `json:"comparisons" doc:"every variant against the baseline at this value"`
	Along       []Comparison    `json:"along" doc:"every variant against itself at the sweep's first value; empty at that value"`
}

// TradeUnits are what a sweep trades against each other: memory against time, and against the
// part of it that goes to collections, which shows in noise that hides the whole.
var TradeUnits = []string{PeakRSS, NsPerOp, GCCPU}

// SamplesByPoint collects what the measure runs of e measured at each of its points.
func (e *Experiment) SamplesByPoint(runs []Run) []Samples {
	samples := make([]Samples, e.Points())
	for i := range samples {
		var at []Run
		for _, r := range runs {
			if r.Point == i {
				at = append(at, r)
			}
		}
		samples[i] = NewSamples(at)
	}
	return samples
}

// NewPoints computes what the samples of a sweep say at each of its values. Comparisons need
// all of the runs, and are empty before the sweep has ended.
func NewPoints(c *Case, e Experiment, samples []Samples, noise *Calibration) []PointReport {
	points := make([]PointReport, len(samples))
	for i := range points {
		p := &points[i]
		p.Value, p.Comparisons, p.Along = e.Sweep.Values[i], []Comparison{}, []Comparison{}
		for _, v := range c.Variants {
			p.Variants = append(p.Variants, newVariantReport(v, samples[i][v.Name], nil))
		}
		if Terminal(e.State) {
			p.Comparisons = Compare(c, samples[i], noise)
		}
	}
	if Terminal(e.State) {
		compareAlong(c, points, samples, noise)
	}
	return points
}

// compareAlong holds every variant at every later value against itself at the first, in the
// units of the trade. Those of one variant are judged together.
func compareAlong(c *Case, points []PointReport, samples []Samples, noise *Calibration) {
	for _, v := range c.Variants {
		var family []Comparison
		var at []int // the point of each
		for i := 1; i < len(points); i++ {
			for _, unit := range TradeUnits {
				before, after := samples[0][v.Name][unit], samples[i][v.Name][unit]
				if len(before) == 0 || len(after) == 0 {
					continue
				}
				comparison := compare(LookupUnit(unit), before, after, noise)
				comparison.Variant = v.Name
				family, at = append(family, comparison), append(at, i)
			}
		}
		decide(family, func(Comparison) bool { return true })
		for i, comparison := range family {
			points[at[i]].Along = append(points[at[i]].Along, comparison)
		}
	}
}

// Sample returns a variant's values of a unit at a point, or nil.
func (p *PointReport) Sample(variant, unit string) []float64 {
	if v := p.variant(variant); v != nil {
		return v.Samples[unit]
	}
	return nil
}

func (p *PointReport) variant(name string) *VariantReport {
	for i, v := range p.Variants {
		if v.Name == name {
			return &p.Variants[i]
		}
	}
	return nil
}

// Comparison returns the comparison of a variant with the baseline at this value, or nil.
func (p *PointReport) Comparison(variant, unit string) *Comparison {
	return findComparison(p.Comparisons, variant, unit)
}

// AlongOf returns the comparison of a variant with itself at the first value, or nil.
func (p *PointReport) AlongOf(variant, unit string) *Comparison {
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

func finite(f float64) bool { return Float(f).Finite() }

// GeoMean is the geometric mean of the ratios value/baseline of comparisons of one unit, and
// how many had to be left out because one side is not positive. It is undefined where none
// is left.
func GeoMean(comparisons []Comparison) (mean Float, left int) {
	sum, n := 0.0, 0
	for _, c := range comparisons {
		if c.Baseline.Center > 0 && c.Value.Center > 0 {
			sum += math.Log(float64(c.Value.Center / c.Baseline.Center))
			n++
		}
	}
	if n == 0 {
		return Undefined(), len(comparisons)
	}
	return Float(math.Exp(sum / float64(n))), len(comparisons) - n
}
