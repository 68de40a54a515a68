package report

import (
	"cmp"
	"math"
	"slices"

	"heaplab/profiler"
)

// compareVariants compares every variant of d with the baseline in one row, in every unit that both
// have. The primary units come first, then the others in the order of reports. The calibration
// may be nil.
func compareVariants(d profiler.Design, row string, samples profiler.Samples, noise *Calibration) []Comparison {
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
			comparison := compare(d.Unit(unit), before, after, noise)
			comparison.shareRuntime(d.Ops(row))
			comparison.Variant, comparison.Row, comparison.Primary = v.Name, row, slices.Contains(d.Primary, unit)
			out = append(out, comparison)
		}
	}
	sortComparisons(d, out)
	decide(out, func(c Comparison) bool { return c.Primary })
	return out
}

// compare computes everything except the verdict, which depends on the other comparisons.
func compare(u profiler.Unit, before, after []float64, noise *Calibration) Comparison {
	c := Comparison{
		Unit:      u.Name,
		unit:      u,
		Baseline:  NewInterval(before),
		Value:     NewInterval(after),
		P:         profiler.Undefined(),
		PAdjusted: profiler.Undefined(),
	}
	b, a := float64(c.Baseline.Center), float64(c.Value.Center)
	c.Basis = basis(u, before, after)
	c.Change = profiler.Float(a - b)
	c.Delta = percent((a - b) / b)
	lo, hi := relativeShift(before, after)
	c.DeltaLo, c.DeltaHi = percent(float64(lo)), percent(float64(hi))
	c.ChangeLo, c.ChangeHi = changeInterval(before, after)
	c.spread = max(spread(before), spread(after))
	relative, measured := noise.floor(u)
	c.floor = max(relative*math.Abs(b), u.FloorAbs)
	c.FloorMeasured = measured && c.floor > u.FloorAbs
	c.Floor = percent(c.floor / math.Abs(b))
	c.margin = max(u.Margin*math.Abs(b), u.MarginAbs)
	c.Margin = percent(c.margin / math.Abs(b))
	if !u.Exact {
		c.P, c.Warnings = uTest(before, after)
	}
	return c
}

// unitInfo returns the unit of a comparison.
func (c *Comparison) unitInfo() profiler.Unit {
	if c.unit.Name == "" {
		return profiler.LookupUnit(c.Unit)
	}
	return c.unit
}

func percent(x float64) profiler.Float {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return profiler.Undefined()
	}
	return profiler.Float(100 * x)
}

func spread(values []float64) float64 { return slices.Max(values) - slices.Min(values) }

// sortComparisons sorts by variant, in the order of the design. The primary units come first.
func sortComparisons(d profiler.Design, comparisons []Comparison) {
	variant := func(name string) int {
		return slices.IndexFunc(d.Variants, func(v profiler.VariantInfo) bool { return v.Name == name })
	}
	slices.SortFunc(comparisons, func(x, y Comparison) int {
		return cmp.Or(
			cmp.Compare(variant(x.Variant), variant(y.Variant)),
			cmp.Compare(PrimaryIndex(d.Primary, x.Unit), PrimaryIndex(d.Primary, y.Unit)),
			profiler.CompareUnits(x.Unit, y.Unit),
		)
	})
}

// PrimaryIndex returns the index of a unit among the primary units. Other units come after them.
func PrimaryIndex(primary []string, unit string) int {
	if i := slices.Index(primary, unit); i >= 0 {
		return i
	}
	return len(primary)
}
