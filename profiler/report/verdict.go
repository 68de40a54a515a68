package report

import (
	"math"
	"slices"

	"heaplab/profiler"
)

// A Verdict is the outcome of a comparison. Verdicts are part of the API.
type Verdict string

const (
	Better  Verdict = "better"
	Worse   Verdict = "worse"
	Changed Verdict = "changed" // differs in a unit of which neither less nor more is better
	Same    Verdict = "same"    // any change is too small to matter: its whole interval lies within the margin
	Unclear Verdict = "unclear" // none of these; the Reason says why
	Mixed   Verdict = "mixed"   // only of a whole experiment: better in one metric and worse in another
)

// Decided reports whether v is Better or Worse.
func (v Verdict) Decided() bool { return v == Better || v == Worse }

// differs reports whether v says that the samples differ.
func (v Verdict) differs() bool { return v.Decided() || v == Changed }

// A Reason says why a comparison is Unclear. Reasons are part of the API.
type Reason string

const (
	TooFewRounds   Reason = "rounds"      // no result of so few rounds could be significant
	TooNoisy       Reason = "noise"       // the measured noise floor is above the margin
	WithinFloor    Reason = "floor"       // the change is significant, but not larger than the noise floor
	WithinSpread   Reason = "spread"      // of an exact unit: the change is not larger than the spread of the samples
	NotSignificant Reason = "interval"    // the interval holds both no change and a change that matters
	UnevenLoad     Reason = "load"        // the machine was busier during one variant than during another
	RunsDiffer     Reason = "conditions"  // the runs had different environments
	OtherRounds    Reason = "experiments" // times of different experiments, whose runs did not take turns
	LowerBounds    Reason = "bounds"      // some values are lower bounds, and higher ones could change the verdict
)

// Incomparable reports whether the values must not be compared, whatever they are.
func (r Reason) Incomparable() bool { return r == UnevenLoad || r == RunsDiffer || r == OtherRounds }

// A Basis is the rule by which a change counts as more than chance.
type Basis string

const (
	ByTest     Basis = "test"     // the U test, after Holm's correction
	BySize     Basis = "exact"    // the values of the unit hardly ever vary: the change exceeds their spread
	ByDistance Basis = "disjoint" // the values hardly varied: the samples are disjoint and far apart
)

const (
	// farApart is how many times the spread of each sample the change must be for ByDistance.
	farApart = 100

	// minDistanceRounds is the least number of values on each side for ByDistance.
	//
	// Suppose that nothing changed. Two samples can still be disjoint with spreads of a hundredth of
	// their distance, if the values fall in two narrow clusters and every value of one side falls in the
	// other cluster than those of the other side. With clusters of probability p and q this happens
	// with probability 2(pq)ⁿ, at most 2/4ⁿ: 3.1% for three rounds, 0.8% for four. Holm's correction
	// does not apply to it.
	minDistanceRounds = 3
)

// basis returns the rule for two samples of a unit. Only sizes of memory in use can be far apart. Times
// drift, so values taken one after the other can form clusters; counts are often equal by chance.
func basis(u profiler.Unit, before, after []float64) Basis {
	switch {
	case u.Exact:
		return BySize
	case u.Role != profiler.RoleLive && u.Role != profiler.RoleResident, u.Quantity != profiler.Bytes, min(len(before), len(after)) < minDistanceRounds:
		return ByTest
	}
	change := math.Abs(median(after) - median(before))
	if change > 0 && farApart*max(spread(before), spread(after)) <= change {
		return ByDistance
	}
	return ByTest
}

