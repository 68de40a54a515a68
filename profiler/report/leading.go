package report

import (
	"math"
	"slices"
	"strings"

	"heaplab/profiler/heap"
	"heaplab/profiler/words"
)

// changeWeight returns how much a total changed: the logarithm of its ratio, in which a halving weighs as much as
// a doubling. The margin, and at least 4 KiB, is added to both sides, so that changes of very little, or that may
// be noise, weigh little.
func changeWeight(before, after, margin float64) float64 {
	margin = max(margin, 4<<10)
	return math.Abs(math.Log((after + margin) / (before + margin)))
}

// louder reports whether t changed more than other. Bytes come before objects.
func (t *Total) louder(other *Total) bool {
	if objects := t.Type.CountsObjects(); objects != other.Type.CountsObjects() {
		return !objects
	}
	return t.weight > other.weight
}

// leadTotals returns the total with which a report begins: the producer's choice (default_sample_type), if both
// profiles have the same, or else the bytes that changed most. What two profiles of one process allocated grows with
// time, so it does not lead. If others changed more than the producer's choice, louder is the one that changed most.
func leadTotals(r Report) (lead, louder *Total) {
	sides, totals := Sides(r), Totals(r)
	if Apart(r) > 0 {
		inUse := slices.DeleteFunc(slices.Clone(totals), func(t Total) bool { return t.Type == heap.AllocSpace || t.Type == heap.AllocObjects })
		if len(inUse) > 0 {
			totals = inUse
		}
	}
	var choice *Total
	for i := range totals {
		t := &totals[i]
		if t.Type == "" {
			continue
		}
		if t.Type == sides[0].Summary.DefaultType && t.Type == sides[1].Summary.DefaultType {
			choice = t
		}
		if lead == nil || t.louder(lead) {
			lead = t
		}
	}
	switch {
	case choice == nil || choice == lead:
		return lead, nil
	case lead.Noise || lead.weight <= choice.weight || lead.Type == choice.Type.Space():
		return choice, nil
	}
	return choice, lead
}

// LeadingType returns the sample type with which the report of an import begins, or "" if the profiles cannot be
// compared.
func LeadingType(r Report) heap.Type {
	if lead, _ := leadTotals(r); lead != nil {
		return lead.Type
	}
	return ""
}

// concludeImport returns the verdict about the rounds, or else the change of the total with which the report begins.
func concludeImport(r Report) Conclusion {
	if len(r.Comparisons) > 0 {
		out := concludeComparison(r, LastVariant(r))
		if primary := primaryOf(r.Comparisons, LastVariant(r)); out.Verdict == Mixed { // one went up, the other down
			var clauses []string
			for _, c := range primary {
				clauses = append(clauses, Change(c)+" "+words.Noun(c.Unit))
			}
			out.Lead, out.Headline = Change(primary[0]), strings.Join(clauses, ", and ")
			out.Text = supportingText(r, LastVariant(r), primary, &primary[0])
		}
		out.Text = strings.TrimSpace(ScopeText(r) + " " + out.Text)
		return out
	}
	out := Conclusion{Badge: "Not tested", Headline: "The profiles cannot be compared", Text: ScopeText(r) + " " + NotTested}
	lead, louder := leadTotals(r)
	switch {
	case lead == nil:
	case lead.Noise:
		out.Headline = "Sampling alone may explain the change of " + lead.title() + ": " + lead.values()
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
func (t *Total) sentence() string { return t.Percent + " " + t.title() + ": " + t.values() }

// title writes the title within a sentence, with what the values are divided by.
func (t *Total) title() string {
	title := t.Title
	if title == totalTitles[t.Type] { // not a producer's name
		title = strings.ToLower(title)
	}
	return title + t.per
}

func (t *Total) values() string {
	text := t.Before + " to " + t.After
	if t.Margin != "" {
		text += " (" + t.Change + " " + t.Margin + ")"
	}
	return text
}
