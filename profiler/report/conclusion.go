package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// A Conclusion is the outcome of an experiment in words. The page, the exports, the API, the
// command line and the history show it.
type Conclusion struct {
	Verdict  Verdict `json:"verdict" enum:"better,worse,same,unclear,mixed," doc:"over all primary metrics; empty if nothing was compared"`
	Badge    string  `json:"badge" doc:"the verdict in a word or two"`
	Lead     string  `json:"lead,omitempty" doc:"the number that begins the headline, if it begins with one"`
	Headline string  `json:"headline" doc:"one sentence without its full stop: the saving and its price"`
	Text     string  `json:"text,omitempty" doc:"sentences that support it"`
	Variant  string  `json:"variant,omitempty" doc:"the variant that the conclusion is about"`
	Best     string  `json:"best,omitempty" doc:"the variant that improves the leading metric most; empty if none improves it"`
}

// overall returns one verdict for several comparisons. Better and worse comparisons count; the
// verdict is Same only if all comparisons are. Without comparisons it is "".
func overall(comparisons []Comparison) Verdict {
	count := map[Verdict]int{}
	for _, c := range comparisons {
		count[c.Verdict]++
	}
	switch {
	case len(comparisons) == 0:
		return ""
	case count[Better] > 0 && count[Worse] > 0:
		return Mixed
	case count[Better] > 0:
		return Better
	case count[Worse] > 0:
		return Worse
	case count[Same] == len(comparisons):
		return Same
	}
	return Unclear
}

// Badges holds the words for verdicts of whole experiments.
var Badges = map[Verdict]string{
	Better:  "Improved",
	Worse:   "Worse",
	Same:    "No change",
	Unclear: "Unclear",
	Mixed:   "Mixed",
	"":      "No result",
}

// Conclude returns the conclusion of a report about one variant. The verdict is about the primary
// metrics. Time and peak memory appear as the price, even if they are not primary.
func Conclude(r Report, after string) Conclusion {
	var out Conclusion
	switch {
	case !r.Measured():
		out = concludeImport(r)
	case r.Kind == profiler.KindCalibration:
		out = Conclusion{Headline: CalibrationHeadline(r)}
	case r.Kind == profiler.KindSweep:
		out = concludeSweep(r)
	case len(r.Rows) > 0:
		out = concludeRows(r, after)
	default:
		out = concludeComparison(r, after)
	}
	out.Variant, out.Best = after, bestVariant(r)
	if out.Badge == "" {
		out.Badge = Badges[out.Verdict]
	}
	if out.Verdict != "" && endedEarly(r) {
		out.Badge += ", unfinished"
	}
	return out
}

func concludeComparison(r Report, after string) Conclusion {
	primary := primaryOf(r.Comparisons, after)
	out := Conclusion{Verdict: overall(primary)}
	lead := leading(primary, out.Verdict)
	switch out.Verdict {
	case "":
		out.Headline = noVerdict(r, after)
		return out
	case Better, Mixed:
		out.Lead = Change(*lead)
		out.Headline = out.Lead + " " + words.Noun(lead.Unit) + price(r, after, lead)
		if out.Verdict == Better && len(Costs(r, after)) > 0 {
			out.Badge = "Improved at a price"
		}
	case Worse:
		out.Lead = Change(*lead)
		out.Headline = out.Lead + " " + words.Noun(lead.Unit) + ": worse than " + BaselineName(r)
	case Same:
		out.Headline = "No saving: " + words.Noun(lead.Unit) + " did not change"
	default:
		out.Headline = "No clear saving: the difference in " + words.Noun(lead.Unit) + " is not decided"
	}
	out.Text = supportingText(r, after, primary, lead)
	return out
}

// noVerdict says why there is no verdict about a variant.
func noVerdict(r Report, after string) string {
	ofVariant := func(c Comparison) bool { return c.Variant == after }
	switch {
	case slices.ContainsFunc(r.Comparisons, ofVariant):
		return "No verdict: the experiment names no primary metric"
	case endedEarly(r):
		return "No verdict: too few runs finished"
	}
	return "No comparison: the two variants have no metric in common"
}

