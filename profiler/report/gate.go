package report

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/words"
)

// A Gate is a condition under which a check fails: of an import, such as "inuse_space>+5%", or of a metric, such as
// "B/op>+5%".
type Gate struct {
	Text     string // as written
	Unit     string // of the metric; "" of an import
	Function string // whose own values it is about; "" for the whole profile
	Type     heap.Type
	Less     bool    // fails below the limit, not above
	Change   bool    // the limit is about the change, not about the value after it
	Percent  bool    // the limit is in percent of the value before
	Limit    float64 // of a change: its size, without a sign
}

// gateTypes are the sample types that a Gate can be about.
var gateTypes = []heap.Type{heap.InuseSpace, heap.AllocSpace, heap.InuseObjects, heap.AllocObjects}

const gateExample = "such as inuse_space>+5% or alloc_space>64MiB"

// ParseGate parses a condition:
//
//	[func:NAME ]TYPE>[+]LIMIT   fails if the value after, or with + or % its growth, is above the limit
//	[func:NAME ]TYPE<[-]LIMIT   fails if the value after, or with - or % its decrease, is beyond the limit
//
// TYPE is a sample type such as inuse_space. LIMIT is a percentage such as 5%, a size such as 64MiB, or a
// number of objects. The error names the position of the first fault.
func ParseGate(text string) (Gate, error) {
	g := Gate{Text: text}
	fault := func(at int, format string, args ...any) (Gate, error) {
		return g, fmt.Errorf("%q, at character %d: %s, %s", text, len([]rune(text[:at]))+1, fmt.Sprintf(format, args...), gateExample)
	}
	op := strings.LastIndexAny(text, "<>") // the name of a function may have others
	if op < 0 {
		return fault(len(text), "expected > or <")
	}
	g.Less = text[op] == '<'
	subject := strings.TrimRight(text[:op], " ")
	at := len(subject) - len(strings.TrimLeft(subject, " "))
	if name, ok := strings.CutPrefix(subject[at:], "func:"); ok {
		space := strings.LastIndexByte(name, ' ')
		if space < 0 {
			return fault(len(subject), "expected a sample type after the function")
		}
		at += len("func:") + space + 1
		if g.Function = strings.TrimSpace(name[:space]); g.Function == "" {
			return fault(at, "expected a function after func:")
		}
	}
	if g.Type = heap.Type(subject[at:]); !slices.Contains(gateTypes, g.Type) {
		return fault(at, "expected %s", typeList())
	}
	at = op + 1 + len(text[op+1:]) - len(strings.TrimLeft(text[op+1:], " "))
	return g.parseLimit(strings.TrimRight(text[at:], " "), func(offset int, message string) (Gate, error) { return fault(at+offset, "%s", message) })
}

// limitPattern matches a limit. Its groups are the sign, the number and the unit.
var limitPattern = regexp.MustCompile(`^([+-]?)([0-9]{1,18}(?:\.[0-9]{1,9})?) ?(%|[KMGT]iB|B)?`)

// parseLimit parses what follows the operator.
func (g Gate) parseLimit(text string, fault func(offset int, message string) (Gate, error)) (Gate, error) {
	parts := limitPattern.FindStringSubmatch(text)
	if parts == nil {
		return fault(0, "expected a limit")
	}
	sign, unit := parts[1], parts[3]
	switch {
	case len(parts[0]) < len(text):
		return fault(len(parts[0]), fmt.Sprintf("%q is not part of a limit", text[len(parts[0]):]))
	case sign == "-" && !g.Less:
		return fault(0, "a limit after > is an increase, which has no minus")
	case sign == "+" && g.Less:
		return fault(0, "a limit after < is a decrease, which has no plus")
	case unit != "" && unit != "%" && g.Type.CountsObjects():
		return fault(len(parts[0])-len(unit), "objects have no unit")
	}
	limit, err := strconv.ParseFloat(parts[2], 64)
	if err != nil {
		return fault(len(sign), "expected a number")
	}
	g.Percent = unit == "%"
	g.Change = g.Percent || sign != ""
	g.Limit = limit * map[string]float64{"": 1, "%": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}[unit]
	return g, nil
}

func typeList() string {
	var names []string
	for _, t := range gateTypes[1:] {
		names = append(names, string(t))
	}
	return string(gateTypes[0]) + ", " + words.List(names)
}

// An Outcome says whether the condition of a Gate holds, and why.
type Outcome struct {
	Gate  Gate
	Holds bool   // the check fails
	Text  string // the values
}

