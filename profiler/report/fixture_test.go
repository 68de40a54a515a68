package report

import (
	"math"

	"heaplab/profiler"
)

// An outcome is the result in one metric of a made-up experiment with two variants.
type outcome struct {
	unit          string
	primary       bool
	before, after float64
	p             float64
	verdict       Verdict
}

// reportOf returns the report of an experiment with the variants "fresh" and "after".
func reportOf(outcomes ...outcome) Report {
	r := Report{State: profiler.Done, Config: profiler.Config{Count: 6}, Variants: []VariantReport{{Name: "fresh"}, {Name: "after"}}}
	for _, o := range outcomes {
		c := comparisonOf(o.unit, o.before, o.after, o.p, o.verdict)
		c.Variant, c.Primary = "after", o.primary
		r.Comparisons = append(r.Comparisons, c)
	}
	return r
}

// comparisonOf returns a comparison of two medians. The interval of its change reaches 1% of the
// baseline to either side, or 10% if the verdict is unclear.
func comparisonOf(unit string, before, after, p float64, verdict Verdict) Comparison {
	c := Comparison{
		Unit: unit, Baseline: exactly(before), Value: exactly(after), P: profiler.Float(p), PAdjusted: profiler.Undefined(),
		Change: profiler.Float(after - before), Delta: percent(after/before - 1), Verdict: verdict, Basis: ByTest,
		Floor: 5, Margin: 5,
	}
	width := 0.01
	if verdict == Unclear {
		c.Reason, width = NotSignificant, 0.1
		switch {
		case math.IsNaN(p):
			c.Reason, c.NeedsRounds, width = TooFewRounds, 4, math.NaN()
			c.Baseline.N, c.Value.N = 2, 2
		case p < 0.05:
			c.Reason = WithinFloor
		}
	}
	c.ChangeLo, c.ChangeHi = c.Change-profiler.Float(width*before), c.Change+profiler.Float(width*before)
	c.DeltaLo, c.DeltaHi = percent(float64(c.ChangeLo)/before), percent(float64(c.ChangeHi)/before)
	if profiler.LookupUnit(unit).Exact {
		c.P, c.Basis = profiler.Undefined(), BySize
	}
	return c
}

func interval(center, lo, hi float64) Interval {
	return Interval{Center: profiler.Float(center), Lo: profiler.Float(lo), Hi: profiler.Float(hi), N: 6}
}

func exactly(v float64) Interval { return interval(v, v, v) }

// toward makes the outcome of a metric that changes by a factor of 6 in a direction.
func toward(unit string, way direction) outcome {
	const value = 12_000_000
	o := outcome{unit: unit, before: value, after: value, verdict: Same}
	switch way {
	case down:
		o.after, o.verdict = value/6, Better
	case up:
		o.after, o.verdict = value*6, Worse
	case unknown:
		o.after, o.verdict = value*1.1, Unclear
	}
	return o
}
