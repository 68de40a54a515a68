package report

import (
	"slices"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// Compared returns the names of the variants that have a comparison, in their order.
func Compared(r Report) []string {
	var names []string
	for _, v := range r.Variants {
		if slices.ContainsFunc(r.Comparisons, func(c Comparison) bool { return c.Variant == v.Name }) {
			names = append(names, v.Name)
		}
	}
	return names
}

// Chosen returns the variant that a page or an export shows: the requested one if it was compared,
// otherwise the best one, or the last compared one. After an experiment that ended early, some
// variants may lack comparisons.
func Chosen(r Report, requested string) string {
	names := Compared(r)
	best, _ := recommend(r)
	switch {
	case slices.Contains(names, requested):
		return requested
	case best != "":
		return best
	case len(names) > 0:
		return names[len(names)-1]
	}
	return LastVariant(r)
}

// LastVariant returns the name of the last variant, or "".
func LastVariant(r Report) string {
	if len(r.Variants) == 0 {
		return ""
	}
	return r.Variants[len(r.Variants)-1].Name
}

// MainComparisons returns the comparisons of a variant for a short table: the primary metrics and
// the possible prices.
func MainComparisons(r Report, after string) []Comparison {
	var out []Comparison
	for _, c := range r.Comparisons {
		if c.Variant == after && (c.Primary || isPrice(c.Unit)) {
			out = append(out, c)
		}
	}
	return out
}

// RowWarnings returns the statistical warnings of all rows without duplicates.
func RowWarnings(rows []RowReport) []string {
	var out []string
	for _, row := range rows {
		for _, c := range slices.Concat(row.Along, row.Comparisons) {
			for _, w := range c.Warnings {
				if !slices.Contains(out, w) {
					out = append(out, w)
				}
			}
		}
	}
	return out
}

// LabelText writes the labels of a report in one line, such as "n=1, mode=up", without the param that a
// sweep varies.
func LabelText(r Report) string {
	var parts []string
	for _, name := range r.LabelNames() {
		if r.Sweep == nil || name != r.Sweep.Over {
			parts = append(parts, words.Plain(name)+"="+words.Plain(r.Labels[name]))
		}
	}
	return strings.Join(parts, ", ")
}

// UndecidedWord returns the words for a comparison that is neither better nor worse.
func UndecidedWord(c Comparison) string {
	switch {
	case c.Verdict == Same:
		return "unchanged"
	case c.Verdict == Changed:
		return "changed"
	case c.Reason == TooFewRounds:
		return "too few rounds"
	case c.Reason == TooNoisy:
		return "too noisy"
	case c.Reason.Incomparable():
		return "not comparable"
	}
	return "unclear"
}

// EndedHeading says how an experiment ended that did not finish all of its runs.
func EndedHeading(r Report) string {
	after := ""
	if r.RunsDone > 0 {
		after = " after " + words.Plural(r.RunsDone, "run")
	}
	switch r.State {
	case profiler.Failed:
		return "The experiment failed" + after
	case profiler.Canceled:
		return "The experiment was canceled" + after
	case profiler.Interrupted:
		return "The server stopped while the experiment ran"
	}
	return "The experiment has not ended"
}

// ImportCaveats returns the limits of comparing two profiles, as sentences.
func ImportCaveats(r Report) []string {
	sentences := []string{"A process that does more work allocates more. Compare processes that did the same work."}
	for _, w := range r.Warnings {
		sentences = append(sentences, words.Plain(w))
	}
	return sentences
}
