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
// command line and the history all show it.
type Conclusion struct {
	Verdict  Verdict `json:"verdict" enum:"better,worse,same,unclear,mixed," doc:"of the primary metrics together; empty where nothing was compared"`
	Badge    string  `json:"badge" doc:"the verdict in a word or two"`
	Lead     string  `json:"lead,omitempty" doc:"the number that begins the headline, if it begins with one"`
	Headline string  `json:"headline" doc:"one sentence without its full stop: the saving and its price"`
	Text     string  `json:"text,omitempty" doc:"sentences that support it"`
	Variant  string  `json:"variant,omitempty" doc:"the variant that it is about"`
	Best     string  `json:"best,omitempty" doc:"the variant that improves the leading metric most, of those that improve it; empty where none does"`
}

// Overall returns the verdict of several comparisons taken together: only decided ones count, and
// Same means that every single one is. Of no comparisons it is "".
func Overall(comparisons []Comparison) Verdict {
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

// Badges are the words for verdicts of whole experiments.
var Badges = map[Verdict]string{
	Better:  "Improved",
	Worse:   "Worse",
	Same:    "No change",
	Unclear: "Unclear",
	Mixed:   "Mixed",
	"":      "No result",
}

// Conclude says what a report found about one variant. The verdict is about the primary metrics;
// time and peak memory are named as the price, even if they are not primary.
func Conclude(r Report, after string) Conclusion {
	var out Conclusion
	switch {
	case !r.Measured():
		out = concludeImport(r)
	case r.Kind == profiler.KindCalibration:
		out = Conclusion{Headline: CalibrationSummary(r.Calibration)}
	case r.Kind == profiler.KindSweep:
		out = concludeSweep(r)
	case len(r.Rows) > 0:
		out = concludeRows(r, after)
	default:
		out = concludeComparison(r, after)
	}
	out.Variant, out.Best = after, best(r)
	if out.Badge == "" {
		out.Badge = Badges[out.Verdict]
	}
	if out.Verdict != "" && partial(r) {
		out.Badge += " so far"
	}
	return out
}

func concludeComparison(r Report, after string) Conclusion {
	primary := primaryOf(r.Comparisons, after)
	out := Conclusion{Verdict: Overall(primary)}
	lead := leading(primary, out.Verdict)
	switch out.Verdict {
	case "":
		out.Headline = "No comparison: nothing was measured of both variants"
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
	out.Text = support(r, after, primary, lead)
	return out
}

// concludeRows counts what became of each row.
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
	out := Conclusion{Verdict: Overall(all), Text: strings.Join(lines, " ")}
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

// best returns the variant with the largest decided improvement of the leading metric, or "".
func best(r Report) string {
	name, least := "", math.Inf(1)
	if len(r.Rows) > 0 || len(r.Variants) < 2 {
		return ""
	}
	for _, v := range r.Variants[1:] {
		primary := primaryOf(r.Comparisons, v.Name)
		verdict := Overall(primary)
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

// TellingProfile returns the kind of profile that shows what the verdict about a variant rests
// on: the peak profile if it is about memory in use rather than allocations.
func TellingProfile(r Report, after string) profiler.RunKind {
	inUse, allocated := r.Comparison(after, profiler.LiveHeap), r.Comparison(after, profiler.BytesPerOp)
	about := inUse != nil && (inUse.Verdict.Decided() || inUse.Primary && (allocated == nil || !allocated.Primary))
	if about && (allocated == nil || !allocated.Verdict.Decided()) && r.Profile(after, profiler.Peak) != nil {
		return profiler.Peak
	}
	return profiler.Allocs
}

// partial reports whether an experiment ended before its last run.
func partial(r Report) bool { return r.State.Terminal() && r.State != profiler.Done }

// leading returns the comparison that a headline is about: the first that carries the verdict.
// Memory comes before time, because the experiment is about memory.
func leading(primary []Comparison, verdict Verdict) *Comparison {
	if verdict == Mixed {
		verdict = Better
	}
	var lead *Comparison
	for i, c := range primary {
		if c.Verdict == verdict && (lead == nil || isTime(lead.Unit)) {
			lead = &primary[i]
		}
	}
	if lead == nil && len(primary) > 0 {
		lead = &primary[0]
	}
	return lead
}

func isTime(unit string) bool { return profiler.LookupUnit(unit).Role == profiler.RoleTime }

// timeOf returns the comparison of a variant's time, or nil.
func timeOf(r Report, after string) *Comparison {
	for _, unit := range profiler.Leads(profiler.RoleTime) {
		if c := r.Comparison(after, unit); c != nil {
			return c
		}
	}
	return nil
}

// IsPrice reports whether a unit is one that a saving may cost: time, resident memory, or the
// quality of results.
func IsPrice(unit string) bool {
	return slices.Contains(profiler.Leads(profiler.RoleTime, profiler.RoleResident, profiler.RoleQuality), unit)
}

// Costs returns the comparisons of a variant that became worse, of the primary metrics and the
// possible prices.
func Costs(r Report, after string) []Comparison {
	var worse []Comparison
	for _, c := range r.Comparisons {
		if c.Variant == after && c.Verdict == Worse && (c.Primary || IsPrice(c.Unit)) {
			worse = append(worse, c)
		}
	}
	return worse
}

// price returns the clause of a headline that says what the saving costs: what became worse, or
// else what is known about time.
func price(r Report, after string, lead *Comparison) string {
	var worse []string
	for _, c := range Costs(r, after) {
		worse = append(worse, Change(c)+" "+words.Noun(c.Unit))
	}
	if len(worse) > 0 {
		return ", at the price of " + words.List(worse)
	}
	if isTime(lead.Unit) {
		return ""
	}
	switch c := timeOf(r, after); {
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

// support returns the sentences below a headline: the other primary metrics, then time. Explain
// says what memory did, and why.
func support(r Report, after string, primary []Comparison, lead *Comparison) string {
	all := slices.Clone(primary)
	if c := timeOf(r, after); c != nil && !c.Primary {
		all = append(all, *c)
	}
	var sentences, same, untested, doubts []string
	for _, c := range all {
		if profiler.LookupUnit(c.Unit).Role == profiler.RoleQuality {
			continue // see quality
		}
		before, value := Reading(r, r.Variants[0].Name, c.Unit, c.Baseline), Reading(r, c.Variant, c.Unit, c.Value)
		switch {
		case c.Verdict == Same:
			same = append(same, fmt.Sprintf("%s (%s)", words.Noun(c.Unit), value))
		case !c.Verdict.Decided() && !c.P.Finite():
			untested = append(untested, fmt.Sprintf("%s (%s and %s)", words.Noun(c.Unit), before, value))
		case !c.Verdict.Decided():
			doubts = append(doubts, fmt.Sprintf("%s is unclear: %s and %s (%s).", words.UpperFirst(words.Noun(c.Unit)), before, value, doubt(c)))
		case c.Unit != lead.Unit:
			sentences = append(sentences, fmt.Sprintf("%s went %s from %s to %s.", words.UpperFirst(words.Noun(c.Unit)), way(c), before, value))
		}
	}
	if len(same) > 0 {
		sentences = append(sentences, words.UpperFirst(words.List(same))+" did not change.")
	}
	if len(untested) > 0 {
		sentences = append(sentences, "Too few rounds to test "+words.List(untested)+".")
	}
	sentences = append(sentences, doubts...)
	sentences = append(sentences, quality(r, after)...)
	if decided := func(c Comparison) bool { return c.Verdict.Decided() }; !slices.ContainsFunc(primary, decided) {
		if slices.ContainsFunc(primary, func(c Comparison) bool { return c.Verdict == Unclear }) {
			sentences = append(sentences, remedy(r))
		}
	}
	return strings.Join(sentences, " ")
}

// quality says how the results compare. It gives the numbers in any case, because "no change" is
// an answer too.
func quality(r Report, after string) []string {
	var parts []string
	for _, unit := range profiler.Leads(profiler.RoleQuality) {
		c := r.Comparison(after, unit)
		switch {
		case c == nil:
		case unit == profiler.MaxAbsErr && c.Value.Center == 0:
			parts = append(parts, "outputs equal to the bit")
		case unit == profiler.MaxAbsErr:
			parts = append(parts, "outputs off by up to "+words.Value(unit, float64(c.Value.Center)))
		default:
			parts = append(parts, fmt.Sprintf("%s %s instead of %s", words.Noun(unit), words.Value(unit, float64(c.Value.Center)), words.Value(unit, float64(c.Baseline.Center))))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return []string{"The price in results: " + words.List(parts) + "."}
}

func way(c Comparison) string {
	if c.Value.Center < c.Baseline.Center {
		return "down"
	}
	return "up"
}

// remedy says what would decide the undecided comparisons.
func remedy(r Report) string {
	together := 0 // comparisons whose p-values were corrected for each other
	for _, c := range r.Comparisons {
		if c.Primary && c.P.Finite() {
			together++
		}
	}
	if count := r.Config.Count; MaxComparisons(count) < together {
		return fmt.Sprintf("%s can decide at most %s judged together. This experiment has %d: use %d rounds.",
			words.UpperFirst(words.Plural(count, "round")), words.Plural(MaxComparisons(count), "comparison"), together, RoundsFor(together))
	}
	return "More rounds narrow the intervals."
}

// doubt says why a tested comparison is not decided.
func doubt(c Comparison) string {
	switch {
	case c.P >= 0.05:
		return Significance(c)
	case c.PAdjusted >= 0.05:
		return Significance(c) + ", not enough among those judged together"
	default:
		return Significance(c) + ", but not beyond the noise floor"
	}
}

// Change writes the change of a comparison: in percent, or in the unit itself if the baseline is
// 0 or the unit is a share.
func Change(c Comparison) string {
	if profiler.LookupUnit(c.Unit).Quantity == profiler.Share {
		return words.Signed(c.Unit, float64(c.Value.Center-c.Baseline.Center))
	}
	if c.Delta.Finite() {
		return words.Percent(float64(c.Delta))
	}
	delta := float64(c.Value.Center - c.Baseline.Center)
	if delta == 0 {
		return "0%"
	}
	return words.Signed(c.Unit, delta)
}

// Reading writes the centre of an interval of a variant. Allocations are never written as "0" if
// bytes were allocated: the runtime rounds its own count down.
func Reading(r Report, variant, unit string, iv Interval) string {
	if unit == profiler.AllocsPerOp && iv.Center == 0 && bytesPerOp(r, variant) > 0 {
		return "< 1"
	}
	return words.Value(unit, float64(iv.Center))
}

func bytesPerOp(r Report, variant string) float64 {
	for _, c := range r.Comparisons {
		switch {
		case c.Unit != profiler.BytesPerOp:
		case c.Variant == variant:
			return float64(c.Value.Center)
		case len(r.Variants) > 0 && r.Variants[0].Name == variant:
			return float64(c.Baseline.Center)
		}
	}
	return 0
}

// BaselineName names the baseline in a sentence.
func BaselineName(r Report) string {
	if len(r.Variants) == 0 {
		return "the baseline"
	}
	return words.Plain(r.Variants[0].Name)
}

// Observed returns how many times less than the baseline a comparison's variant needs. It is
// infinite if the variant needs nothing, and not a number if neither side does.
func Observed(c Comparison) float64 {
	b, v := float64(c.Baseline.Center), float64(c.Value.Center)
	if v == 0 && b > 0 {
		return math.Inf(1)
	}
	return b / v
}