// concludeRows counts the verdicts of the rows.
func concludeRows(r Report, after string) Conclusion {
	count := map[Verdict]int{}
	var all []Comparison
	lines := make([]string, 0, len(r.Rows))
	for i := range r.Rows {
		row := r.At(i)
		c := concludeComparison(row, after)
		count[c.Verdict]++
		all = append(all, primaryOf(row.Comparisons, after)...)
		lines = append(lines, words.Plain(r.Rows[i].Row)+": "+c.Headline+".")
	}
	out := Conclusion{Verdict: overall(all), Text: strings.Join(lines, " ")}
	var parts []string
	for _, v := range []struct {
		verdict Verdict
		word    string
	}{{Better, "improved"}, {Mixed, "mixed"}, {Worse, "worse"}, {Same, "unchanged"}, {Unclear, "unclear"}, {"", "without a result"}} {
		if n := count[v.verdict]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v.word))
		}
	}
	out.Headline = fmt.Sprintf("%s: %s", words.Plural(len(r.Rows), "row"), words.List(parts))
	return out
}

// primaryOf returns the comparisons of a variant in the primary metrics.
func primaryOf(comparisons []Comparison, variant string) []Comparison {
	var primary []Comparison
	for _, c := range comparisons {
		if c.Primary && c.Variant == variant {
			primary = append(primary, c)
		}
	}
	return primary
}

// bestVariant returns the variant with the largest decided improvement of the leading metric, or "".
func bestVariant(r Report) string {
	name, least := "", math.Inf(1)
	if len(r.Rows) > 0 || len(r.Variants) < 2 {
		return ""
	}
	for _, v := range r.Variants[1:] {
		primary := primaryOf(r.Comparisons, v.Name)
		verdict := overall(primary)
		if verdict != Better && verdict != Mixed {
			continue
		}
		lead := leading(primary, verdict)
		left := float64(lead.Value.Center / lead.Baseline.Center)
		if profiler.LookupUnit(lead.Unit).Better > 0 {
			left = 1 / left
		}
		if left < least {
			name, least = v.Name, left
		}
	}
	return name
}

// RelevantProfile returns the kind of profile that explains the verdict about a variant: the peak
// profile if the verdict is about memory in use, otherwise the allocs profile.
func RelevantProfile(r Report, after string) profiler.RunKind {
	inUse, allocated := r.Comparison(after, profiler.LiveHeap), r.Comparison(after, profiler.BytesPerOp)
	aboutMemoryInUse := inUse != nil && (inUse.Verdict.Decided() || inUse.Primary && (allocated == nil || !allocated.Primary))
	if aboutMemoryInUse && (allocated == nil || !allocated.Verdict.Decided()) && r.Profile(after, profiler.Peak) != nil {
		return profiler.Peak
	}
	return profiler.Allocs
}

// endedEarly reports whether an experiment ended before its last run.
func endedEarly(r Report) bool { return r.State.Terminal() && r.State != profiler.Done }

// leading returns the comparison that a headline is about: the first one with the given verdict.
// Memory comes before time, because the experiment is about memory.
func leading(primary []Comparison, verdict Verdict) *Comparison {
	if verdict == Mixed {
		verdict = Better
	}
	var lead *Comparison
	for i, c := range primary {
		if c.Verdict == verdict && (lead == nil || profiler.IsLead(lead.Unit, profiler.RoleTime)) {
			lead = &primary[i]
		}
	}
	if lead == nil && len(primary) > 0 {
		lead = &primary[0]
	}
	return lead
}

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
// the verdict about time.
func price(r Report, after string, lead *Comparison) string {
	var worse []string
	for _, c := range Costs(r, after) {
		worse = append(worse, Change(c)+" "+words.Noun(c.Unit))
	}
	if len(worse) > 0 {
		return ", at the price of " + words.List(worse)
	}
	if profiler.IsLead(lead.Unit, profiler.RoleTime) {
		return ""
	}
	switch c := TimeOf(r, after); {
	case c == nil:
		return ""
	case c.Verdict == Better:
		return ", and " + Change(*c) + " time"
	case c.Verdict == Same:
		return ", with no cost in time"
	case !c.P.Finite():
		return ", with time not tested"
	default:
		return ", with no clear cost in time"
	}
}

