package views

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"heaplab/profiler"
)

// Mixed is the verdict of a whole experiment that is better in one metric and worse in
// another. The others are those of a Comparison.
const Mixed = "mixed"

// A Conclusion is the outcome of an experiment in words.
type Conclusion struct {
	Verdict  string // of the whole, see Overall
	Badge    string // a word or two
	Lead     string // the number that opens Headline, or ""
	Headline string // one sentence without its full stop: the saving and its price
	Text     string // what supports it
}

// Overall is the verdict of several comparisons taken together: only decided ones count,
// and "same" means that every single one is. Of none it is "".
func Overall(comparisons []profiler.Comparison) string {
	count := map[string]int{}
	for _, c := range comparisons {
		count[c.Verdict]++
	}
	switch {
	case len(comparisons) == 0:
		return ""
	case count[profiler.Better] > 0 && count[profiler.Worse] > 0:
		return Mixed
	case count[profiler.Better] > 0:
		return profiler.Better
	case count[profiler.Worse] > 0:
		return profiler.Worse
	case count[profiler.Same] == len(comparisons):
		return profiler.Same
	}
	return profiler.Unclear
}

// badges are the words for verdicts, on reports and in lists.
var badges = map[string]string{
	profiler.Better:  "Improved",
	profiler.Worse:   "Worse",
	profiler.Same:    "No change",
	profiler.Unclear: "Unclear",
	Mixed:            "Mixed",
	"":               "No result",
}

// Conclude puts into words what a report says of one variant against the baseline. The
// verdict is about the case's primary metrics; time and peak memory are named as the
// price, whether they are among them or not.
func Conclude(r profiler.Report, after string) Conclusion {
	var primary []profiler.Comparison
	for _, c := range r.Comparisons {
		if c.Primary && c.Variant == after {
			primary = append(primary, c)
		}
	}
	out := Conclusion{Verdict: Overall(primary)}
	out.Badge = badges[out.Verdict]
	if out.Verdict != "" && partial(r) {
		out.Badge += " so far"
	}
	lead := leading(primary, out.Verdict)
	switch out.Verdict {
	case "":
		out.Headline = "No comparison: nothing was measured of both variants"
		return out
	case profiler.Better, Mixed:
		out.Lead = change(*lead)
		out.Headline = out.Lead + " " + noun(lead.Unit) + price(r, after, lead)
		if out.Verdict == profiler.Better && len(costs(r, after)) > 0 {
			out.Badge = strings.Replace(out.Badge, badges[profiler.Better], "Improved at a price", 1)
		}
	case profiler.Worse:
		out.Lead = change(*lead)
		out.Headline = out.Lead + " " + noun(lead.Unit) + ": worse than " + baselineName(r)
	case profiler.Same:
		out.Headline = "No saving: " + noun(lead.Unit) + " did not change"
	default:
		out.Headline = "No clear saving: the difference in " + noun(lead.Unit) + " is not decided"
	}
	out.Text = support(r, after, primary, lead)
	return out
}

// TellingProfile is the kind of profile that shows what the verdict of a variant is about: that of
// the peak, where it is about what is in use and not about what operations allocate.
func TellingProfile(r profiler.Report, after string) string {
	inUse, allocated := r.Comparison(after, profiler.LiveHeap), r.Comparison(after, profiler.BytesPerOp)
	about := inUse != nil && (decided(*inUse) || inUse.Primary && (allocated == nil || !allocated.Primary))
	if about && (allocated == nil || !decided(*allocated)) && r.Profile(after, profiler.Peak) != nil {
		return profiler.Peak
	}
	return profiler.Allocs
}

// partial reports whether an experiment ended before its last run.
func partial(r profiler.Report) bool {
	return slices.Contains([]string{profiler.Failed, profiler.Canceled, profiler.Interrupted}, r.State)
}

