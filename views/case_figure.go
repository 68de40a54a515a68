package views

import (
	"math"

	"heaplab/profiler"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/words"
)

// A memoryFigure shows the predicted memory of each variant for given params.
type memoryFigure struct {
	Title string
	Unit  string // what the bars show
	Bars  []bar
}

// figureUnits are the metrics that a figure can show.
var figureUnits = []struct{ unit, text string }{
	{profiler.LiveHeap, "live heap"},
	{profiler.MarkRSS, "resident at the mark"},
	{profiler.BytesPerOp, "allocated by an operation"},
}

// newMemoryFigure draws the first metric with a predicted difference, or else the first with a
// prediction. It has no bars without predictions.
func newMemoryFigure(c builtin.Case, params map[string]any, title string) memoryFigure {
	p, faults := c.Resolve(params)
	if faults != nil {
		return memoryFigure{}
	}
	predictions := c.Predictions(p)
	var same memoryFigure
	for _, u := range figureUnits {
		f := memoryFigure{Title: title, Unit: u.text}
		f.Bars = append(f.Bars, bar{Variant: c.Baseline().Name, Role: "before", Width: full, Value: words.Share(1)})
		most, differs := 1.0, false
		for _, v := range predictions {
			if v.Unit != u.unit {
				continue
			}
			part := 0.0 // as a share of the baseline
			if v.Ratio.Finite() {
				part = 1 / float64(v.Ratio)
			}
			most, differs = math.Max(most, part), differs || math.Abs(part-1) > 0.01
			role := "after"
			if part > 1.01 {
				role = "over"
			}
			f.Bars = append(f.Bars, bar{Variant: v.Variant, Role: role, Width: full * part, Value: partText(part)})
		}
		if len(f.Bars) == 1 {
			continue
		}
		for i := range f.Bars {
			f.Bars[i].Width = math.Max(f.Bars[i].Width/most, sliver)
		}
		if differs {
			return f
		}
		if same.Bars == nil {
			same = f
		}
	}
	return same
}

// partText writes a value as a share of the baseline.
func partText(part float64) string {
	switch {
	case part == 0:
		return "nothing"
	case math.Abs(part-1) < 0.0005:
		return "the same"
	}
	return words.Share(part)
}

// figures returns the figures of a case's presets.
func (p CasePage) figures() []memoryFigure {
	var out []memoryFigure
	for _, preset := range p.Case.Presets {
		if f := newMemoryFigure(p.Case, preset.Params, preset.Title); len(f.Bars) > 0 {
			out = append(out, f)
		}
	}
	return out
}
