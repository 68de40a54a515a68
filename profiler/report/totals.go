package report

import (
	"cmp"
	"math"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/words"
)

// totalTitles holds the titles of the totals of a profile.
var totalTitles = map[heap.Type]string{
	heap.AllocSpace:   "Allocated bytes",
	heap.AllocObjects: "Allocated objects",
	heap.InuseSpace:   "Bytes in use",
	heap.InuseObjects: "Objects in use",
}

// A Total compares one sample type of two sides. Without rounds it is not tested, so it has no verdict.
type Total struct {
	Type          heap.Type // "" for the growth of the memory in use
	Title         string
	Before, After string
	Change        string // with its sign; "" if one of the profiles has no samples
	Margin        string // sampling error of the change, such as "± 814 KiB", or ""
	Percent       string // like Change; "new" if the profile before has 0
	Noise         bool   // sampling alone may explain the change

	Comparison *Comparison // of the rounds; nil without them

	per    string  // what the values are divided by, such as " per request", or ""
	weight float64 // see changeWeight
}

// NotTested says why the totals of an import with one profile per side have no verdict.
const NotTested = "With one profile per side there is no spread, so changes are not tested and may be noise."

// Totals compares the sample types that both sides have. The values are those of one profile: the medians
// of rounds, divided by the divisor of the report.
func Totals(r Report) []Total {
	sides := Sides(r)
	if len(sides) != 2 {
		return nil
	}
	before, after := sides[0], sides[1]
	var all []Total
	for _, t := range profiler.Comparable(before.Summary, after.Summary) {
		if totalTitles[t] != "" { // churn is computed from the others
			all = append(all, newTotal(r, t, before, after))
		}
	}
	if b, a := before.Summary.Growth, after.Summary.Growth; b != nil && a != nil {
		all = append(all, Total{
			Title:  "Change of bytes in use",
			Before: words.Signed(profiler.LiveHeap, float64(b.Space)/float64(max(before.Merged, 1))),
			After:  words.Signed(profiler.LiveHeap, float64(a.Space)/float64(max(after.Merged, 1))),
		})
	}
	return all
}

func newTotal(r Report, t heap.Type, before, after ProfileReport) Total {
	write := words.Bytes
	if t.CountsObjects() {
		write = words.Count
	}
	suffix := Suffix(r.Divisor, t)
	out := Total{
		Type: t, Title: cmp.Or(words.Plain(before.Summary.TypeNames.Own(t)), totalTitles[t]),
		Comparison: r.Comparison(after.Variant, profiler.TypeUnit(t)), per: r.perText(t),
	}
	b, a := before.total(t, r.Divisor), after.total(t, r.Divisor)
	margin := differenceError(r, t, before.totalError(t, r.Divisor), after.totalError(t, r.Divisor))
	if c := out.Comparison; c != nil { // the spread of rounds includes the sampling
		b, a, margin = float64(c.Baseline.Center), float64(c.Value.Center), 0
	}
	out.Before, out.After, out.Change = write(b)+suffix, write(a)+suffix, write(a-b)+suffix
	out.weight = changeWeight(b, a, margin)
	if a > b {
		out.Change = "+" + out.Change
	}
	if margin > 0 {
		out.Margin, out.Noise = "± "+write(margin)+suffix, math.Abs(a-b) <= margin
	}
	switch {
	case before.Summary.Samples == 0 || after.Summary.Samples == 0:
		out.Change, out.Percent, out.Margin, out.Noise = "", words.None, "", false
	case b == 0 && a > 0:
		out.Percent = "new"
	case b == 0:
		out.Percent = "0%"
	default:
		out.Percent = words.Percent(100 * (a - b) / b)
	}
	return out
}

// total returns a total of one profile of a side, divided.
func (p *ProfileReport) total(t heap.Type, d *profiler.Divisor) float64 {
	return float64(p.Summary.Totals.Of(t)) / float64(max(p.Merged, 1)) / d.Of(p.Variant, t)
}

// totalError returns the sampling error of total.
func (p *ProfileReport) totalError(t heap.Type, d *profiler.Divisor) float64 {
	return p.Summary.Errors().Of(t) / float64(max(p.Merged, 1)) / d.Of(p.Variant, t)
}

// differenceError returns the sampling error of a difference, given those of the values. What a process had allocated
// when the first of two profiles was taken is a part of what it had allocated at the second.
func differenceError(r Report, t heap.Type, before, after float64) float64 {
	if Apart(r) > 0 && heap.Accumulates(t) {
		return math.Sqrt(max(after*after-before*before, 0))
	}
	return math.Hypot(before, after)
}

// Sides returns the two profiles of an import, without those that cannot be read.
func Sides(r Report) []ProfileReport {
	var all []ProfileReport
	for _, p := range r.Profiles {
		if p.Kind == profiler.Imported && p.Fault == "" {
			all = append(all, p)
		}
	}
	return all
}