// leading is the comparison that a headline is about: the first that carries the verdict.
// Memory goes before time, for memory is what the experiment is about.
func leading(primary []profiler.Comparison, verdict string) *profiler.Comparison {
	if verdict == Mixed {
		verdict = profiler.Better
	}
	var lead *profiler.Comparison
	for i, c := range primary {
		if c.Verdict == verdict && (lead == nil || lead.Unit == profiler.NsPerOp) {
			lead = &primary[i]
		}
	}
	if lead == nil && len(primary) > 0 {
		lead = &primary[0]
	}
	return lead
}

// costs are the comparisons of a variant that became worse, of the primary metrics and of what
// else a saving may cost.
func costs(r profiler.Report, after string) []profiler.Comparison {
	var worse []profiler.Comparison
	for _, c := range r.Comparisons {
		if c.Variant == after && c.Verdict == profiler.Worse && (c.Primary || slices.Contains(priceUnits, c.Unit)) {
			worse = append(worse, c)
		}
	}
	return worse
}

// price is the clause of a headline that says what the saving costs: first what became
// worse, else what is known of time.
func price(r profiler.Report, after string, lead *profiler.Comparison) string {
	var worse []string
	for _, c := range costs(r, after) {
		worse = append(worse, change(c)+" "+noun(c.Unit))
	}
	if len(worse) > 0 {
		return ", at the price of " + list(worse)
	}
	if lead.Unit == profiler.NsPerOp {
		return ""
	}
	switch c := r.Comparison(after, profiler.NsPerOp); {
	case c == nil:
		return ""
	case c.Verdict == profiler.Better:
		return ", and " + change(*c) + " time"
	case c.Verdict == profiler.Same:
		return ", with no cost in time"
	case !c.P.Finite():
		return ", with time not tested"
	default:
		return ", with no clear cost in time"
	}
}

// support is the sentences below a headline: the other primary metrics, then time. What
// memory did, and why, Explain says.
func support(r profiler.Report, after string, primary []profiler.Comparison, lead *profiler.Comparison) string {
	all := slices.Clone(primary)
	if c := r.Comparison(after, profiler.NsPerOp); c != nil && !c.Primary {
		all = append(all, *c)
	}
	var sentences, same, untested, doubts []string
	for _, c := range all {
		if slices.Contains(qualityUnits, c.Unit) {
			continue // see quality
		}
		before, value := Reading(r, r.Variants[0].Name, c.Unit, c.Baseline), Reading(r, c.Variant, c.Unit, c.Value)
		switch {
		case c.Verdict == profiler.Same:
			same = append(same, fmt.Sprintf("%s (%s)", noun(c.Unit), value))
		case !decided(c) && !c.P.Finite():
			untested = append(untested, fmt.Sprintf("%s (%s and %s)", noun(c.Unit), before, value))
		case !decided(c):
			doubts = append(doubts, fmt.Sprintf("%s is unclear: %s and %s (%s).", upperFirst(noun(c.Unit)), before, value, doubt(c)))
		case c.Unit != lead.Unit:
			sentences = append(sentences, fmt.Sprintf("%s went %s from %s to %s.", upperFirst(noun(c.Unit)), way(c), before, value))
		}
	}
	if len(same) > 0 {
		sentences = append(sentences, upperFirst(list(same))+" did not change.")
	}
	if len(untested) > 0 {
		sentences = append(sentences, "Too few rounds to test "+list(untested)+".")
	}
	sentences = append(sentences, doubts...)
	sentences = append(sentences, quality(r, after)...)
	if !slices.ContainsFunc(primary, decided) && slices.ContainsFunc(primary, undecided) {
		sentences = append(sentences, remedy(r))
	}
	return strings.Join(sentences, " ")
}

// qualityUnits are what a saving may cost besides time: how good the results are.
var qualityUnits = []string{profiler.MaxAbsErr, profiler.Accuracy, profiler.Loss}

// priceUnits are all that a saving may cost.
var priceUnits = append([]string{profiler.NsPerOp, profiler.PeakRSS}, qualityUnits...)

