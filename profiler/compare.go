package profiler

import (
	"cmp"
	"fmt"
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
// the primary units first, then the others in the order in which reports show them.
func Compare(c *Case, samples Samples) []Comparison {
	baseline := samples[c.Baseline().Name]
	out := []Comparison{}
	for _, v := range c.Variants[1:] {
		for unit, after := range samples[v.Name] {
			before := baseline[unit]
			if len(before) == 0 {
				continue
			}
			comparison := compare(LookupUnit(unit), before, after)
			comparison.Variant, comparison.Primary = v.Name, slices.Contains(c.Primary, unit)
			out = append(out, comparison)
		}
	}
	sortComparisons(c, out)
	decide(out)
	return out
}

// compare computes all but the verdict, which takes all comparisons together.
func compare(u Unit, before, after []float64) Comparison {
	c := Comparison{
		Unit:     u.Name,
		Baseline: NewInterval(before),
		Value:    NewInterval(after),
		P:        Undefined(),
	}
	b, a := float64(c.Baseline.Center), float64(c.Value.Center)
	c.Delta = percent((a - b) / b)
	lo, hi := changeInterval(before, after)
	c.DeltaLo, c.DeltaHi = percent(float64(lo)), percent(float64(hi))
	c.floor = noiseFloor(u, before, after)
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

// noiseFloor is the change, in the unit itself, below which nothing is claimed. Of an exact
// unit it is at least what the samples themselves spread.
func noiseFloor(u Unit, before, after []float64) float64 {
	floor := max(u.Floor*math.Abs(median(before)), u.FloorAbs)
	if u.Exact {
		floor = max(floor, spread(before), spread(after))
	}
	return floor
}

func median(values []float64) float64 { return float64(NewInterval(values).Center) }

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

// decide gives every comparison its verdict. The primary ones are judged together, as
// Holm's method has it; the others stand for themselves and carry no headline.
func decide(comparisons []Comparison) {
	primary := make([]Float, len(comparisons))
	for i, c := range comparisons {
		primary[i] = Undefined()
		if c.Primary {
			primary[i] = c.P
		}
	}
	adjusted := holm(primary)
	for i := range comparisons {
		c := &comparisons[i]
		p := c.P
		if c.Primary {
			p = adjusted[i]
		}
		c.Verdict = verdict(*c, p)
	}
}

// verdict decides a comparison whose p-value, adjusted, is p.
//
// Exact units are decided by whether the change is larger than the floor. Of the others a
// change is better or worse where it is significant and larger than the floor, and the same
// where its whole interval lies inside the floor.
func verdict(c Comparison, p Float) string {
	u := LookupUnit(c.Unit)
	change := float64(c.Value.Center - c.Baseline.Center)
	over := math.Abs(change) > c.floor
	switch {
	case u.Better == 0:
		return Unclear
	case u.Exact && !over:
		return Same
	case over && (u.Exact || p.Finite() && p < 1-confidence):
		if change*float64(u.Better) > 0 {
			return Better
		}
		return Worse
	case inside(c):
		return Same
	}
	return Unclear
}

// inside reports whether the interval of the change lies inside ± the noise floor.
func inside(c Comparison) bool {
	if !c.DeltaLo.Finite() || !c.DeltaHi.Finite() {
		// Without an interval of the change, only values that never moved are the same.
		return c.Baseline == c.Value && c.Baseline.Lo == c.Baseline.Hi
	}
	return -c.Floor <= c.DeltaLo && c.DeltaHi <= c.Floor
}

// Decides says in sentences what count runs a side can decide about c.
func Decides(c *Case, count int) []string {
	exact, tested := 0, 0
	for _, unit := range c.Primary {
		if LookupUnit(unit).Exact {
			exact++
		} else {
			tested += len(c.Variants) - 1
		}
	}
	var out []string
	if exact > 0 {
		out = append(out, "Bytes and allocations per operation are counted exactly: one round decides them.")
	}
	if tested == 0 {
		return out
	}
	can := Decidable(count)
	switch {
	case count < 4:
		out = append(out, fmt.Sprintf("%d rounds cannot decide times and sizes, whatever they show: that takes at least 4.", count))
	case can < tested:
		out = append(out, fmt.Sprintf("%d rounds can decide %d of the %d comparisons of times and sizes: the smallest p-value they can give is %.2g, and the %d are judged together.", count, can, tested, SmallestP(count), tested))
	default:
		out = append(out, fmt.Sprintf("%d rounds can decide all %d comparisons of times and sizes, if the change is larger than the noise.", count, tested))
	}
	if count < 6 {
		out = append(out, "Confidence intervals need at least 6 rounds.")
	}
	return out
}