// supportingText returns the sentences below a headline, about the other primary metrics and time.
// Explain covers memory.
func supportingText(r Report, after string, primary []Comparison, lead *Comparison) string {
	all := slices.Clone(primary)
	if c := TimeOf(r, after); c != nil && !c.Primary {
		all = append(all, *c)
	}
	var sentences, same, untested, undecided []string
	for _, c := range all {
		if profiler.LookupUnit(c.Unit).Role == profiler.RoleQuality {
			continue // see quality
		}
		before, value := CenterText(r, r.Variants[0].Name, c.Unit, c.Baseline), CenterText(r, c.Variant, c.Unit, c.Value)
		switch {
		case c.Verdict == Same:
			same = append(same, fmt.Sprintf("%s (%s)", words.Noun(c.Unit), value))
		case !c.Verdict.Decided() && !c.P.Finite():
			untested = append(untested, fmt.Sprintf("%s (%s and %s)", words.Noun(c.Unit), before, value))
		case !c.Verdict.Decided():
			undecided = append(undecided, fmt.Sprintf("%s is unclear: %s and %s (%s).", words.UpperFirst(words.Noun(c.Unit)), before, value, undecidedReason(c)))
		case c.Unit != lead.Unit:
			sentences = append(sentences, fmt.Sprintf("%s went %s from %s to %s.", words.UpperFirst(words.Noun(c.Unit)), upOrDown(c), before, value))
		}
	}
	if len(same) > 0 {
		sentences = append(sentences, words.UpperFirst(words.List(same))+" did not change.")
	}
	if len(untested) > 0 {
		sentences = append(sentences, "Too few rounds to test "+words.List(untested)+".")
	}
	sentences = append(sentences, undecided...)
	sentences = append(sentences, quality(r, after)...)
	if decided := func(c Comparison) bool { return c.Verdict.Decided() }; !slices.ContainsFunc(primary, decided) {
		if slices.ContainsFunc(primary, func(c Comparison) bool { return c.Verdict == Unclear && !c.Withdrawn }) {
			sentences = append(sentences, advice(r))
		}
	}
	return strings.Join(sentences, " ")
}

// quality compares the quality of the results. It gives the numbers even if they are unchanged.
func quality(r Report, after string) []string {
	var parts []string
	for _, unit := range profiler.Leads(profiler.RoleQuality) {
		c := r.Comparison(after, unit)
		switch {
		case c == nil:
		case unit == profiler.MaxAbsErr && c.Value.Center == 0:
			parts = append(parts, "outputs are bit-identical")
		case unit == profiler.MaxAbsErr:
			parts = append(parts, "outputs differ by up to "+words.Value(unit, float64(c.Value.Center)))
		default:
			parts = append(parts, fmt.Sprintf("%s %s instead of %s", words.Noun(unit), words.Value(unit, float64(c.Value.Center)), words.Value(unit, float64(c.Baseline.Center))))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return []string{"Quality of the results: " + words.List(parts) + "."}
}

func upOrDown(c Comparison) string {
	if c.Value.Center < c.Baseline.Center {
		return "down"
	}
	return "up"
}

// advice says how to decide the undecided comparisons.
func advice(r Report) string {
	tested := 0 // comparisons in the family that Holm's method adjusts
	for _, c := range r.Comparisons {
		if c.Primary && c.P.Finite() {
			tested++
		}
	}
	if count := r.Config.Count; maxComparisons(count) < tested {
		return fmt.Sprintf("%s can decide at most %s together. This experiment has %d: use %d rounds.",
			words.UpperFirst(words.Plural(count, "round")), words.Plural(maxComparisons(count), "comparison"), tested, roundsFor(tested))
	}
	return "More rounds narrow the intervals."
}

// undecidedReason says why a tested comparison is not decided.
func undecidedReason(c Comparison) string {
	switch {
	case c.Withdrawn:
		return Significance(c) + ", but some values are lower bounds"
	case c.P >= 0.05:
		return Significance(c)
	case c.PAdjusted >= 0.05:
		return Significance(c) + ", not enough after Holm's correction"
	default:
		return Significance(c) + ", but not beyond the noise floor"
	}
}
