package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// A Trade says how one variant changes from the first value of a sweep to the last.
type Trade struct {
	Variant string
	Lead    string // the gain
	Text    string // its price, and the numbers
}

// Trades returns the trade of each variant.
func Trades(rows []RowReport) []Trade {
	if len(rows) < 2 {
		return nil
	}
	var out []Trade
	last := &rows[len(rows)-1]
	for _, v := range last.Variants {
		memory, timing := last.alongLead(v.Name, profiler.RoleResident), last.alongLead(v.Name, profiler.RoleTime)
		if memory == nil || timing == nil {
			continue
		}
		lead, text := trade(*memory, *timing, last.alongLead(v.Name, profiler.RoleCollector))
		out = append(out, Trade{Variant: v.Name, Lead: lead, Text: text})
	}
	return out
}

// concludeSweep returns the trade of the baseline, with those of all variants as the text.
func concludeSweep(r Report) Conclusion {
	trades := Trades(r.Rows)
	if len(trades) == 0 {
		return Conclusion{Headline: "Too little was measured to compare " + sweepRange(r.Sweep)}
	}
	if needs, has := roundsNeeded(r); needs > 0 {
		return Conclusion{
			Badge:    needsBadge(needs, has),
			Headline: "Too few rounds to compare " + sweepRange(r.Sweep),
		}
	}
	lines := make([]string, len(trades))
	for i, t := range trades {
		lines[i] = words.Plain(t.Variant) + " " + t.Lead + t.Text
	}
	first, _, _ := strings.Cut(trades[0].Lead+trades[0].Text, " (")
	return Conclusion{
		Headline: fmt.Sprintf("%s: %s %s", words.Plain(trades[0].Variant), sweepRange(r.Sweep), strings.TrimSuffix(first, ".")),
		Text:     strings.Join(lines, " "),
	}
}

// roundsNeeded returns the rounds that a sweep needs and has, if too few rounds are the reason that
// nothing is decided along it. Otherwise it returns 0.
func roundsNeeded(r Report) (needs, has int) {
	for _, row := range r.Rows {
		for _, c := range row.Along {
			switch {
			case c.Verdict != Unclear:
				return 0, 0
			case c.Reason == TooFewRounds:
				needs, has = max(needs, c.NeedsRounds), min(c.Baseline.N, c.Value.N)
			}
		}
	}
	return needs, has
}

// trade describes the changes of memory and time. If noise hides the change of time, it uses the
// time of collections, which may be nil, instead.
func trade(memory, timing Comparison, collections *Comparison) (lead, text string) {
	spent, hidden := timing, ""
	if !timing.Verdict.Decided() && collections != nil && collections.Verdict.Decided() && matters(*collections, timing) {
		spent = *collections
		hidden = fmt.Sprintf(" The time per operation does not show it: %s (%s, %s).", words.Value(timing.Unit, float64(timing.Value.Center)), Change(timing), UndecidedWord(timing))
	}
	m, t := Change(memory)+" "+words.Noun(memory.Unit), Change(spent)+" "+words.Noun(spent.Unit)
	numbers := fmt.Sprintf(" (%s and %s).", bothEnds(memory), bothEnds(spent)) + hidden
	switch {
	case spent.Verdict == Better && memory.Verdict == Worse:
		return "gives " + t, " for " + m + numbers
	case spent.Verdict == Worse && memory.Verdict == Better:
		return "gives " + m, " for " + t + numbers
	case spent.Verdict == Better && memory.Verdict == Better:
		return "saves both", ": " + t + " and " + m + numbers
	case spent.Verdict == Worse && memory.Verdict == Worse:
		return "costs both", ": " + t + " and " + m + numbers
	case spent.Verdict == Better:
		return "gives " + t, ", with " + costText(memory, words.Noun(memory.Unit)) + numbers
	case memory.Verdict == Better:
		return "gives " + m, ", with " + costText(spent, "time") + numbers
	case memory.Verdict == Worse:
		return "gives no clear gain", " for " + m + numbers
	case spent.Verdict == Worse:
		return "gives no clear gain", " for " + t + numbers
	case spent.Verdict == Same && memory.Verdict == Same:
		return "changes neither", " by more than a margin" + numbers
	}
	return "shows no clear change", numbers
}

// costText says what is known about a metric that is neither better nor worse.
func costText(c Comparison, noun string) string {
	switch interval := ChangeRange(c); {
	case c.Verdict == Same:
		return "no cost in " + noun
	case c.Reason.Incomparable() || interval == "":
		return noun + " not tested"
	default:
		return noun + " unclear, " + interval
	}
}

// matters reports whether the time of collections changed by more than 1% of an operation's time.
func matters(collections, timing Comparison) bool {
	return math.Abs(float64(collections.Change))*1e9 > 0.01*float64(timing.Baseline.Center)
}

// bothEnds writes the two medians of a comparison.
func bothEnds(c Comparison) string {
	return words.Value(c.Unit, float64(c.Baseline.Center)) + " to " + words.Value(c.Unit, float64(c.Value.Center))
}

// sweepRange writes the first and the last value of a sweep.
func sweepRange(s *profiler.Sweep) string {
	return fmt.Sprintf("%s from %s to %s", words.Plain(s.Title()), words.Plain(s.Values[0]), words.Plain(s.Values[len(s.Values)-1]))
}

// SweepUnits returns the metrics of the tables of a sweep: time and resident memory, if they were
// measured.
func SweepUnits(r Report) []string {
	return slices.DeleteFunc(profiler.Leads(profiler.RoleTime, profiler.RoleResident), func(unit string) bool {
		return !slices.ContainsFunc(r.Rows, func(row RowReport) bool {
			return slices.ContainsFunc(row.Variants, func(v VariantReport) bool { return len(v.Samples[unit]) > 0 })
		})
	})
}

// A MeanLine holds the mean changes of one metric: geometric means over all rows.
type MeanLine struct {
	Unit  string
	Means []string // of every variant but the baseline
}

// MeanLines returns the means of peak RSS and of the primary metrics. It skips rows in which one side
// is 0.
func MeanLines(r Report) []MeanLine {
	var lines []MeanLine
	for _, unit := range append(profiler.Leads(profiler.RoleResident), r.Primary...) {
		line := MeanLine{Unit: unit}
		compared := 0
		for _, v := range r.Variants[1:] {
			var all []Comparison
			for i := range r.Rows {
				if c := r.Rows[i].Comparison(v.Name, unit); c != nil {
					all = append(all, *c)
				}
			}
			all = Comparable(all)
			compared += len(all)
			mean, skipped := GeoMean(all)
			text := words.None
			if mean.Finite() {
				text = words.Percent(100 * (float64(mean) - 1))
			}
			if skipped > 0 {
				text += fmt.Sprintf(" (0 at %d of %d)", skipped, len(all))
			}
			line.Means = append(line.Means, text)
		}
		if compared > 0 {
			lines = append(lines, line)
		}
	}
	return lines
}