// quality says what became of the results: numbers in any case, for "no change" is an answer
// too.
func quality(r profiler.Report, after string) []string {
	var parts []string
	for _, unit := range qualityUnits {
		c := r.Comparison(after, unit)
		switch {
		case c == nil:
		case unit == profiler.MaxAbsErr && c.Value.Center == 0:
			parts = append(parts, "outputs equal to the bit")
		case unit == profiler.MaxAbsErr:
			parts = append(parts, "outputs off by up to "+Value(unit, float64(c.Value.Center)))
		default:
			parts = append(parts, fmt.Sprintf("%s %s instead of %s", noun(unit), Value(unit, float64(c.Value.Center)), Value(unit, float64(c.Baseline.Center))))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return []string{"The price in results: " + list(parts) + "."}
}

func way(c profiler.Comparison) string {
	if c.Value.Center < c.Baseline.Center {
		return "down"
	}
	return "up"
}

// remedy is what would decide what was not decided.
func remedy(r profiler.Report) string {
	together := 0 // comparisons whose p-values were corrected for each other
	for _, c := range r.Comparisons {
		if c.Primary && c.P.Finite() {
			together++
		}
	}
	if count := r.Config.Count; profiler.Decidable(count) < together {
		return fmt.Sprintf("However large changes are, %s cannot decide %d comparisons that are judged together: that takes %d.",
			plural(count, "round"), together, profiler.RoundsFor(together))
	}
	return "More rounds narrow the intervals."
}

// doubt is why a tested comparison is not decided.
func doubt(c profiler.Comparison) string {
	switch {
	case c.P >= 0.05:
		return Significance(c)
	case c.PAdjusted >= 0.05:
		return Significance(c) + ", not enough among those judged together"
	default:
		return Significance(c) + ", but not beyond the noise floor"
	}
}

func decided(c profiler.Comparison) bool {
	return c.Verdict == profiler.Better || c.Verdict == profiler.Worse
}

func undecided(c profiler.Comparison) bool { return c.Verdict == profiler.Unclear }

// change writes the change of a comparison: in percent, or in the unit itself where the
// baseline is 0 or the unit is a share.
func change(c profiler.Comparison) string {
	if profiler.LookupUnit(c.Unit).Quantity == profiler.Share {
		return Signed(c.Unit, float64(c.Value.Center-c.Baseline.Center))
	}
	if c.Delta.Finite() {
		return Percent(float64(c.Delta))
	}
	delta := float64(c.Value.Center - c.Baseline.Center)
	if delta == 0 {
		return "0%"
	}
	return Signed(c.Unit, delta)
}

// Reading writes the centre of an interval of a variant. Counts of allocations are never
// "0" where bytes were allocated: the runtime's own figure is rounded down.
func Reading(r profiler.Report, variant, unit string, iv profiler.Interval) string {
	if unit == profiler.AllocsPerOp && iv.Center == 0 && bytesPerOp(r, variant) > 0 {
		return "< 1"
	}
	return Value(unit, float64(iv.Center))
}

func bytesPerOp(r profiler.Report, variant string) float64 {
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

// noun is a unit's title within a sentence.
func noun(unit string) string {
	title := strings.ReplaceAll(profiler.LookupUnit(unit).Title, "per op", "per operation")
	if title == unit || len(title) > 1 && strings.ToUpper(title[:2]) == title[:2] {
		return title
	}
	return strings.ToLower(title[:1]) + title[1:]
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func baselineName(r profiler.Report) string {
	if len(r.Variants) == 0 {
		return "the baseline"
	}
	return Plain(r.Variants[0].Name)
}

// list joins words as a sentence does.
func list(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
	return strings.Join(words, "")
}

// observed is how many times less than the baseline a comparison's variant is. Where
// nothing is left it is infinite; where neither side has anything it is not a number.
func observed(c profiler.Comparison) float64 {
	b, v := float64(c.Baseline.Center), float64(c.Value.Center)
	if v == 0 && b > 0 {
		return math.Inf(1)
	}
	return b / v
}
