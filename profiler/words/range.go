package words

import (
	"math"
	"strings"

	"heaplab/profiler"
)

// Range writes an interval of a unit, such as "12.4 to 12.6 MiB".
func Range(unit string, lo, hi float64) string { return valueRange(unit, lo, hi, sign) }

// SignedRange writes an interval of a change in a unit, such as "−79.0 to +43.5 ms".
func SignedRange(unit string, lo, hi float64) string { return valueRange(unit, lo, hi, signOf) }

func valueRange(unit string, lo, hi float64, sign func(float64) string) string {
	if !Finite(lo) || !Finite(hi) {
		return None
	}
	size, suffix := 1.0, ""
	largest := math.Max(math.Abs(lo), math.Abs(hi))
	switch profiler.LookupUnit(unit).Quantity {
	case profiler.Bytes:
		s := ScaleOf(largest, ByteScales)
		size, suffix = s.Size, " "+s.name
	case profiler.Duration:
		s := ScaleOf(largest, TimeScales)
		size, suffix = s.Size, " "+s.name
	case profiler.Seconds:
		s := ScaleOf(largest*1e9, TimeScales)
		size, suffix = s.Size/1e9, " "+s.name
	case profiler.Share:
		size, suffix = 0.01, "%"
	}
	low, high := evenly(math.Abs(lo/size), math.Abs(hi/size))
	return sign(lo) + low + " to " + sign(hi) + high + suffix
}

// evenly writes two numbers, which are not negative, with the same number of decimals: the larger
// number that Figures gives.
func evenly(a, b float64) (string, string) {
	x, y := Figures(a), Figures(b)
	if len(x) > 8 || len(y) > 8 { // scientific, or too small to share decimals
		return x, y
	}
	n := max(decimals(x), decimals(y))
	return fixed(a, n), fixed(b, n)
}

// PercentRange writes an interval of a change in percent, such as "−51.2% to −50.0%". It has more
// decimals if the ends would look the same, or like 0 or −100%.
func PercentRange(lo, hi float64) string {
	if !Finite(lo) || !Finite(hi) {
		return None
	}
	write := func(v float64, decimals int) string {
		text := fixed(math.Abs(v), decimals)
		if strings.Trim(text, "0.") == "" {
			return "0%"
		}
		return signOf(v) + text + "%"
	}
	const most = 4       // decimals
	const least = 0.5e-4 // percent that they can show
	// An end that is not 0 is not written as 0, and one above −100% is not written as −100%.
	rounded := func(v float64, digits int) bool {
		text := write(v, digits)
		return math.Abs(v) >= least && text == "0%" || v > -100 && strings.HasPrefix(text, Minus+"100.")
	}
	digits := 1
	for digits < most && (rounded(lo, digits) || rounded(hi, digits) || lo != hi && write(lo, digits) == write(hi, digits)) {
		digits++
	}
	return write(lo, digits) + " to " + write(hi, digits)
}
