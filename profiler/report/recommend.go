package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// recommend returns the best variant and the second best. Both improve the leading metric: the first
// primary metric that any variant improves, memory before time. The others are "".
//
// Variants that lose quality come last. The geometric mean of the decided changes of primary metrics,
// time, peak RSS and the first operation decides. Of variants whose means are almost equal, the one
// with the fewest prices is the best, unless another of them is clearly better in a metric and clearly
// worse in none.
func recommend(r Report) (best, runnerUp string) {
	if len(r.Rows) > 0 || len(r.Variants) < 2 {
		return "", ""
	}
	unit := leadingUnit(r)
	var all []candidate
	for _, v := range r.Variants[1:] {
		if c := r.Comparison(v.Name, unit); c != nil && c.Verdict == Better {
			all = append(all, candidate{v.Name, cost(r, v.Name), len(Costs(r, v.Name))})
		}
	}
	best, all = takeBest(r, all)
	runnerUp, _ = takeBest(r, all)
	return best, runnerUp
}

// A candidate is a variant that improves the leading metric.
type candidate struct {
	name   string
	cost   float64
	prices int // metrics that are worse
}

// takeBest returns the best candidate, or "", and the others.
func takeBest(r Report, all []candidate) (name string, others []candidate) {
	if len(all) == 0 {
		return "", nil
	}
	const almost = 1.05 // ratio of costs that are almost equal
	least := slices.MinFunc(all, func(a, b candidate) int { return cmp.Compare(a.cost, b.cost) }).cost
	near := slices.DeleteFunc(slices.Clone(all), func(c candidate) bool { return c.cost > almost*least })
	front := slices.DeleteFunc(slices.Clone(near), func(c candidate) bool {
		return slices.ContainsFunc(near, func(other candidate) bool {
			return other.cost < c.cost && dominates(r, other.name, c.name)
		})
	})
	best := slices.MinFunc(front, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.prices, b.prices), cmp.Compare(a.cost, b.cost))
	})
	return best.name, slices.DeleteFunc(slices.Clone(all), func(c candidate) bool { return c.name == best.name })
}

// dominates reports whether variant a is clearly better than b in a primary metric or a price, and
// clearly worse in none.
func dominates(r Report, a, b string) bool {
	better := false
	for _, c := range between(r, b, a) {
		if c.Verdict == Worse {
			return false
		}
		better = better || c.Verdict == Better
	}
	return better
}

// leadingUnit returns the first primary metric that a variant improves, memory before time, or "".
func leadingUnit(r Report) string {
	unit := ""
	for _, c := range r.Comparisons {
		if !c.Primary || c.Verdict != Better {
			continue
		}
		first := unit == "" || PrimaryIndex(r.Primary, c.Unit) < PrimaryIndex(r.Primary, unit)
		switch isTime := profiler.IsLead(c.Unit, profiler.RoleTime); {
		case unit == "", profiler.IsLead(unit, profiler.RoleTime) && !isTime:
			unit = c.Unit
		case first && (!isTime || profiler.IsLead(unit, profiler.RoleTime)):
			unit = c.Unit
		}
	}
	return unit
}

// ranks reports whether variants are ranked by a unit even if it is not primary: it may be a price, or
// the first operation may do what the others save.
func ranks(unit string) bool { return isPrice(unit) || unit == profiler.FirstOp }

// lostQuality is the cost of a variant that loses quality: more than any geometric mean.
const lostQuality = 1e6

