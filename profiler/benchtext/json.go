package benchtext

import (
	"encoding/json"

	"heaplab/profiler"
)

// MarshalJSON writes the numbers that a text shows, with all digits. Those that are undefined are null.
func (c *Cell) MarshalJSON() ([]byte, error) {
	out := cellJSON{
		Values: c.Sample.Values, Center: profiler.Float(c.Summary.Center), Lo: profiler.Float(c.Summary.Lo), Hi: profiler.Float(c.Summary.Hi),
		Warnings: messages(c.Summary.Warnings),
	}
	if c.Comparison != nil {
		out.Comparison = &comparisonJSON{
			Change: c.Change(), P: profiler.Float(c.Comparison.P), Significant: c.Comparison.P <= c.Comparison.Alpha, Warnings: messages(c.Comparison.Warnings),
		}
	}
	return json.Marshal(out)
}

type cellJSON struct {
	Values     []float64       `json:"values"` // in ascending order
	Center     profiler.Float  `json:"center"`
	Lo         profiler.Float  `json:"lo"`
	Hi         profiler.Float  `json:"hi"`
	Warnings   []string        `json:"warnings,omitempty"`
	Comparison *comparisonJSON `json:"vs_base,omitempty"`
}

type comparisonJSON struct {
	Change      profiler.Float `json:"delta_percent"` // also if it is not significant
	P           profiler.Float `json:"p"`
	Significant bool           `json:"significant"`
	Warnings    []string       `json:"warnings,omitempty"`
}

// MarshalJSON writes undefined means as null.
func (m Mean) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Center   profiler.Float `json:"center"`
		Change   profiler.Float `json:"delta_percent"`
		Warnings []string       `json:"warnings,omitempty"`
	}{profiler.Float(m.Center), profiler.Float((m.Ratio - 1) * 100), messages(m.Warnings)})
}

// Change returns the change of the center in percent; it is undefined if the baseline is 0.
func (c *Cell) Change() profiler.Float {
	before, after := c.before, c.Summary.Center
	if after == before {
		return 0
	}
	if before == 0 {
		return profiler.Undefined()
	}
	return profiler.Float((after/before - 1) * 100)
}

func messages(warnings []error) (out []string) {
	for _, w := range warnings {
		out = append(out, w.Error())
	}
	return out
}
