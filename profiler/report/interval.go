package report

import (
	"strconv"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// Ends writes the ends of an interval in the scale of its centre, such as "[12.4, 12.6]". It
// returns "no spread" if the ends are equal, and "" if they are undefined.
func Ends(unit string, iv Interval) string {
	lo, hi := float64(iv.Lo), float64(iv.Hi)
	if !words.Finite(lo) || !words.Finite(hi) {
		return ""
	}
	if lo == hi {
		return "no spread"
	}
	var size float64 = 1
	switch profiler.LookupUnit(unit).Quantity {
	case profiler.Bytes:
		size = words.ScaleOf(float64(iv.Center), words.ByteScales).Size
	case profiler.Duration:
		size = words.ScaleOf(float64(iv.Center), words.TimeScales).Size
	case profiler.Seconds:
		size = words.ScaleOf(float64(iv.Center)*1e9, words.TimeScales).Size / 1e9
	case profiler.Share:
		size = 0.01
	}
	low, high := words.Evenly(lo/size, hi/size)
	return "[" + low + ", " + high + "]"
}

// Significance writes the p-value of a comparison, and the p-value after Holm's correction if it
// is larger. Without a p-value, it says why there is none.
func Significance(c Comparison) string {
	p := float64(c.P)
	switch {
	case profiler.LookupUnit(c.Unit).Exact:
		return "exact"
	case !words.Finite(p):
		return "no test"
	}
	text := pValue(p)
	if adjusted := float64(c.PAdjusted); words.Finite(adjusted) && adjusted > p {
		text += ", by Holm " + strings.TrimPrefix(pValue(adjusted), "p = ")
	}
	return text
}

func pValue(p float64) string {
	if p < 0.001 {
		return "p < 0.001"
	}
	return "p = " + strconv.FormatFloat(p, 'f', 3, 64)
}
