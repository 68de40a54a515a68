package profiler

import (
	"cmp"
	"math"
	"slices"
)

// Samples are values by variant and unit, in the order of the runs.
type Samples map[string]map[string][]float64

// NewSamples collects what the measure runs measured.
func NewSamples(runs []Run) Samples {
	s := Samples{}
	for _, r := range runs {
		if r.Kind != Measure {
			continue
		}
		for _, m := range r.Measurements {
			s.Add(r.Variant, m.Unit, m.Value)
		}
	}
	return s
}

// Add appends values to the sample of a variant and unit.
func (s Samples) Add(variant, unit string, values ...float64) {
	if s[variant] == nil {
		s[variant] = map[string][]float64{}
	}
	s[variant][unit] = append(s[variant][unit], values...)
}

// Compare holds every variant of c against its baseline in every unit that both have:
// the primary units first, then the others in the order in which reports show them. The
// noise floors are those of the calibration, which may be nil.
func Compare(c *Case, samples Samples, noise *Calibration) []Comparison {
	baseline := samples[c.Baseline().Name]
	out := []Comparison{}
	for _, v := range c.Variants[1:] {
		for unit, after := range samples[v.Name] {
			before := baseline[unit]
			if len(before) == 0 {
				continue
			}
			comparison := compare(LookupUnit(unit), before, after, noise)
			comparison.Variant, comparison.Primary = v.Name, slices.Contains(c.Primary, unit)
			out = append(out, comparison)
		}
	}
	sortComparisons(c, out)
	decide(out, func(c Comparison) bool { return c.Primary })
	return out
}

// compare computes all but the verdict, which takes all comparisons together.
func compare(u Unit, before, after []float64, noise *Calibration) Comparison {
	c := Comparison{
		Unit:      u.Name,
		Baseline:  NewInterval(before),
		Value:     NewInterval(after),
		P:         Undefined(),
		PAdjusted: Undefined(),
	}
	b, a := float64(c.Baseline.Center), float64(c.Value.Center)
	c.Change = Float(a - b)
	c.ChangeLo, c.ChangeHi = shift(before, after)
	c.Delta = percent((a - b) / b)
	lo, hi := relativeShift(before, after)
	c.DeltaLo, c.DeltaHi = percent(float64(lo)), percent(float64(hi))
	c.spread = max(spread(before), spread(after))
	relative, measured := noise.floorOf(u)
	c.floor = max(relative*math.Abs(b), u.FloorAbs)
	c.FloorMeasured = measured && c.floor > u.FloorAbs
	c.Floor = percent(c.floor / math.Abs(b))
	if !u.Exact {
		c.P, c.Warnings = uTest(before, after)
	}
	return c
}

func percent(x float64) Float {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return Undefined()
	}
	return Float(100 * x)
}

func spread(values []float64) float64 { return slices.Max(values) - slices.Min(values) }

// sortComparisons puts variants in the case's order, and the primary units first.
func sortComparisons(c *Case, comparisons []Comparison) {
	variant := func(name string) int {
		return slices.IndexFunc(c.Variants, func(v Variant) bool { return v.Name == name })
	}
	place := func(unit string) int {
		if i := slices.Index(c.Primary, unit); i >= 0 {
			return i
		}
		return len(c.Primary) + unitOrder(unit)
	}
	slices.SortFunc(comparisons, func(x, y Comparison) int {
		return cmp.Or(
			cmp.Compare(variant(x.Variant), variant(y.Variant)),
			cmp.Compare(place(x.Unit), place(y.Unit)),
			cmp.Compare(x.Unit, y.Unit),
		)
	})
}

// decide gives every comparison its verdict. Those that together selects are judged together,
// as Holm's method has it; the others stand for themselves and carry no headline.
func decide(comparisons []Comparison, together func(Comparison) bool) {
	family := make([]Float, len(comparisons))
	for i, c := range comparisons {
		family[i] = Undefined()
		if together(c) {
			family[i] = c.P
		}
	}
	adjusted := holm(family)
	for i := range comparisons {
		c := &comparisons[i]
		p := c.P
		if together(*c) {
			p, c.PAdjusted = adjusted[i], adjusted[i]
		}
		c.Verdict = verdict(*c, p)
	}
}

// verdict decides a comparison whose p-value, adjusted, is p.
//
// A change of an exact unit is better or worse where it is larger than the floor and than
// what the samples themselves spread; a change of another where it is larger than the floor
// and significant. It is the same where all of it lies inside the floor.
func verdict(c Comparison, p Float) string {
	u := LookupUnit(c.Unit)
	change := float64(c.Value.Center - c.Baseline.Center)
	decided := p.Finite() && p < 1-confidence
	if u.Exact {
		decided = math.Abs(change) > c.spread
	}
	switch {
	case u.Better == 0:
		return Unclear
	case decided && math.Abs(change) > c.floor:
		if change*float64(u.Better) > 0 {
			return Better
		}
		return Worse
	case inside(c, u, change):
		return Same
	}
	return Unclear
}

// inside reports whether a change lies inside the noise floor with all its uncertainty. Of
// an exact unit there is none; of samples too small for an interval, if nothing ever moved.
func inside(c Comparison, u Unit, change float64) bool {
	if u.Exact || c.spread == 0 && change == 0 {
		return math.Abs(change) <= c.floor
	}
	return -c.floor <= float64(c.ChangeLo) && float64(c.ChangeHi) <= c.floor // false where undefined
}
