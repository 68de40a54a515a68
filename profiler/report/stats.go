package report

import (
	"math"
	"slices"
	"sort"

	"heaplab/profiler"

	"github.com/aclements/go-moremath/stats"
	"golang.org/x/perf/benchmath"
)

// confidence is the level of every interval. The significance level of every test is 1 − confidence.
const confidence = 0.95

// IntervalRounds is the smallest number of values whose median has an interval at this level.
const IntervalRounds = 6

// NewInterval returns the median of a sample and its distribution-free interval, as benchstat
// computes them. For fewer than IntervalRounds values the ends are undefined.
func NewInterval(values []float64) Interval {
	if len(values) == 0 {
		return Interval{Center: profiler.Undefined(), Lo: profiler.Undefined(), Hi: profiler.Undefined()}
	}
	s := benchmath.AssumeNothing.Summary(sample(values), confidence)
	i := Interval{Center: profiler.Float(s.Center), Lo: profiler.Float(s.Lo), Hi: profiler.Float(s.Hi), N: len(values)}
	if !i.Lo.Finite() || !i.Hi.Finite() { // an interval that is open on one side is useless
		i.Lo, i.Hi = profiler.Undefined(), profiler.Undefined()
	}
	return i
}

// sample copies values, because benchmath sorts them in place.
func sample(values []float64) *benchmath.Sample {
	return benchmath.NewSample(slices.Clone(values), &benchmath.DefaultThresholds)
}

// uTest returns the p-value of the Mann-Whitney U test, with benchstat's warnings. It is undefined
// for fewer than four values on a side, because no result could be significant.
func uTest(before, after []float64) (p profiler.Float, warnings []string) {
	if slices.Equal(sample(before).Values, sample(after).Values) {
		return 1, nil
	}
	if min(len(before), len(after)) < 4 {
		return profiler.Undefined(), nil
	}
	if len(before) > exactLimit || len(after) > exactLimit {
		return profiler.Float(approximateP(before, after)), nil
	}
	c := benchmath.AssumeNothing.Compare(sample(before), sample(after))
	for _, w := range c.Warnings {
		warnings = append(warnings, w.Error())
	}
	return profiler.Float(c.P), warnings
}

// shift returns a 95% confidence interval of the change from before to after: the Hodges-Lehmann
// interval over all pairwise differences, which agrees with the U test (Hollander, Wolfe, Chicken:
// Nonparametric Statistical Methods, 3rd ed., 4.3). The ends are undefined if the samples are too
// small.
func shift(before, after []float64) (lo, hi profiler.Float) {
	return pairwise(before, after, func(b, a float64) float64 { return a - b })
}

// relativeShift is shift relative to before. It uses all pairwise ratios, which is the interval of
// the logarithms. It is also undefined if a value of before is not positive.
func relativeShift(before, after []float64) (lo, hi profiler.Float) {
	if len(before) == 0 || slices.Min(before) <= 0 {
		return profiler.Undefined(), profiler.Undefined()
	}
	return pairwise(before, after, func(b, a float64) float64 { return a/b - 1 })
}

// changeInterval returns the interval of the change in the unit. It is relativeShift times the median of
// before, so that both are the same interval, or shift if that is undefined.
func changeInterval(before, after []float64) (lo, hi profiler.Float) {
	lo, hi = relativeShift(before, after)
	if !lo.Finite() || !hi.Finite() {
		return shift(before, after)
	}
	center := profiler.Float(median(before))
	return lo * center, hi * center
}

// pairwise sorts the changes of all pairs and cuts off as many at both ends as the U test allows.
func pairwise(before, after []float64, change func(before, after float64) float64) (lo, hi profiler.Float) {
	k := criticalRank(len(before), len(after))
	if k == 0 {
		return profiler.Undefined(), profiler.Undefined()
	}
	changes := make([]float64, 0, len(before)*len(after))
	for _, b := range before {
		for _, a := range after {
			changes = append(changes, change(b, a))
		}
	}
	slices.Sort(changes)
	return profiler.Float(changes[k-1]), profiler.Float(changes[len(changes)-k])
}

// exactLimit is the largest sample size for which the distribution of U is computed exactly. The
// library's own limit is 50, but then a single p-value takes a second. Above 15, the normal
// approximation is within 0.003 of the exact p-value near the significance level, see
// TestApproximateP.
const exactLimit = 15

// approximateP returns the p-value of the two-sided U test by the normal approximation, with the
// corrections for ties and for continuity.
func approximateP(before, after []float64) float64 {
	u := 0.0
	for _, b := range before {
		for _, a := range after {
			switch {
			case b > a:
				u++
			case b == a:
				u += 0.5
			}
		}
	}
	equal := map[float64]float64{} // number of times that each value occurs
	for _, v := range slices.Concat(before, after) {
		equal[v]++
	}
	ties := 0.0
	for _, t := range equal {
		ties += t*t*t - t
	}
	n1, n2 := float64(len(before)), float64(len(after))
	n := n1 + n2
	sd := math.Sqrt(n1 * n2 / 12 * (n + 1 - ties/(n*(n-1))))
	if sd == 0 { // all values are equal
		return 1
	}
	distance := max(math.Abs(u-n1*n2/2)-0.5, 0)
	return math.Erfc(distance / sd / math.Sqrt2)
}

// criticalRank returns the rank, from 1, of the pairwise change at which the interval ends, counted
// from either side. It returns 0 if the samples are too small for an interval.
func criticalRank(n1, n2 int) int {
	if n1 > exactLimit || n2 > exactLimit {
		mean := float64(n1*n2) / 2
		sd := math.Sqrt(float64(n1*n2*(n1+n2+1)) / 12)
		return max(int(mean-1.959964*sd), 0)
	}
	u := stats.UDist{N1: n1, N2: n2}
	return sort.Search(n1*n2, func(k int) bool { return u.CDF(float64(k)) > (1-confidence)/2 })
}

// holm adjusts the p-values of a family of comparisons by Holm's step-down method (Holm, 1979, "A
// simple sequentially rejective multiple test procedure"). Undefined p-values do not count.
func holm(ps []profiler.Float) []profiler.Float {
	order := make([]int, 0, len(ps))
	adjusted := slices.Clone(ps)
	for i, p := range ps {
		if p.Finite() {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(i, j int) int {
		switch {
		case ps[i] < ps[j]:
			return -1
		case ps[i] > ps[j]:
			return 1
		}
		return 0
	})
	var highest profiler.Float
	for rank, i := range order {
		highest = max(highest, min(ps[i]*profiler.Float(len(order)-rank), 1))
		adjusted[i] = highest
	}
	return adjusted
}

// smallestP returns the smallest p-value that the U test can give for n values on each side:
// 2 / C(2n, n).
func smallestP(n int) float64 {
	ways := 1.0
	for i := 1; i <= n; i++ {
		ways *= float64(n+i) / float64(i)
	}
	return min(2/ways, 1)
}

// maxComparisons returns the largest family of comparisons that n values on each side can decide.
// Holm's method compares the smallest p-value with 5% divided by the size of the family. In a
// larger family no comparison can be significant, however large the changes are.
func maxComparisons(n int) int {
	return int(min((1-confidence)/smallestP(n)*(1+1e-12), math.MaxInt32))
}
