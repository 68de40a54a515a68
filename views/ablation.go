package views

import (
	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// ablationUnits are the metrics in the table of techniques.
var ablationUnits = profiler.Leads(profiler.RoleLive, profiler.RoleChurn, profiler.RoleResident)

// An ablationRow is one of several techniques.
type ablationRow struct {
	Technique string
	Effects   []ablationEffect // of ablationUnits
}

// An ablationEffect is the effect of a technique on a metric: when it is added to the techniques before it, and
// when it alone is left out. If the two differ, techniques interact.
type ablationEffect struct {
	Added, Alone           string
	AddedClass, AloneClass string
}

// ablationRows returns the techniques in the order in which they were added, or nil if variants do not differ by one technique.
func ablationRows(r report.Report) []ablationRow {
	var rows []ablationRow
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
		row := ablationRow{Technique: v.Adds}
		for _, unit := range ablationUnits {
			var part ablationEffect
			part.Added, part.AddedClass = difference(unit, before, v)
			for _, w := range r.Variants {
				if w.Leaves == v.Adds {
					part.Alone, part.AloneClass = difference(unit, w, all)
				}
			}
			row.Effects = append(row.Effects, part)
		}
		rows, before = append(rows, row), v
	}
	return rows
}

// difference returns the change of a metric's median between two variants, and its class. A change below
// the metric's default noise floor is grey.
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