// cost returns the mean ratio of a variant's decided changes. Ratios are limited, so that a metric
// with almost nothing left does not hide the others. Changes that too few rounds could not test count
// as well, because they are the best that is known.
func cost(r Report, variant string) float64 {
	const most = 100
	sum, n, penalty := 0.0, 0, 1.0
	for _, c := range r.Comparisons {
		u := c.unitInfo()
		switch {
		case c.Variant != variant || !c.Primary && !ranks(c.Unit) || u.Role == profiler.RoleArithmetic:
			continue
		case u.Role == profiler.RoleQuality:
			if c.Verdict == Worse && !onlyRounding(r, c) {
				penalty = lostQuality
			}
			continue
		}
		n++
		if c.Verdict.Decided() || c.Reason == TooFewRounds {
			ratio := float64(c.Value.Center / c.Baseline.Center)
			if u.Better > 0 {
				ratio = 1 / ratio
			}
			if ratio >= 0 { // not NaN: 0 of 0
				sum += math.Log(math.Min(math.Max(ratio, 1.0/most), most))
			}
		}
	}
	return penalty * math.Exp(sum/float64(max(n, 1)))
}

// onlyRounding reports whether c is an error of outputs that costs neither accuracy nor loss.
func onlyRounding(r Report, c Comparison) bool {
	accuracy, loss := r.Comparison(c.Variant, profiler.Accuracy), r.Comparison(c.Variant, profiler.Loss)
	kept := func(q *Comparison) bool { return q == nil || q.Verdict != Worse }
	return c.Unit == profiler.MaxAbsErr && (accuracy != nil || loss != nil) && kept(accuracy) && kept(loss)
}

// recommendation names the best of several variants, and how the runner-up differs from it.
func recommendation(r Report, after string) []string {
	best, runnerUp := recommend(r)
	if len(r.Variants) < 3 || best == "" {
		return nil
	}
	of := fmt.Sprintf("of %d", len(r.Variants)-1)
	if slices.Contains(undecidedReasons(primaryOf(r.Comparisons, best)), TooFewRounds) {
		of += " so far"
	}
	if after != best {
		return []string{fmt.Sprintf("The best %s is %s, not %s.", of, words.Plain(best), words.Plain(after))}
	}
	sentences := []string{fmt.Sprintf("Best %s: %s.", of, words.Plain(best))}
	if runnerUp == "" {
		return sentences
	}
	var differences []string
	lead, compared := leadingUnit(r), between(r, best, runnerUp)
	for _, c := range compared {
		before, after := words.Value(c.Unit, float64(c.Baseline.Center)), words.Value(c.Unit, float64(c.Value.Center))
		if before != after && (c.Verdict.Decided() || c.Unit == lead) {
			differences = append(differences, fmt.Sprintf("%s %s instead of %s", words.Noun(c.Unit), after, before))
		}
	}
	switch {
	case len(differences) > 0:
		return append(sentences, fmt.Sprintf("The runner-up is %s: %s.", words.Plain(runnerUp), words.List(differences)))
	case slices.Contains(undecidedReasons(compared), TooFewRounds):
		return append(sentences, fmt.Sprintf("The runner-up is %s; so few rounds cannot tell how much they differ.", words.Plain(runnerUp)))
	}
	return append(sentences, fmt.Sprintf("The runner-up, %s, does not clearly differ.", words.Plain(runnerUp)))
}

// between compares two variants with each other, in the primary metrics and the prices.
func between(r Report, before, after string) []Comparison {
	a, b := r.variant(before), r.variant(after)
	d := profiler.Design{Variants: []profiler.VariantInfo{{Name: before}, {Name: after}}, Primary: r.Primary}
	samples := profiler.Samples{}
	for _, v := range []*VariantReport{a, b} {
		for unit, values := range v.Samples {
			if slices.Contains(r.Primary, unit) || ranks(unit) {
				samples[profiler.Series{Variant: v.Name, Unit: unit}] = values
			}
		}
	}
	compared := compareVariants(d, "", samples, r.Calibration)
	withdrawLowerBounds([]VariantReport{*a, *b}, compared)
	withdrawIncomparable(compared, r.Distrust)
	return compared
}

func (r *Report) variant(name string) *VariantReport {
	for i := range r.Variants {
		if r.Variants[i].Name == name {
			return &r.Variants[i]
		}
	}
	return nil
}
