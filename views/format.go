package views

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"heaplab/profiler"
)

const (
	minus   = "\u2212"
	unclear = "~" // stands for a change that is not decided
	none    = "–" // stands for a value that does not exist
)

// Value writes a value of a unit for people, such as "12.5 KiB" or "18.4 µs".
func Value(unit string, v float64) string {
	switch profiler.LookupUnit(unit).Quantity {
	case profiler.Bytes:
		return Bytes(v)
	case profiler.Duration:
		return Duration(v)
	case profiler.Seconds:
		return Duration(v * 1e9)
	case profiler.Share:
		return Share(v)
	}
	return Count(v)
}

// Signed writes a change of a unit, always with its sign. Shares change by points.
func Signed(unit string, v float64) string {
	if profiler.LookupUnit(unit).Quantity == profiler.Share {
		return signOf(v) + strconv.FormatFloat(math.Abs(100*v), 'f', 1, 64) + " points"
	}
	if v > 0 {
		return "+" + Value(unit, v)
	}
	return Value(unit, v)
}

// scale is a step of a quantity: the values from size on are written in it.
type scale struct {
	size float64
	name string
}

var (
	byteScales = []scale{{1 << 40, "TiB"}, {1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}, {1, "B"}}
	timeScales = []scale{{1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}, {1, "ns"}}
)

// Bytes writes a number of bytes, which may be a fraction where it is per operation.
func Bytes(v float64) string { return scaled(v, byteScales) }

// Duration writes nanoseconds. From a minute on it writes two units, such as "3 min 12 s".
func Duration(ns float64) string {
	if math.Abs(ns) < 60e9 {
		return scaled(ns, timeScales)
	}
	sign := ""
	if ns < 0 {
		sign, ns = minus, -ns
	}
	s := int64(math.Round(ns / 1e9))
	if s < 3600 {
		return sign + twoUnits(s, 60, "min", "s")
	}
	return sign + twoUnits(s/60, 60, "h", "min")
}

func twoUnits(n, size int64, large, small string) string {
	if n%size == 0 {
		return fmt.Sprintf("%d %s", n/size, large)
	}
	return fmt.Sprintf("%d %s %d %s", n/size, large, n%size, small)
}

// Elapsed writes a time that passed on a clock: whole seconds from ten on.
func Elapsed(d time.Duration) string {
	if d >= 10*time.Second {
		d = d.Round(time.Second)
		if d < time.Minute {
			return fmt.Sprintf("%d s", d/time.Second)
		}
	}
	return Duration(float64(d))
}

// About writes an estimate of a time: nobody knows it to a tenth of a second.
func About(d time.Duration) string {
	return Elapsed(max(d.Round(time.Second), time.Second))
}

// roundsOf writes how often and how long each variant was measured. A benchtime that ends
// in x is a number of operations, as testing has it.
func roundsOf(c profiler.Config) string {
	return plural(c.Count, "round") + " of " + roundLength(c.Benchtime)
}

func roundLength(benchtime string) string {
	if n, err := strconv.Atoi(strings.TrimSuffix(benchtime, "x")); err == nil && strings.HasSuffix(benchtime, "x") {
		return plural(n, "operation")
	}
	if d, err := time.ParseDuration(benchtime); err == nil {
		return Elapsed(d)
	}
	return Plain(benchtime)
}

// sentence closes a clause as a sentence.
func sentence(s string) string {
	if s == "" || strings.HasSuffix(s, ".") {
		return upperFirst(s)
	}
	return upperFirst(s) + "."
}

func scaled(v float64, scales []scale) string {
	if !finite(v) {
		return none
	}
	if v == 0 {
		return "0 " + scales[len(scales)-1].name
	}
	s := scaleOf(v, scales)
	return figures(v/s.size) + " " + s.name
}

// scaleOf picks the step for a value so that rounding never shows a full next step, such
// as 1024.0 KiB.
func scaleOf(v float64, scales []scale) scale {
	for i, s := range scales {
		shown := math.Abs(v) / s.size
		if i > 0 && shown*s.size >= scales[i-1].size-s.size*0.05 {
			return scales[i-1]
		}
		if shown >= 1 {
			return s
		}
	}
	return scales[len(scales)-1]
}

// figures writes a number in three figures or more, or two of a small one. What is not 0
// is never written as 0.
func figures(v float64) string {
	a := math.Abs(v)
	switch {
	case a == 0:
		return "0"
	case a < 1e-4 || a >= 1e15:
		return sign(v) + scientific(a)
	case a < 0.1:
		return sign(v) + strconv.FormatFloat(a, 'f', 1-int(math.Floor(math.Log10(a))), 64)
	case a == math.Trunc(a):
		return sign(v) + group(strconv.FormatFloat(a, 'f', 0, 64))
	case a < 10:
		return sign(v) + strconv.FormatFloat(a, 'f', 2, 64)
	case a < 1000:
		return sign(v) + strconv.FormatFloat(a, 'f', 1, 64)
	}
	return sign(v) + group(strconv.FormatFloat(a, 'f', 0, 64))
}

// scientific writes a positive number as "1.2e−7".
func scientific(a float64) string {
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(a, 'e', 1, 64), "e")
	n, _ := strconv.Atoi(exponent) // FormatFloat wrote it
	return mantissa + "e" + strings.ReplaceAll(strconv.Itoa(n), "-", minus)
}

// Count writes a number without a unit, with its thousands grouped.
func Count(v float64) string {
	if !finite(v) {
		return none
	}
	return figures(v)
}

