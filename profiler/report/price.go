package report

import (
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// TimeOf returns the comparison of a variant's time, or nil.
func TimeOf(r Report, after string) *Comparison {
	for _, unit := range profiler.Leads(profiler.RoleTime) {
		if c := r.Comparison(after, unit); c != nil {
			return c
		}
	}
	return nil
}

// isPrice reports whether a saving may cost something in this unit: time, resident memory, or the
// quality of results.
func isPrice(unit string) bool {
	return profiler.IsLead(unit, profiler.RoleTime, profiler.RoleResident, profiler.RoleQuality)
}

// Costs returns the comparisons of a variant that are worse, among the primary metrics and the
// possible prices.
func Costs(r Report, after string) []Comparison {
	var worse []Comparison
	for _, c := range r.Comparisons {
		if c.Variant == after && c.Verdict == Worse && (c.Primary || isPrice(c.Unit)) {
			worse = append(worse, c)
		}
	}
	return worse
}

// price returns the end of a headline, which names the price of the saving: the worse metrics, or
// what is known about time and about primary metrics that may cost something.
func price(r Report, after string, lead *Comparison) string {
	var worse []string
	for _, c := range Costs(r, after) {
		worse = append(worse, Change(c)+" "+words.Noun(c.Unit))
	}
	if len(worse) > 0 {
		return ", at the price of " + words.List(worse)
	}
	var untested, undecided []string
	clause := ""
	if c := TimeOf(r, after); c != nil && !profiler.IsLead(lead.Unit, profiler.RoleTime) {
		switch {
		case c.Verdict == Better:
			clause = ", and " + Change(*c) + " time"
		case c.Verdict == Same:
			clause = ", with no cost in time"
		case c.Reason == TooFewRounds:
			untested = append(untested, "time")
		default:
			undecided = append(undecided, TimeUnknown(*c))
		}
	}
	for _, c := range primaryOf(r.Comparisons, after) {
		switch {
		case !mayCost(c):
		case c.Reason == TooFewRounds:
			untested = append(untested, words.Noun(c.Unit))
		default:
			undecided = append(undecided, words.Noun(c.Unit)+" unclear: "+ChangeRange(c))
		}
	}
	if len(untested) > 0 {
		undecided = append(undecided, words.List(untested)+" not tested")
	}
	if len(undecided) == 0 {
		return clause
	}
	if clause == "" {
		return ", with " + strings.Join(undecided, "; ")
	}
	return clause + "; " + strings.Join(undecided, "; ")
}

// TimeUnknown says what is known about a time that is unclear. Otherwise it returns "".
func TimeUnknown(c Comparison) string {
	switch {
	case c.Verdict != Unclear:
		return ""
	case c.Reason.Incomparable():
		return "times that cannot be compared"
	case c.Reason == TooFewRounds:
		return "time not tested"
	case c.Reason == TooNoisy || wide(c):
		return "time not measurable here: " + ChangeRange(c)
	}
	return "time unclear: " + ChangeRange(c)
}

// wide reports whether the interval of c holds gains and losses of several times the margin.
func wide(c Comparison) bool {
	const times = 4
	return c.DeltaLo < -times*c.Margin && c.DeltaHi > times*c.Margin
}

// mayCost reports whether an unclear metric may have become worse by more than its margin. Time and
// incomparable values have their own words.
func mayCost(c Comparison) bool {
	u := c.unitInfo()
	if c.Verdict != Unclear || c.Reason.Incomparable() || profiler.IsLead(c.Unit, profiler.RoleTime) || u.Role == profiler.RoleQuality {
		return false
	}
	worst := c.DeltaHi
	if u.Better > 0 {
		worst = -c.DeltaLo
	}
	return !worst.Finite() || worst > c.Margin
}
