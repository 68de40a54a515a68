package report

import (
	"fmt"
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
	SoFar    bool    `json:"so_far,omitempty" doc:"whether more rounds could change a better verdict: too few were made to test all primary metrics"`
	Lead     string  `json:"lead,omitempty" doc:"the number that begins the headline, if it begins with one"`
	Headline string  `json:"headline" doc:"one sentence without its full stop: the saving and its price"`
	Text     string  `json:"text,omitempty" doc:"sentences that support it"`
	Variant  string  `json:"variant,omitempty" doc:"the variant that the conclusion is about"`
	Best     string  `json:"best,omitempty" doc:"the variant that is recommended, see docs/measuring.md; empty if none improves the leading metric"`
	RunnerUp string  `json:"runner_up,omitempty" doc:"the second best variant"`
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
	case count[Same]+count[Changed] == len(comparisons):
		return Same
	}
	return Unclear
}

// NeedsRounds reports whether too few rounds are the reason that nothing is decided.
func (c *Conclusion) NeedsRounds() bool { return strings.HasPrefix(c.Badge, needsRounds) }

const needsRounds = "Needs "

func needsBadge(needs, has int) string {
	return fmt.Sprintf("%s%s, has %d", needsRounds, words.Plural(needs, "round"), has)
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
		if len(r.Comparisons) > 0 {
			out.Headline = r.dividedHeadline(out.Headline)
		}
	case r.Kind == profiler.KindCalibration:
		out = Conclusion{Headline: CalibrationHeadline(r)}
	case r.Kind == profiler.KindSweep:
		out = concludeSweep(r)
	case len(r.Rows) > 0:
		out = concludeRows(r, after)
	default:
		out = concludeComparison(r, after)
	}
	out.Variant = after
	out.Best, out.RunnerUp = recommend(r)
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
		switch {
		case out.Verdict != Better:
		case len(Costs(r, after)) > 0:
			out.Badge = "Improved at a price"
		case slices.Contains(undecidedReasons(primary), TooFewRounds):
			out.Badge, out.SoFar = "Improved so far", true
		}
	case Worse:
		out.Lead = Change(*lead)
		out.Headline = out.Lead + " " + words.Noun(lead.Unit) + ": worse than " + BaselineName(r)
	case Same:
		out.Headline = "No saving: " + unchanged(*lead)
	default:
		out.Badge, out.Headline = undecided(primary)
	}
	out.Text = supportingText(r, after, primary, lead)
	return out
}

// unchanged says that the change of c does not matter, and how large it may be.
func unchanged(c Comparison) string {
	switch limit := bound(c); {
	case limit != "":
		return words.Noun(c.Unit) + " stayed within " + limit
	case c.Change != 0:
		return words.Noun(c.Unit) + " changed by only " + words.Signed(c.Unit, float64(c.Change))
	}
	return words.Noun(c.Unit) + " did not change"
}

// undecided returns the badge and the headline for primary metrics of which none is decided and one
// is unclear. They name the reason that a reader can do most about.
func undecided(primary []Comparison) (badge, headline string) {
	first := map[Reason]*Comparison{}
	needs := 0
	for i := range primary {
		if c := &primary[i]; c.Verdict == Unclear && first[c.Reason] == nil {
			first[c.Reason] = c
		}
		needs = max(needs, primary[i].NeedsRounds)
	}
	if c := first[TooFewRounds]; c != nil {
		has := min(c.Baseline.N, c.Value.N)
		return needsBadge(needs, has),
			"Too few rounds to decide " + words.Noun(c.Unit)
	}
	for _, reason := range []Reason{RunsDiffer, UnevenLoad, OtherRounds, LowerBounds, TooNoisy} {
		if c := first[reason]; c != nil {
			return "Not judged", words.UpperFirst(words.Noun(c.Unit)) + " could not be judged: " + undecidedReason(*c)
		}
	}
	for i := range primary {
		if c := primary[i]; c.Verdict == Unclear {
			return "", "No clear saving: the difference in " + words.Noun(c.Unit) + " is not decided"
		}
	}
	return "", "No clear saving"
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
