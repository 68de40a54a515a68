package report

import (
	"math"
	"strconv"

	"heaplab/profiler"
)

// atMost returns upper bounds of a variant's peaks that are lower bounds, by unit. A bound is undefined if
// it is not known. Other peaks are exact.
func atMost(variant string, runs []profiler.Run) map[string]profiler.Float {
	bounds := map[string]profiler.Float{}
	for i := range runs {
		r := &runs[i]
		if r.Variant != variant || r.Kind != profiler.Measure {
			continue
		}
		if r.Environment["parts"] == "sampled" {
			bounds[profiler.PeakAnon], bounds[profiler.PeakFile] = profiler.Undefined(), profiler.Undefined()
		}
		if inexactPeak(r) {
			bounds[profiler.PeakRSS] = 0
		}
	}
	if _, ok := bounds[profiler.PeakRSS]; !ok {
		return bounds
	}
	for i := range runs {
		if r := &runs[i]; r.Variant == variant && r.Kind == profiler.Measure {
			most := math.Max(float64(bounds[profiler.PeakRSS]), highestPeak(r)) // NaN if one of them is
			bounds[profiler.PeakRSS] = profiler.Float(most)
		}
	}
	return bounds
}

// inexactPeak reports whether the peak RSS of a run is a lower bound.
func inexactPeak(r *profiler.Run) bool {
	return r.Environment["peak"] == "bounded" || r.Environment["peak"] == "sampled"
}

// highestPeak returns the highest possible peak RSS of a run, or NaN if it is not known.
func highestPeak(r *profiler.Run) float64 {
	if inexactPeak(r) {
		most, err := strconv.ParseFloat(r.Environment["peak-at-most"], 64)
		if err != nil {
			return math.NaN()
		}
		return most
	}
	peak, _ := r.Value(profiler.PeakRSS)
	return peak
}

// withdrawLowerBounds makes a verdict unclear if the values are lower bounds and higher values could
// change it. The first variant is the baseline.
func withdrawLowerBounds(variants []VariantReport, comparisons []Comparison) {
	for i := range comparisons {
		c := &comparisons[i]
		for _, v := range variants[1:] {
			if v.Name == c.Variant && c.Verdict != Unclear && !holds(*c, variants[0].AtMost, v.AtMost) {
				c.withdraw(LowerBounds)
				c.Warnings = append(c.Warnings, "some values are lower bounds: higher values could change the verdict")
			}
		}
	}
}

// holds reports whether the verdict of c is the same for all values up to the bounds of the baseline and
// of the variant. A change in one direction holds if only the larger side can be higher, or if the
// smaller side stays smaller at its bound.
func holds(c Comparison, baseline, variant map[string]profiler.Float) bool {
	beforeMost, beforeOpen := baseline[c.Unit]
	afterMost, afterOpen := variant[c.Unit]
	switch {
	case !c.Verdict.differs():
		return !beforeOpen && !afterOpen
	case c.Value.Center < c.Baseline.Center:
		return !afterOpen || float64(c.Baseline.Center-afterMost) > c.floor // false if it is undefined
	default:
		return !beforeOpen || float64(c.Value.Center-beforeMost) > c.floor
	}
}