// Judge applies a condition to an import. It returns an error if the profiles lack what the condition is
// about.
func (g Gate) Judge(r Report) (Outcome, error) {
	sides := Sides(r)
	switch {
	case len(sides) != 2:
		return Outcome{}, fmt.Errorf("%q cannot be judged: one of the profiles cannot be read", g.Text)
	case !slices.Contains(profiler.Comparable(sides[0].Summary, sides[1].Summary), g.Type):
		return Outcome{}, fmt.Errorf("%q cannot be judged: one of the sides has no %s", g.Text, g.Type)
	}
	var values [2]float64
	var errors [2]float64 // of the values, by sampling
	var c *Comparison
	found := false
	for i, p := range sides {
		if g.Function == "" {
			values[i], errors[i] = p.total(g.Type, r.Divisor), p.totalError(g.Type, r.Divisor)
			continue
		}
		name := g.Function
		if i == 0 {
			name = sides[1].nameBefore(name)
		}
		f, listed := p.function(name)
		if found = found || listed; !listed && p.Summary.Omitted > 0 {
			return Outcome{}, fmt.Errorf("%q cannot be judged: the report lists only the %d functions with the most bytes, and %q of %s is not among them",
				g.Text, len(p.Summary.Functions), name, p.Variant)
		}
		by := float64(max(p.Merged, 1)) * r.Divisor.Of(p.Variant, g.Type)
		values[i], errors[i] = float64(f.Flat.Of(g.Type))/by, f.FlatError.Of(g.Type)/by
	}
	margin := differenceError(r, g.Type, errors[0], errors[1])
	if g.Function == "" {
		c = r.Comparison(sides[1].Variant, profiler.TypeUnit(g.Type))
	}
	if c != nil {
		values, margin = [2]float64{float64(c.Baseline.Center), float64(c.Value.Center)}, 0
	}
	if g.Function != "" && !found {
		return Outcome{}, fmt.Errorf("%q cannot be judged: neither profile has the function %q", g.Text, g.Function)
	}
	return Outcome{Gate: g, Holds: g.holds(values[0], values[1], margin, c), Text: g.text(r, values, margin, c)}, nil
}

// holds judges two values. A change must be larger than its sampling error, margin. Of rounds, c is their
// comparison: a change holds only if the verdict is that the sides differ, and a limit of the value only if the
// whole interval is beyond it, or without an interval, the median.
func (g Gate) holds(before, after, margin float64, c *Comparison) bool {
	if !g.Change {
		if c != nil && c.Value.Lo.Finite() && c.Value.Hi.Finite() {
			after = float64(c.Value.Lo)
			if g.Less {
				after = float64(c.Value.Hi)
			}
		}
		return g.Less && after < g.Limit || !g.Less && after > g.Limit
	}
	return g.exceeded(before, after) && math.Abs(after-before) > margin && (c == nil || c.Verdict.differs())
}

// exceeded reports whether a change is larger than the limit, in the direction of the condition.
func (g Gate) exceeded(before, after float64) bool {
	grown, limit := after-before, g.Limit
	if g.Less {
		grown = -grown
	}
	if g.Percent {
		limit *= before / 100
	}
	return grown > limit
}

// text writes the values.
func (g Gate) text(r Report, values [2]float64, margin float64, c *Comparison) string {
	write, suffix := words.Bytes, Suffix(r.Divisor, g.Type)
	if g.Type.CountsObjects() {
		write = words.Count
	}
	text := write(values[0]) + suffix + " to " + write(values[1]) + suffix
	if values[0] > 0 {
		text += ", " + words.Percent(100*(values[1]-values[0])/values[0])
	}
	if margin > 0 {
		text += " (± " + write(margin) + suffix + ")"
	}
	if c != nil {
		text += ", " + g.verdict(*c, values[0], values[1])
	}
	return text
}

// verdict writes the verdict of a comparison, and why a change beyond the limit does not fail the check.
func (g Gate) verdict(c Comparison, before, after float64) string {
	text := string(c.Verdict)
	switch {
	case c.Verdict == Unclear:
		text += " (" + undecidedReason(c) + ")"
	case c.Verdict == Same && g.Change && g.exceeded(before, after) && c.Margin.Finite():
		text += fmt.Sprintf(" (within the margin of %s)", words.Percentage(float64(c.Margin)))
	}
	return text
}

// nameBefore returns the name before of a function, which may have been joined with one of another name.
func (p *ProfileReport) nameBefore(name string) string {
	for _, j := range p.Joined {
		if j.Name == name && j.Was != "" {
			return j.Was
		}
	}
	return name
}

// function returns a function in the sum of a side's profiles, if the summary lists it.
func (p *ProfileReport) function(name string) (f heap.Function, listed bool) {
	for _, f := range p.Summary.Functions {
		if f.Name == name {
			return f, true
		}
	}
	return f, false
}
