package views

import (
	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// stackUnits are the metrics of which a report says what each stacked technique does to them.
var stackUnits = []string{profiler.LiveHeap, profiler.BytesPerOp, profiler.PeakRSS}

// A stackRow is a technique of several that are stacked.
type stackRow struct {
	Technique string
	Parts     []stackPart // of stackUnits
}

// A stackPart is what a technique does to a metric: as it was added to those before it, and as it is
// left out of all. Where the two differ, techniques interact.
type stackPart struct {
	Added, Alone           string
	AddedClass, AloneClass string
}

// stackRows are the techniques in the order in which they were added; none where nothing is
// stacked.
func stackRows(r report.Report) []stackRow {
	var rows []stackRow
	if len(r.Variants) == 0 {
		return nil
	}
	before, all := r.Variants[0], report.VariantReport{}
	for _, v := range r.Variants {
		if v.Adds != "" {
			all = v
		}
	}
	for _, v := range r.Variants {
		if v.Adds == "" {
			continue
		}
		row := stackRow{Technique: v.Adds}
		for _, unit := range stackUnits {
			var part stackPart
			part.Added, part.AddedClass = difference(unit, before, v)
			for _, w := range r.Variants {
				if w.Leaves == v.Adds {
					part.Alone, part.AloneClass = difference(unit, w, all)
				}
			}
			row.Parts = append(row.Parts, part)
		}
		rows, before = append(rows, row), v
	}
	return rows
}

// difference is the change of a metric's median from one variant to another, and its colour: grey
// below the metric's stated noise floor.
func difference(unit string, from, to report.VariantReport) (text, class string) {
	a, b := from.Samples[unit], to.Samples[unit]
	if len(a) == 0 || len(b) == 0 {
		return words.None, "same"
	}
	before, after := float64(report.NewInterval(a).Center), float64(report.NewInterval(b).Center)
	u := profiler.LookupUnit(unit)
	switch floor := max(u.FloorAbs, u.Floor*before); {
	case after-before < -floor:
		class = "less"
	case after-before > floor:
		class = "more"
	default:
		class = "same"
	}
	return words.Signed(unit, after-before), class
}
