package views

import (
	"heaplab/profiler"
	"heaplab/profiler/report"
)

func unitTitle(unit string) string { return profiler.LookupUnit(unit).Title }

// rowNoun is the noun for the rows of a report.
func rowNoun(r report.Report) string {
	if r.Sweep != nil {
		return "value"
	}
	return "row"
}
