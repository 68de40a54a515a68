package report

import (
	"cmp"
	"math"
	"slices"
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
	Margin        string // sampling error of the change, such as "± 814 KiB", or ""
	Percent       string // like Change; "new" if the profile before has 0
	Noise         bool   // sampling alone may explain the change

	weight float64 // see changeWeight
}

// NotTested says why the totals of an import have no verdict.
const NotTested = "Whole process, not per operation. With one profile per side there is no spread, so changes are not tested and may be noise."

// Totals compares the sample types that both profiles have.
func Totals(before, after profiler.Summary) []Total {
	var all []Total
	for _, t := range profiler.Comparable(before, after) {
		title := cmp.Or(before.TypeNames.Own(t), totalTitles[t])
		if title == "" { // churn is computed from the others
			continue
		}
		write := words.Bytes
		if t.CountsObjects() {
			write = words.Count
		}
		b, a := float64(before.Totals.Of(t)), float64(after.Totals.Of(t))
		margin := math.Hypot(before.Errors().Of(t), after.Errors().Of(t))
		out := Total{
			Type: t, Title: title, Before: write(b), After: write(a), Change: write(a - b),
			Noise: margin > 0 && math.Abs(a-b) <= margin, weight: changeWeight(b, a, margin),
		}
		if a > b {
			out.Change = "+" + out.Change
		}
		if margin > 0 {
			out.Margin = "± " + write(margin)
		}
		switch {
		case before.Samples == 0 || after.Samples == 0:
			out.Change, out.Percent, out.Margin, out.Noise = "", words.None, "", false
		case b == 0 && a > 0:
			out.Percent = "new"
		case b == 0:
			out.Percent = "0%"
		default:
			out.Percent = words.Percent(100 * (a - b) / b)
		}
		all = append(all, out)
	}
	if before.Growth != nil && after.Growth != nil {
		all = append(all, Total{
			Title: "Change of bytes in use", Before: words.Signed(profiler.LiveHeap, float64(before.Growth.Space)), After: words.Signed(profiler.LiveHeap, float64(after.Growth.Space)),
		})
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

// changeWeight returns how much a total changed: the logarithm of its ratio, in which a halving weighs as much as
// a doubling. The margin, and at least 4 KiB, is added to both sides, so that changes of very little, or that may
// be noise, weigh little.
func changeWeight(before, after, margin float64) float64 {
	margin = max(margin, 4<<10)
	return math.Abs(math.Log((after + margin) / (before + margin)))
}

// leadTotals returns the total with which a report begins: the producer's choice (default_sample_type), if both
// profiles have the same, or else the bytes that changed most. If others changed more than the producer's choice,
// louder is the one that changed most.
func leadTotals(before, after profiler.Summary) (lead, louder *Total) {
	totals := Totals(before, after)
	if snapshots(before, after) { // what was allocated grows with time
		totals = slices.DeleteFunc(totals, func(t Total) bool { return t.Type == heap.AllocSpace || t.Type == heap.AllocObjects })
	}
	var choice *Total
	for i := range totals {
		t := &totals[i]
		if t.Type != "" && t.Type == before.DefaultType && t.Type == after.DefaultType {
			choice = t
		}
		if t.Type != "" && (lead == nil || t.louder(lead)) {
			lead = t
		}
	}
	switch {
	case choice == nil || choice == lead:
		return lead, nil
	case lead == nil || lead.Noise || lead.weight <= choice.weight || lead.Type == choice.Type.Space():
		return choice, nil
	}
	return choice, lead
}

// louder reports whether t changed more than other. Bytes come before objects.
func (t *Total) louder(other *Total) bool {
	if objects := t.Type.CountsObjects(); objects != other.Type.CountsObjects() {
		return !objects
	}
	return t.weight > other.weight
}

// LeadingType returns the sample type with which the report of an import begins, or "" if the profiles cannot be
// compared.
func LeadingType(r Report) heap.Type {
	if sides := Summaries(r); len(sides) == 2 {
		if lead, _ := leadTotals(sides[0], sides[1]); lead != nil {
			return lead.Type
		}
	}
	return ""
}

// concludeImport returns the change of the total with which the report begins.
func concludeImport(r Report) Conclusion {
	out := Conclusion{Badge: "Not tested", Headline: "The profiles cannot be compared", Text: NotTested}
	sides := Summaries(r)
	if len(sides) != 2 {
		return out
	}
	lead, louder := leadTotals(sides[0], sides[1])
	switch {
	case lead == nil:
	case lead.Noise:
		out.Headline = lead.Title + " did not change beyond the sampling error: " + lead.values()
	default:
		out.Lead = lead.Percent
		out.Headline = lead.sentence()
	}
	if louder != nil {
		out.Headline += "; " + louder.sentence()
	}
	return out
}

// sentence writes a total, such as "−62.2% allocated bytes: 804 MiB to 304 MiB (−500 MiB ± 47 MiB)".
func (t *Total) sentence() string {
	title := t.Title
	if title == totalTitles[t.Type] {
		title = strings.ToLower(title)
	}
	return t.Percent + " " + title + ": " + t.values()
}

func (t *Total) values() string {
	text := t.Before + " to " + t.After
	if t.Margin != "" {
		text += " (" + t.Change + " " + t.Margin + ")"
	}
	return text
}
