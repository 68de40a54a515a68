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
	return "Functions with the largest change of " + t.Counts
}

// unit names the unit of the values.
func (t functionTable) unit() string {
	switch {
	case !t.Whole:
		return "bytes per op"
	case t.Type == heap.InuseSpace:
		return "bytes in use" + t.per()
	case t.Type == heap.AllocSpace:
		return "bytes allocated" + t.per()
	}
	return t.Counts + t.per()
}

// what describes the values of the table.
func (t functionTable) what() string {
	switch {
	case !t.Whole && !t.WarmUp:
		return "Allocated by the function itself in one operation"
	case !t.Whole:
		return "Allocated by the function itself in one operation after warm-up"
	case t.Type == heap.InuseSpace:
		return "Allocated by the function itself and in use when the profile was written; " + t.scope()
	case t.Type == heap.AllocSpace:
		return "Allocated by the function itself; " + t.scope()
	}
	return words.UpperFirst(t.Counts) + ", of the function itself; " + t.scope()
}

// per says what the values of an import are divided by, or is "".
func (t functionTable) per() string {
	switch t.Reading.per {
	case PerProfile, PerCount, PerSecond:
		return " " + t.Reading.head()
	}
	return ""
}

// scope says what the values cover that are not per operation.
func (t functionTable) scope() string {
	if max(t.Reading.from[0].Merged, t.Reading.from[1].Merged) > 1 {
		if t.Reading.per == PerProfile {
			return "mean of the profiles"
		}
		return "mean of the profiles," + t.per()
	}
	if per := t.per(); per != "" {
		return "whole process," + per
	}
	return "whole process, not per operation"
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

// equalText says how equal a profile is to the runtime's count, if the self-check is passed.
func equalText(c *profiler.SelfCheck) string {
	if d := c.Difference(); d != 0 {
		return "but for " + words.Group(strconv.FormatInt(d, 10)) + " B of the runtime itself"
	}
	return "to the byte"
}
