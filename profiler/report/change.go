package report

import (
	"math"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// Change writes the change of a comparison: in percent, or in the unit itself if the baseline is
// 0 or tiny, if the value is more than a hundred times the baseline, or if the unit is a share.
func Change(c Comparison) string {
	delta := float64(c.Value.Center - c.Baseline.Center)
	switch {
	case c.Delta.Finite() && inPercent(c, float64(c.Delta)):
		return words.Percent(float64(c.Delta))
	case delta == 0:
		return "0%"
	}
	return words.Signed(c.Unit, delta)
}

// CenterText writes the median of a variant. It never writes "0" allocations if bytes were
// allocated, because a median of 0 then hides a fraction.
func CenterText(r Report, variant, unit string, iv Interval) string {
	if unit == profiler.AllocsPerOp && iv.Center == 0 && bytesPerOp(r, variant) > 0 {
		return "< 1"
	}
	return words.Value(unit, float64(iv.Center))
}

func bytesPerOp(r Report, variant string) float64 {
	for _, c := range r.Comparisons {
		switch {
		case c.Unit != profiler.BytesPerOp:
		case c.Variant == variant:
			return float64(c.Value.Center)
		case len(r.Variants) > 0 && r.Variants[0].Name == variant:
			return float64(c.Baseline.Center)
		}
	}
	return 0
}

// BaselineName returns the name of the baseline, for use in a sentence.
func BaselineName(r Report) string {
	if len(r.Variants) == 0 {
		return "the baseline"
	}
	return words.Plain(r.Variants[0].Name)
}

// observedRatio returns the baseline divided by the variant. It is infinite if only the variant is
// 0, and NaN if both are.
func observedRatio(c Comparison) float64 {
	b, v := float64(c.Baseline.Center), float64(c.Value.Center)
	if v == 0 && b > 0 {
		return math.Inf(1)
	}
	return b / v
}
