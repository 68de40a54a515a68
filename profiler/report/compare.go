package report

import (
	"cmp"
	"heaplab/profiler"
	"math"
	"slices"
)

// Compare compares every variant of d with the baseline in one row, in every unit that both
// have: the primary units first, then the others in the order of reports. The noise floors are
// those of the calibration, which may be nil.
func Compare(d profiler.Design, row string, samples profiler.Samples, noise *Calibration) []Comparison {
	out := []Comparison{}
	if len(d.Variants) == 0 {
		return out
	}
	baseline := samples.Of(d.Baseline(), row)
	for _, v := range d.Variants[1:] {
		for unit, after := range samples.Of(v.Name, row) {
			before := baseline[unit]
			if len(before) == 0 {
				continue
			}
			comparison := compare(profiler.LookupUnit(unit), before, after, noise)
			comparison.Variant, comparison.Row, comparison.Primary = v.Name, row, slices.Contains(d.Primary, unit)
			out = append(out, comparison)
		}
	}
	sortComparisons(d, out)
	decide(out, func(c Comparison) bool { return c.Primary })
	return out
}

// compare computes all but the verdict, which takes all comparisons together.
func compare(u profiler.Unit, before, after []float64, noise *Calibration) Comparison {
	c := Comparison{
		Unit:      u.Name,
		Baseline:  NewInterval(before),
		Value:     NewInterval(after),
		P:         profiler.Undefined(),
		PAdjusted: profiler.Undefined(),
	}
	b, a := float64(c.Baseline.Center), float64(c.Value.Center)
	c.Change = profiler.Float(a - b)
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

func percent(x float64) profiler.Float {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return profiler.Undefined()
	}
	return profiler.Float(100 * x)
}

func spread(values []float64) float64 { return slices.Max(values) - slices.Min(values) }

// sortComparisons puts variants in the order of the design, and the primary units first.
func sortComparisons(d profiler.Design, comparisons []Comparison) {
	variant := func(name string) int {
		return slices.IndexFunc(d.Variants, func(v profiler.VariantInfo) bool { return v.Name == name })
	}
	slices.SortFunc(comparisons, func(x, y Comparison) int {
		return cmp.Or(
			cmp.Compare(variant(x.Variant), variant(y.Variant)),
			cmp.Compare(place(d.Primary, x.Unit), place(d.Primary, y.Unit)),
			profiler.CompareUnits(x.Unit, y.Unit),
		)
	})
}

// place returns the position of a unit among the primary ones, after which all others come.
func place(primary []string, unit string) int {
	if i := slices.Index(primary, unit); i >= 0 {
		return i
	}
	return len(primary)
}

// decide gives every comparison its verdict. Those that together selects are judged together,
// as Holm's method has it; the others stand for themselves and carry no headline.
func decide(comparisons []Comparison, together func(Comparison) bool) {
	family := make([]profiler.Float, len(comparisons))
	for i, c := range comparisons {
		family[i] = profiler.Undefined()
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
func verdict(c Comparison, p profiler.Float) Verdict {
	u := profiler.LookupUnit(c.Unit)
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
func inside(c Comparison, u profiler.Unit, change float64) bool {
	if u.Exact || c.spread == 0 && change == 0 {
		return math.Abs(change) <= c.floor
	}
	return -c.floor <= float64(c.ChangeLo) && float64(c.ChangeHi) <= c.floor // false where undefined
}
