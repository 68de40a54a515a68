package views

import (
	"cmp"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/heap"
)

// totalTitles name the totals of a profile.
var totalTitles = map[heap.Type]string{
	heap.AllocSpace:   "Allocated bytes",
	heap.AllocObjects: "Allocated objects",
	heap.InuseSpace:   "Bytes in use",
	heap.InuseObjects: "Objects in use",
}

// A total is one sample type of two profiles as a whole. Nothing is decided of it: it has no
// colour.
type total struct {
	Type          heap.Type
	Before, After string
	Change        string // with its sign
	Percent       string // likewise; "new", where there was nothing before
}

// notDecided says of an import what it is not.
const notDecided = "Whole process, not per operation. One profile a side has no spread, so nothing is decided: whether a change is more than chance cannot be told."

// totals are those of the sample types that both profiles have.
func totals(before, after profiler.Summary) []total {
	var all []total
	for _, t := range profiler.Comparable(before, after) {
		if totalTitles[t] == "" { // what follows from the others
			continue
		}
		r := reading{typ: t, per: PerTotal}
		b, a := float64(before.Totals.Of(t)), float64(after.Totals.Of(t))
		out := total{Type: t, Before: r.write(b), After: r.write(a), Change: r.signed(a - b)}
		switch {
		case before.Samples == 0 || after.Samples == 0:
			out.Change, out.Percent = "", none
		case b == 0 && a > 0:
			out.Percent = "new"
		case b == 0:
			out.Percent = "0%"
		default:
			out.Percent = Percent(100 * (a - b) / b)
		}
		all = append(all, out)
	}
	return all
}

// totalsHeadline is the first of the totals in a line: its change, and of what it is one.
func totalsHeadline(r profiler.Report) (change, of string) {
	if sides := summaries(r); len(sides) == 2 {
		for _, t := range totals(sides[0], sides[1]) {
			return t.Percent, " " + strings.ToLower(totalTitles[t.Type]) + ": " + t.Before + " to " + t.After
		}
	}
	return "", "Two profiles"
}

// summaries are those of the two profiles of an import; fewer where they cannot be shown.
func summaries(r profiler.Report) []profiler.Summary {
	var all []profiler.Summary
	for _, p := range r.Profiles {
		if p.Kind == profiler.Imported && p.Fault == "" {
			all = append(all, p.Summary)
		}
	}
	return all
}

// ImportSummary says in a line how the bytes of two imported profiles changed as a whole.
func ImportSummary(sides []profiler.Summary) string {
	if len(sides) != 2 {
		return "The profiles cannot be shown."
	}
	var parts []string
	for _, t := range totals(sides[0], sides[1]) {
		switch t.Type {
		case heap.AllocSpace:
			parts = append(parts, "allocated "+t.Before+" → "+t.After)
		case heap.InuseSpace:
			parts = append(parts, "in use "+t.Before+" → "+t.After)
		}
	}
	return upperFirst(strings.Join(parts, ", ")) + ", whole process."
}

// importCaveats are what the two profiles cannot tell, beside what the report warns of.
func importCaveats(r profiler.Report) []string {
	sentences := []string{"A process that did more work has allocated more: compare processes that did the same."}
	for _, w := range r.Warnings {
		sentences = append(sentences, Plain(w))
	}
	return sentences
}

func fileName(p profiler.ProfileReport) string { return cmp.Or(p.File, "without a name") }

// caseWord is a case's name where its page is linked to.
func caseWord(name string) string {
	if name == profiler.ImportCase {
		return "Imports"
	}
	return Plain(name)
}
