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

// A Total compares one sample type of two sides. Without rounds it is not tested, so it has no verdict.
type Total struct {
	Type          heap.Type
	Title         string
	Before, After string
	Change        string // with its sign; "" if one of the profiles has no samples
	Percent       string // likewise; "new" if the profile before has 0

	Comparison *Comparison // of the rounds; nil without them
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
		title := totalTitles[t]
		if title == "" { // churn is computed from the others
			continue
		}
		write := words.Bytes
		if t.CountsObjects() {
			write = words.Count
		}
		out := Total{Type: t, Title: title, Comparison: r.Comparison(after.Variant, profiler.TypeUnit(t))}
		b, a := before.total(t, r.Divisor), after.total(t, r.Divisor)
		if c := out.Comparison; c != nil {
			b, a = float64(c.Baseline.Center), float64(c.Value.Center)
		}
		suffix := Suffix(r.Divisor, t)
		out.Before, out.After, out.Change = write(b)+suffix, write(a)+suffix, write(a-b)+suffix
		if a > b {
			out.Change = "+" + out.Change
		}
		switch {
		case before.Summary.Samples == 0 || after.Summary.Samples == 0:
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

// total returns a total of one profile of a side, divided.
func (p *ProfileReport) total(t heap.Type, d *profiler.Divisor) float64 {
	return float64(p.Summary.Totals.Of(t)) / float64(max(p.Merged, 1)) / d.Of(p.Variant, t)
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

// concludeImport returns the verdict about the rounds, or else the change of the first total.
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
	text := ScopeText(r) + " " + NotTested
	for _, t := range Totals(r) {
		return Conclusion{
			Badge: "Not tested", Lead: t.Percent, Text: text,
			Headline: t.Percent + " " + strings.ToLower(t.Title) + r.perText(t.Type) + ": " + t.Before + " to " + t.After,
		}
	}
	return Conclusion{Badge: "Not tested", Headline: "The profiles cannot be compared", Text: text}
}
