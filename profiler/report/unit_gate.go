package report

import (
	"fmt"
	"strings"

	"heaplab/profiler/words"
)

// ParseUnitGates parses conditions about metrics, separated by commas, such as "B/op>+5%,allocs/op>+0". Their form is
// that of ParseGate with the unit of a metric in place of a sample type.
func ParseUnitGates(text string) ([]Gate, error) {
	var gates []Gate
	for part := range strings.SplitSeq(text, ",") {
		g, err := parseUnitGate(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		gates = append(gates, g)
	}
	return gates, nil
}

func parseUnitGate(text string) (Gate, error) {
	const example = "such as B/op>+5% or allocs/op>+0"
	g := Gate{Text: text}
	op := strings.IndexAny(text, "<>")
	if op < 0 {
		return g, fmt.Errorf("%q: expected > or <, %s", text, example)
	}
	g.Less = text[op] == '<'
	if g.Unit = strings.TrimSpace(text[:op]); g.Unit == "" || strings.ContainsAny(g.Unit, " \t") {
		return g, fmt.Errorf("%q: expected the unit of a metric, %s", text, example)
	}
	return g.parseLimit(strings.TrimSpace(text[op+1:]), func(_ int, message string) (Gate, error) {
		return g, fmt.Errorf("%q: %s, %s", text, message, example)
	})
}

// JudgeUnit applies a condition about a metric to each variant and row of a report. A change that the verdict does not
// call a difference never holds. It returns an error if the report does not compare the metric.
func (g Gate) JudgeUnit(r Report) ([]Outcome, error) {
	var outcomes []Outcome
	for _, c := range r.Comparisons {
		if c.Unit != g.Unit {
			continue
		}
		before, after := float64(c.Baseline.Center), float64(c.Value.Center)
		text := fmt.Sprintf("%s: %s to %s", words.Plain(strings.TrimSpace(c.Row+" "+c.Variant)), words.Value(c.Unit, before), words.Value(c.Unit, after))
		if change := Change(c); change != "" {
			text += ", " + change
		}
		text += ", " + g.verdict(c, before, after)
		outcomes = append(outcomes, Outcome{Gate: g, Holds: g.holds(before, after, 0, &c), Text: text})
	}
	if len(outcomes) == 0 {
		return nil, fmt.Errorf("%q cannot be judged: the report compares no %s", g.Text, g.Unit)
	}
	return outcomes, nil
}
