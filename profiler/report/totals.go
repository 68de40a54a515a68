package report

import (
	"strings"

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

// A Total compares one sample type of two whole profiles. It is not tested, so it has no verdict.
type Total struct {
	Type          heap.Type
	Title         string
	Before, After string
	Change        string // with its sign; "" if one of the profiles has no samples
	Percent       string // likewise; "new" if the profile before has 0
}

// NotTested says why the totals of an import have no verdict.
const NotTested = "Whole process, not per operation. With one profile per side there is no spread, so changes are not tested and may be noise."

// Totals compares the sample types that both profiles have.
func Totals(before, after profiler.Summary) []Total {
	var all []Total
	for _, t := range profiler.Comparable(before, after) {
		title := totalTitles[t]
		if title == "" { // churn is computed from the others
			continue
		}
		write := words.Bytes
		if t.CountsObjects() {
			write = words.Count
		}
		b, a := float64(before.Totals.Of(t)), float64(after.Totals.Of(t))
		out := Total{Type: t, Title: title, Before: write(b), After: write(a), Change: write(a - b)}
		if a > b {
			out.Change = "+" + out.Change
		}
		switch {
		case before.Samples == 0 || after.Samples == 0:
			out.Change, out.Percent = "", words.None
		case b == 0 && a > 0:
			out.Percent = "new"
		case b == 0:
			out.Percent = "0%"
		default:
			out.Percent = words.Percent(100 * (a - b) / b)
		}
		all = append(all, out)
	}
	return all
}

// Summaries returns the summaries of an import's two profiles, without those that cannot be read.
func Summaries(r Report) []profiler.Summary {
	var all []profiler.Summary
	for _, p := range r.Profiles {
		if p.Kind == profiler.Imported && p.Fault == "" {
			all = append(all, p.Summary)
		}
	}
	return all
}

// concludeImport returns the change of the first total.
func concludeImport(r Report) Conclusion {
	if sides := Summaries(r); len(sides) == 2 {
		for _, t := range Totals(sides[0], sides[1]) {
			return Conclusion{
				Badge: "Not tested", Lead: t.Percent, Text: NotTested,
				Headline: t.Percent + " " + strings.ToLower(t.Title) + ": " + t.Before + " to " + t.After,
			}
		}
	}
	return Conclusion{Badge: "Not tested", Headline: "The profiles cannot be compared", Text: NotTested}
}
