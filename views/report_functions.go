package views

import (
	"fmt"
	"strconv"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

func (t functionTable) heading() string {
	switch t.Type {
	case heap.InuseSpace:
		return "Functions with the most memory in use"
	case heap.AllocSpace:
		return "Top allocating functions"
	}
	return "Top functions: " + t.Counts
}

// unit names the unit of the values.
func (t functionTable) unit() string {
	switch {
	case !t.Whole:
		return "bytes per op"
	case t.Type == heap.InuseSpace:
		return "bytes in use"
	case t.Type == heap.AllocSpace:
		return "bytes allocated"
	}
	return t.Counts
}

// what describes the values of the table.
func (t functionTable) what() string {
	switch {
	case !t.Whole:
		return "Allocated by the function itself in one operation after warm-up"
	case t.Type == heap.InuseSpace:
		return "Allocated by the function itself and in use when the profile was written; whole process, not per operation"
	case t.Type == heap.AllocSpace:
		return "Allocated by the function itself; whole process, not per operation"
	}
	return words.UpperFirst(t.Counts) + " by the function itself; whole process, not per operation"
}

func selfChecks(r report.Report) []report.ProfileReport {
	var checks []report.ProfileReport
	for _, p := range r.Profiles {
		if p.Kind == profiler.Allocs && p.SelfCheck != nil {
			checks = append(checks, p)
		}
	}
	return checks
}

// totalClass returns the class of the total, which has a colour only if it has a number.
func totalClass(row topRow) string {
	if row.Chip == words.None {
		return "same"
	}
	return row.Class
}

func sortKey(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func moreFunctions(t functionTable) string {
	text := fmt.Sprintf("%s with smaller changes are not shown", words.Plural(t.More, "function"))
	if t.More == 1 {
		text = "One function with a smaller change is not shown"
	}
	if t.MoreDelta != 0 {
		text += "; together they change by " + t.Reading.signedCell(t.MoreDelta)
	}
	return text + "."
}
