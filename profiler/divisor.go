package profiler

import (
	"slices"
	"strings"

	"heaplab/profiler/heap"
)

// A Divisor makes profiles comparable that cover different amounts of work: their values are divided by
// a count of that work.
type Divisor struct {
	Unit   string             `json:"unit" doc:"what is counted, such as requests or seconds"`
	Counts map[string]float64 `json:"counts" doc:"how many of them each profile of a variant covers"`
	Stated bool               `json:"stated,omitempty" doc:"the profiles state the counts themselves: they are their mean durations"`
}

// SecondsUnit is the unit of a Divisor by time.
const SecondsUnit = "seconds"

// timeUnits lists units of time that users may write.
var timeUnits = []string{SecondsUnit, "second", "sec", "secs", "s", "minutes", "minute", "min", "hours", "hour", "h", "milliseconds", "ms"}

// Divides reports whether values of type t are divided. Memory in use is a state, so it is not divided by
// time.
func (d *Divisor) Divides(t heap.Type) bool {
	if d == nil {
		return false
	}
	inUse := t == heap.InuseSpace || t == heap.InuseObjects
	return !inUse || !slices.Contains(timeUnits, strings.ToLower(d.Unit))
}

// Of returns the number by which a value of type t of one profile of a variant is divided: 1 if it is not.
func (d *Divisor) Of(variant string, t heap.Type) float64 {
	if count := d.count(variant); count > 0 && d.Divides(t) {
		return count
	}
	return 1
}

func (d *Divisor) count(variant string) float64 {
	if d == nil {
		return 0
	}
	return d.Counts[variant]
}

// Singular returns the unit of d for use after "per", such as "request". It is "" without a divisor.
func (d *Divisor) Singular() string {
	if d == nil {
		return ""
	}
	switch unit := d.Unit; {
	case len(unit) < 4 || strings.HasSuffix(unit, "ss"): // such as "ms"
		return unit
	case strings.HasSuffix(unit, "ies"):
		return strings.TrimSuffix(unit, "ies") + "y"
	case strings.HasSuffix(unit, "sses"), strings.HasSuffix(unit, "ches"), strings.HasSuffix(unit, "xes"):
		return strings.TrimSuffix(unit, "es")
	default:
		return strings.TrimSuffix(unit, "s")
	}
}