// decide sets the verdict of every comparison. It adjusts the p-values of those in the family by
// Holm's method; the others keep their p-values and never appear in a headline.
func decide(comparisons []Comparison, inFamily func(Comparison) bool) {
	family := make([]profiler.Float, len(comparisons))
	size := 0 // comparisons in the family, also those without a p-value
	for i, c := range comparisons {
		family[i] = profiler.Undefined()
		if inFamily(c) {
			family[i] = c.P
			if c.Basis != BySize {
				size++
			}
		}
	}
	adjusted := holm(family)
	for i := range comparisons {
		c := &comparisons[i]
		p, tests := c.P, 1
		if inFamily(*c) {
			p, tests = adjusted[i], size
			c.PAdjusted = adjusted[i]
		}
		c.judge(p, tests)
	}
}

// judge sets the verdict of c. The adjusted p-value p comes from a family of that many tests.
//
// A change is better or worse if it is larger than the noise floor and more than chance. The samples
// are the same if the whole interval of the change lies within the margin, whatever the noise floor
// is.
func (c *Comparison) judge(p profiler.Float, tests int) {
	u := c.unitInfo()
	change := float64(c.Value.Center - c.Baseline.Center)
	significant := c.Basis == ByDistance || p.Finite() && p < 1-confidence
	if c.Basis == BySize {
		significant = math.Abs(change) > c.spread
	}
	switch {
	case significant && math.Abs(change) > c.floor:
		c.Verdict = directed(change * float64(u.Better))
	case c.withinMargin():
		c.Verdict = Same
	default:
		c.Verdict, c.Reason = Unclear, c.reason(significant, change, tests)
		if c.Reason == TooFewRounds {
			c.NeedsRounds = roundsFor(tests)
		}
	}
}

// directed returns the verdict about a gain: positive if it is better, 0 if neither is.
func directed(gain float64) Verdict {
	switch {
	case gain > 0:
		return Better
	case gain < 0:
		return Worse
	}
	return Changed
}

// withinMargin reports whether a change and its interval lie within the margin. The interval of an
// exact unit is the spread of its samples. Three equal values on each side need no interval, unless the
// unit is coarse.
func (c *Comparison) withinMargin() bool {
	change := math.Abs(float64(c.Value.Center - c.Baseline.Center))
	switch {
	case change > c.margin || c.unitInfo().Step > c.margin:
		return false
	case c.Basis == BySize:
		return c.spread <= c.margin
	case c.spread == 0 && change == 0:
		return min(c.Baseline.N, c.Value.N) >= minDistanceRounds
	}
	return -c.margin <= float64(c.ChangeLo) && float64(c.ChangeHi) <= c.margin // false if they are undefined
}

// reason returns why c is unclear.
func (c *Comparison) reason(significant bool, change float64, tests int) Reason {
	switch {
	case c.Basis == BySize && !significant:
		return WithinSpread
	case significant:
		return WithinFloor
	case -c.floor <= float64(c.ChangeLo) && float64(c.ChangeHi) <= c.floor && !(c.FloorMeasured && c.floor > c.margin):
		return WithinFloor
	case maxComparisons(min(c.Baseline.N, c.Value.N)) < tests:
		return TooFewRounds
	case c.FloorMeasured && c.floor > c.margin && math.Abs(change) <= c.floor:
		return TooNoisy
	}
	return NotSignificant
}

// withdraw makes c unclear for a reason that lies outside its samples.
func (c *Comparison) withdraw(reason Reason) {
	c.Verdict, c.Reason, c.NeedsRounds = Unclear, reason, 0
}

// withdrawIncomparable withdraws the verdicts that a warning says not to trust.
func withdrawIncomparable(comparisons []Comparison, d Distrust) {
	for i := range comparisons {
		c := &comparisons[i]
		switch {
		case d.All:
			c.withdraw(RunsDiffer)
		case d.Times && profiler.LookupUnit(c.Unit).IsTime():
			c.withdraw(UnevenLoad)
		}
	}
}

// undecidedReasons returns the reasons of the unclear comparisons, each once.
func undecidedReasons(comparisons []Comparison) []Reason {
	var out []Reason
	for _, c := range comparisons {
		if c.Verdict == Unclear && !slices.Contains(out, c.Reason) {
			out = append(out, c.Reason)
		}
	}
	return out
}
