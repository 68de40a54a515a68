package words

import (
	"math"
	"strconv"
	"strings"
)

// Figures writes a number with at least three significant figures, or two if it is below 0.1. Only 0
// is written as "0".
func Figures(v float64) string {
	a := math.Abs(v)
	switch {
	case a == 0:
		return "0"
	case a < 1e-4 || a >= 1e15:
		return sign(v) + scientific(a)
	case a < 0.1:
		return sign(v) + strconv.FormatFloat(a, 'f', 1-int(math.Floor(math.Log10(a))), 64)
	case a == math.Trunc(a):
		return sign(v) + Group(strconv.FormatFloat(a, 'f', 0, 64))
	case a < 10:
		return sign(v) + strconv.FormatFloat(a, 'f', 2, 64)
	case a < 1000:
		return sign(v) + strconv.FormatFloat(a, 'f', 1, 64)
	}
	return sign(v) + Group(strconv.FormatFloat(a, 'f', 0, 64))
}

// scientific writes a positive number as "1.2e−7".
func scientific(a float64) string {
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(a, 'e', 1, 64), "e")
	n, _ := strconv.Atoi(exponent) // FormatFloat wrote it
	return mantissa + "e" + strings.ReplaceAll(strconv.Itoa(n), "-", Minus)
}

// Count writes a number without a unit, with commas between thousands.
func Count(v float64) string {
	if !Finite(v) {
		return None
	}
	return Figures(v)
}

// ExactNumber writes a number with all its digits.
func ExactNumber(v float64) string {
	if v == math.Trunc(v) {
		return Count(v)
	}
	return strings.Replace(strconv.FormatFloat(v, 'f', -1, 64), "-", Minus, 1)
}

// Percent writes a change in percent with its sign. Only an exact −100 is written as "−100%", and only
// an exact 0 as "0%". A percentage of more than 100 times the base would mislead more than it says.
func Percent(v float64) string {
	s := "+"
	if v < 0 {
		s = Minus
	}
	switch a := math.Abs(v); {
	case !Finite(v):
		return None
	case a == 0:
		return "0%"
	case a < 0.01:
		return "< 0.01%"
	case a < 0.1:
		return s + strconv.FormatFloat(a, 'f', 2, 64) + "%"
	case v < 0 && a < 100 && a >= 99.95:
		return s + strconv.FormatFloat(math.Floor(a*100)/100, 'f', 2, 64) + "%"
	case a == 100 && v < 0:
		return s + "100%"
	case v > 100*(maxRatio-1):
		return overRatio
	case a >= 1000:
		return s + Group(strconv.FormatFloat(a, 'f', 0, 64)) + "%"
	default:
		return s + strconv.FormatFloat(a, 'f', 1, 64) + "%"
	}
}

// Percentage writes a number of percent without a sign, such as a noise floor.
func Percentage(v float64) string {
	a := math.Abs(v)
	switch {
	case a == 0:
		return "0%"
	case a < 0.01: // rounded up
		return sign(v) + "0.01%"
	case a < 0.1:
		return sign(v) + fixed(a, 2) + "%"
	}
	return sign(v) + strings.TrimSuffix(fixed(a, 1), ".0") + "%"
}

// Share writes a share between 0 and 1 in percent, without a plus sign.
func Share(v float64) string {
	if v > 0 && v < 0.0005 {
		return "< 0.1%"
	}
	return strings.Replace(strconv.FormatFloat(v*100, 'f', 1, 64), "-", "−", 1) + "%"
}

// maxRatio is the largest ratio that is written as a number. A larger one says more about a small
// remainder than about a change.
const (
	maxRatio  = 100
	overRatio = "over 100 ×"
)

// Times writes a ratio with three significant figures, such as "12.3 ×" or "1.00 ×". Unlike a count, a
// ratio keeps its trailing zeros.
func Times(ratio float64) string {
	a := math.Abs(ratio)
	switch {
	case !Finite(ratio):
		return None
	case ratio > maxRatio:
		return overRatio
	case a < 1e-3:
		return Figures(ratio) + " ×"
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(a, 'e', 2, 64), 64) // FormatFloat wrote it
	decimals := max(0, 2-int(math.Floor(math.Log10(rounded))))
	return sign(ratio) + fixed(a, decimals) + " ×"
}

// decimals counts the digits after the point of a written number.
func decimals(s string) int {
	_, after, _ := strings.Cut(s, ".")
	return len(after)
}

// fixed writes a non-negative number with that many decimals, and commas between thousands.
func fixed(v float64, decimals int) string {
	whole, fraction, _ := strings.Cut(strconv.FormatFloat(v, 'f', decimals, 64), ".")
	if fraction == "" {
		return Group(whole)
	}
	return Group(whole) + "." + fraction
}

// Group puts commas between thousands in a string of digits.
func Group(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// signOf returns the sign of a change: "+", Minus or "".
func signOf(v float64) string {
	if v > 0 {
		return "+"
	}
	return sign(v)
}

// sign returns Minus for a negative number, otherwise "".
func sign(v float64) string {
	if v < 0 {
		return Minus
	}
	return ""
}

// Finite reports whether v is neither NaN nor infinite.
func Finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
