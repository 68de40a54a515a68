package report

import (
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
// what is known about time.
func price(r Report, after string, lead *Comparison) string {
	var worse []string
	for _, c := range Costs(r, after) {
		worse = append(worse, Change(c)+" "+words.Noun(c.Unit))
	}
	if len(worse) > 0 {
		return ", at the price of " + words.List(worse)
	}
	if c := TimeOf(r, after); c != nil && !profiler.IsLead(lead.Unit, profiler.RoleTime) {
		return timePrice(*c)
	}
	return ""
}

// timePrice says what is known about time, if it is not worse. Only a whole interval within the
// margin is "no cost".
func timePrice(c Comparison) string {
	switch {
	case c.Verdict == Better:
		return ", and " + Change(c) + " time"
	case c.Verdict == Same:
		return ", with no cost in time"
	case c.Reason.Incomparable():
		return ", with times that cannot be compared"
	case ChangeRange(c) == "":
		return ", with time not tested"
	case c.Reason == TooNoisy || undecidable(c):
		return ", with time not measurable here: " + ChangeRange(c)
	}
	return ", with time undecided: " + ChangeRange(c)
}

// undecidable reports whether the interval of c is so wide that it holds gains and losses of several
// times the margin.
func undecidable(c Comparison) bool {
	const times = 4
	return c.DeltaLo < -times*c.Margin && c.DeltaHi > times*c.Margin
}
