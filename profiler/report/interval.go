package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// Ends writes the ends of an interval, such as "12.4 to 12.6 MiB". It returns "no spread" if the
// ends are equal, and "" if they are undefined.
func Ends(unit string, iv Interval) string {
	lo, hi := float64(iv.Lo), float64(iv.Hi)
	switch {
	case !words.Finite(lo) || !words.Finite(hi):
		return ""
	case lo == hi:
		return "no spread"
	}
	return words.Range(unit, lo, hi)
}

// ChangeRange writes the interval of a change: in percent, or in the unit itself if percent would
// mislead, see Change. It returns "" if the interval is undefined.
func ChangeRange(c Comparison) string {
	lo, hi := float64(c.DeltaLo), float64(c.DeltaHi)
	if words.Finite(lo) && words.Finite(hi) && inPercent(c, hi) {
		return words.PercentRange(lo, hi)
	}
	return AbsoluteRange(c)
}

// AbsoluteRange writes the interval of a change in its unit, such as "−79.0 to +43.5 ms". It
// returns "" if the interval is undefined.
func AbsoluteRange(c Comparison) string {
	lo, hi := float64(c.ChangeLo), float64(c.ChangeHi)
	if !words.Finite(lo) || !words.Finite(hi) {
		return ""
	}
	return words.SignedRange(c.Unit, lo, hi)
}

// bound writes the largest change that the interval of c allows, such as "±0.3%". It returns "" for
// exact units and for samples without spread.
func bound(c Comparison) string {
	lo, hi := math.Abs(float64(c.DeltaLo)), math.Abs(float64(c.DeltaHi))
	switch {
	case c.Basis == BySize || c.ChangeLo == 0 && c.ChangeHi == 0:
		return ""
	case words.Finite(lo) && words.Finite(hi) && math.Max(lo, hi) <= 100*profiler.LookupUnit(c.Unit).Margin:
		return "±" + words.Percentage(math.Ceil(10*math.Max(lo, hi))/10)
	case c.ChangeLo.Finite() && c.ChangeHi.Finite():
		return "±" + words.Value(c.Unit, math.Max(math.Abs(float64(c.ChangeLo)), math.Abs(float64(c.ChangeHi))))
	}
	return ""
}

// Significance writes why the change of a comparison counts as more than chance, or its p-value, and
// the p-value after Holm's correction if it is larger. Without a p-value, it says so.
func Significance(c Comparison) string {
	p := float64(c.P)
	switch {
	case c.Basis == BySize && c.Verdict.differs():
		return "more than the spread"
	case c.Basis == BySize:
		return "no test needed"
	case c.Basis == ByDistance:
		return "samples far apart"
	case !words.Finite(p):
		return "no test"
	}
	text := pValue(p)
	if adjusted := float64(c.PAdjusted); words.Finite(adjusted) && adjusted > p {
		text += fmt.Sprintf(" (%s after Holm's correction)", strings.TrimPrefix(pValue(adjusted), "p = "))
	}
	return text
}

func pValue(p float64) string {
	if p < 0.001 {
		return "p < 0.001"
	}
	return "p = " + strconv.FormatFloat(p, 'f', 3, 64)
}

// inPercent reports whether a change, or an end of its interval, is written in percent: the baseline
// is not tiny, and the percentage is not huge.
func inPercent(c Comparison, percent float64) bool {
	u := profiler.LookupUnit(c.Unit)
	return u.Quantity != profiler.Share && percent <= maxPercent && math.Abs(float64(c.Baseline.Center)) >= u.MarginAbs
}

// maxPercent is the largest change in percent that is written: a hundredfold.
const maxPercent = 100 * 99
