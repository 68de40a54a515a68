package words

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
	Minus   = "\u2212"
	Unclear = "~" // stands for a change that is not decided
	None    = "–" // stands for a value that does not exist
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
	Size float64
	name string
}

var (
	ByteScales = []scale{{1 << 40, "TiB"}, {1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}, {1, "B"}}
	TimeScales = []scale{{1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}, {1, "ns"}}
)

// Bytes writes a number of bytes, which may be a fraction where it is per operation.
func Bytes(v float64) string { return scaled(v, ByteScales) }

// Duration writes nanoseconds. From a minute on it writes two units, such as "3 min 12 s".
func Duration(ns float64) string {
	if math.Abs(ns) < 60e9 {
		return scaled(ns, TimeScales)
	}
	sign := ""
	if ns < 0 {
		sign, ns = Minus, -ns
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
func RoundsOf(c profiler.Config) string {
	return Plural(c.Count, "round") + " of " + RoundLength(c.Benchtime)
}

func RoundLength(benchtime string) string {
	if n, err := strconv.Atoi(strings.TrimSuffix(benchtime, "x")); err == nil && strings.HasSuffix(benchtime, "x") {
		return Plural(n, "operation")
	}
	if d, err := time.ParseDuration(benchtime); err == nil {
		return Elapsed(d)
	}
	return Plain(benchtime)
}

// sentence closes a clause as a sentence.
func Sentence(s string) string {
	if s == "" || strings.HasSuffix(s, ".") {
		return UpperFirst(s)
	}
	return UpperFirst(s) + "."
}

func scaled(v float64, scales []scale) string {
	if !Finite(v) {
		return None
	}
	if v == 0 {
		return "0 " + scales[len(scales)-1].name
	}
	s := ScaleOf(v, scales)
	return Figures(v/s.Size) + " " + s.name
}

// scaleOf picks the step for a value so that rounding never shows a full next step, such
// as 1024.0 KiB.
func ScaleOf(v float64, scales []scale) scale {
	for i, s := range scales {
		shown := math.Abs(v) / s.Size
		if i > 0 && shown*s.Size >= scales[i-1].Size-s.Size*0.05 {
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

// Count writes a number without a unit, with its thousands grouped.
func Count(v float64) string {
	if !Finite(v) {
		return None
	}
	return Figures(v)
}

// exactNumber writes a number that somebody chose, with all its digits.
func ExactNumber(v float64) string {
	if v == math.Trunc(v) {
		return Count(v)
	}
	return strings.Replace(strconv.FormatFloat(v, 'f', -1, 64), "-", Minus, 1)
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
		return Minus
	}
	return ""
}

// fixed writes a number that is not negative with so many decimals, its thousands grouped.
func fixed(v float64, decimals int) string {
	whole, fraction, _ := strings.Cut(strconv.FormatFloat(v, 'f', decimals, 64), ".")
	if fraction == "" {
		return Group(whole)
	}
	return Group(whole) + "." + fraction
}

// Group puts commas between the thousands of a row of digits.
func Group(digits string) string {
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
		s = Minus
	}
	switch a := math.Abs(v); {
	case !Finite(v):
		return None
	case a == 0:
		return "0%"
	case a < 0.01 && v < 0:
		return "> " + Minus + "0.01%"
	case a < 0.01:
		return "< +0.01%"
	case a < 0.1:
		return s + strconv.FormatFloat(a, 'f', 2, 64) + "%"
	case v < 0 && a < 100 && a >= 99.95:
		return s + strconv.FormatFloat(math.Floor(a*100)/100, 'f', 2, 64) + "%"
	case a == 100 && v < 0:
		return s + "100%"
	case a >= 1000:
		return s + Group(strconv.FormatFloat(a, 'f', 0, 64)) + "%"
	default:
		return s + strconv.FormatFloat(a, 'f', 1, 64) + "%"
	}
}

// Times writes a ratio in three figures, such as "12.3 ×" or "1.00 ×". All of its digits
// count: of a ratio, unlike of a number of things, no zero goes without saying.
func Times(ratio float64) string {
	a := math.Abs(ratio)
	switch {
	case !Finite(ratio):
		return None
	case a < 1e-3:
		return Figures(ratio) + " ×"
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(a, 'e', 2, 64), 64) // FormatFloat wrote it
	decimals := max(0, 2-int(math.Floor(math.Log10(rounded))))
	return sign(ratio) + fixed(a, decimals) + " ×"
}

// Share writes a part of one in percent, without a sign.
func Share(v float64) string {
	return strings.Replace(strconv.FormatFloat(v*100, 'f', 1, 64), "-", "−", 1) + "%"
}

// evenly writes two numbers with the decimals of the one that needs more of them.
func Evenly(a, b float64) (string, string) {
	x, y := Figures(a), Figures(b)
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
func Percentage(v float64) string {
	if v != 0 && math.Abs(v) < 0.01 {
		return "0.01%, or less"
	}
	return Figures(v) + "%"
}

// Date writes a moment for people; the zero time is a dash.
func Date(t time.Time) string {
	if t.IsZero() {
		return None
	}
	return t.UTC().Format("2 Jan 2006, 15:04 UTC")
}

func MachineTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

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

func Finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// plural writes a number with its noun.
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Group(strconv.Itoa(n)) + " " + noun + "s"
}

// Noun returns the title of a unit as it is written within a sentence.
func Noun(unit string) string {
	title := strings.ReplaceAll(profiler.LookupUnit(unit).Title, "per op", "per operation")
	if title == unit || len(title) > 1 && strings.ToUpper(title[:2]) == title[:2] {
		return title
	}
	return strings.ToLower(title[:1]) + title[1:]
}

// UpperFirst returns s with its first letter in upper case.
func UpperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// List joins words as a sentence does.
func List(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
	return strings.Join(words, "")
}

// Task describes one run of an experiment whose plan has that many rounds, such as
// "measure float32, round 2 of 6".
func Task(t profiler.Task, rounds int) string {
	text := string(t.Kind) + " " + t.Variant
	if t.Row != "" {
		text += " at " + t.Row
	}
	if t.Kind == profiler.Measure {
		text += fmt.Sprintf(", round %d of %d", t.Round+1, rounds)
	}
	return text
}