// exactNumber writes a number that somebody chose, with all its digits.
func exactNumber(v float64) string {
	if v == math.Trunc(v) {
		return Count(v)
	}
	return strings.Replace(strconv.FormatFloat(v, 'f', -1, 64), "-", minus, 1)
}

// signOf is the sign of a change, of what is more too.
func signOf(v float64) string {
	if v > 0 {
		return "+"
	}
	return sign(v)
}

func sign(v float64) string {
	if v < 0 {
		return minus
	}
	return ""
}

// fixed writes a number that is not negative with so many decimals, its thousands grouped.
func fixed(v float64, decimals int) string {
	whole, fraction, _ := strings.Cut(strconv.FormatFloat(v, 'f', decimals, 64), ".")
	if fraction == "" {
		return group(whole)
	}
	return group(whole) + "." + fraction
}

// group puts commas between the thousands of a row of digits.
func group(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Percent writes a change in percent with its sign. "−100%" is written only of what is
// gone, and "0%" only of what is equal.
func Percent(v float64) string {
	s := "+"
	if v < 0 {
		s = minus
	}
	switch a := math.Abs(v); {
	case !finite(v):
		return none
	case a == 0:
		return "0%"
	case a < 0.01 && v < 0:
		return "> " + minus + "0.01%"
	case a < 0.01:
		return "< +0.01%"
	case a < 0.1:
		return s + strconv.FormatFloat(a, 'f', 2, 64) + "%"
	case v < 0 && a < 100 && a >= 99.95:
		return s + strconv.FormatFloat(math.Floor(a*100)/100, 'f', 2, 64) + "%"
	case a == 100 && v < 0:
		return s + "100%"
	case a >= 1000:
		return s + group(strconv.FormatFloat(a, 'f', 0, 64)) + "%"
	default:
		return s + strconv.FormatFloat(a, 'f', 1, 64) + "%"
	}
}

// Times writes a ratio in three figures, such as "12.3 ×" or "1.00 ×". All of its digits
// count: of a ratio, unlike of a number of things, no zero goes without saying.
func Times(ratio float64) string {
	a := math.Abs(ratio)
	switch {
	case !finite(ratio):
		return none
	case a < 1e-3:
		return figures(ratio) + " ×"
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(a, 'e', 2, 64), 64) // FormatFloat wrote it
	decimals := max(0, 2-int(math.Floor(math.Log10(rounded))))
	return sign(ratio) + fixed(a, decimals) + " ×"
}

// Share writes a part of one in percent, without a sign.
func Share(v float64) string {
	return strings.Replace(strconv.FormatFloat(v*100, 'f', 1, 64), "-", "−", 1) + "%"
}

// Ends writes the ends of an interval in the scale of its centre, such as "[12.4, 12.6]",
// "no spread" where the values do not differ, and nothing where it is not defined.
func Ends(unit string, iv profiler.Interval) string {
	lo, hi := float64(iv.Lo), float64(iv.Hi)
	if !finite(lo) || !finite(hi) {
		return ""
	}
	if lo == hi {
		return "no spread"
	}
	var size float64 = 1
	switch profiler.LookupUnit(unit).Quantity {
	case profiler.Bytes:
		size = scaleOf(float64(iv.Center), byteScales).size
	case profiler.Duration:
		size = scaleOf(float64(iv.Center), timeScales).size
	case profiler.Seconds:
		size = scaleOf(float64(iv.Center)*1e9, timeScales).size / 1e9
	case profiler.Share:
		size = 0.01
	}
	low, high := evenly(lo/size, hi/size)
	return "[" + low + ", " + high + "]"
}

// evenly writes two numbers with the decimals of the one that needs more of them.
func evenly(a, b float64) (string, string) {
	x, y := figures(a), figures(b)
	if strings.Contains(x+y, "e") {
		return x, y
	}
	n := max(decimals(x), decimals(y))
	return sign(a) + fixed(math.Abs(a), n), sign(b) + fixed(math.Abs(b), n)
}

// decimals counts the digits after the point of a written number.
func decimals(s string) int {
	_, after, _ := strings.Cut(s, ".")
	return len(after)
}

// percentage writes a share that is given in percent, such as a noise floor.
func percentage(v float64) string {
	if v != 0 && math.Abs(v) < 0.01 {
		return "0.01%, or less"
	}
	return figures(v) + "%"
}

// Significance writes the p-value of a comparison, also as Holm adjusts it where it was judged
// together with others, or why there is none.
func Significance(c profiler.Comparison) string {
	p := float64(c.P)
	switch {
	case profiler.LookupUnit(c.Unit).Exact:
		return "exact"
	case !finite(p):
		return "no test"
	}
	text := pValue(p)
	if adjusted := float64(c.PAdjusted); finite(adjusted) && adjusted > p {
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

// Date writes a moment for people; the zero time is a dash.
func Date(t time.Time) string {
	if t.IsZero() {
		return none
	}
	return t.UTC().Format("2 Jan 2006, 15:04 UTC")
}

func machineTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Plain shows a text from outside as it is: characters that are invisible or that turn
// the reading direction appear as escapes.
func Plain(s string) string {
	return escape(s, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) })
}

// PlainLines is Plain for texts of several lines.
func PlainLines(s string) string {
	return escape(s, func(r rune) bool {
		return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r))
	})
}

func escape(s string, hidden func(rune) bool) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, hidden) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && s[i] != 0xef:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case hidden(r):
			q := strconv.QuoteRuneToASCII(r)
			b.WriteString(q[1 : len(q)-1])
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// plural writes a number with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return group(strconv.Itoa(n)) + " " + noun + "s"
}
