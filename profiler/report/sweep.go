package report

import (
	"fmt"
	"math"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// A Trade says what a sweep trades for one variant, from its first value to its last.
type Trade struct {
	Variant string
	Lead    string // what changes
	Text    string // its price, and the numbers
}

// Trades says in words what a sweep trades: a sentence for each variant.
func Trades(rows []RowReport) []Trade {
	if len(rows) < 2 {
		return nil
	}
	var out []Trade
	last := &rows[len(rows)-1]
	for _, v := range last.Variants {
		memory, timing := last.AlongOf(v.Name, profiler.PeakRSS), last.AlongOf(v.Name, profiler.NsPerOp)
		if memory == nil || timing == nil {
			continue
		}
		lead, text := trade(*memory, *timing, last.AlongOf(v.Name, profiler.GCCPU))
		out = append(out, Trade{Variant: v.Name, Lead: lead, Text: text})
	}
	return out
}

func concludeSweep(r Report) Conclusion {
	trades := Trades(r.Rows)
	if len(trades) == 0 {
		return Conclusion{Headline: "Too little was measured to compare " + SweepRange(r.Sweep)}
	}
	lines := make([]string, len(trades))
	for i, t := range trades {
		lines[i] = words.Plain(t.Variant) + " " + t.Lead + t.Text
	}
	return Conclusion{Headline: "Effect of " + SweepRange(r.Sweep), Text: strings.Join(lines, " ")}
}

// SweepSummary says in a sentence what a sweep trades for one variant. It is "" if the variant
// was not measured.
func SweepSummary(s *profiler.Sweep, variant string, rows []RowReport) string {
	for _, t := range Trades(rows) {
		if t.Variant == variant {
			text, _, _ := strings.Cut(t.Lead+t.Text, " (")
			return fmt.Sprintf("%s: %s %s.", words.Plain(variant), SweepRange(s), strings.TrimSuffix(text, "."))
		}
	}
	return ""
}

// CalibrationSummary says in a sentence how large the noise of time and peak memory is. It is ""
// if nothing was found.
func CalibrationSummary(c *Calibration) string {
	if c == nil {
		return ""
	}
	var parts []string
	for _, unit := range profiler.Leads(profiler.RoleTime, profiler.RoleResident) {
		if floor, ok := c.Floors[unit]; ok {
			parts = append(parts, words.Noun(unit)+" ±"+words.Figures(100*floor)+"%")
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "Noise: " + words.List(parts) + "."
}

// trade puts into words what happened to memory and to time. If noise hides the time, the time of
// collections stands for it; that may be nil.
func trade(memory, timing Comparison, collections *Comparison) (lead, text string) {
	spent, hidden := timing, ""
	if !timing.Verdict.Decided() && collections != nil && collections.Verdict.Decided() && matters(*collections, timing) {
		spent = *collections
		hidden = fmt.Sprintf(" Noise hides it in the time of a whole operation, %s (%s).", words.Value(timing.Unit, float64(timing.Value.Center)), Change(timing))
	}
	m, t := Change(memory)+" peak RSS", Change(spent)+" "+words.Noun(spent.Unit)
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
		return "gives " + t, ", at no decided cost in peak RSS" + numbers
	case memory.Verdict == Better:
		return "gives " + m, ", at no decided cost in time" + numbers
	case memory.Verdict == Worse:
		return "gives nothing", " that is decided, for " + m + numbers
	case spent.Verdict == Worse:
		return "gives nothing", " that is decided, for " + t + numbers
	case spent.Verdict == Same && memory.Verdict == Same:
		return "changes nothing", " beyond the noise floor" + numbers
	}
	return "changes nothing", " that is decided" + numbers
}

// matters reports whether collections changed by more than a hundredth of an operation's time.
func matters(collections, timing Comparison) bool {
	return math.Abs(float64(collections.Change))*1e9 > 0.01*float64(timing.Baseline.Center)
}

// bothEnds writes the two medians of a comparison.
func bothEnds(c Comparison) string {
	return words.Value(c.Unit, float64(c.Baseline.Center)) + " to " + words.Value(c.Unit, float64(c.Value.Center))
}

// SweepRange writes the first and the last value of a sweep.
func SweepRange(s *profiler.Sweep) string {
	return fmt.Sprintf("%s from %s to %s", words.Plain(s.Title()), words.Plain(s.Values[0]), words.Plain(s.Values[len(s.Values)-1]))
}

// A MeanRow holds the geometric means over all rows of one metric's ratio to the baseline.
type MeanRow struct {
	Unit  string
	Means []string // of every variant but the baseline
}

// Means returns the means of peak RSS and of the primary metrics. A row in which one side is 0
// has no ratio.
func Means(r Report) []MeanRow {
	var rows []MeanRow
	for _, unit := range append(profiler.Leads(profiler.RoleResident), r.Primary...) {
		row := MeanRow{Unit: unit}
		compared := 0
		for _, v := range r.Variants[1:] {
			var all []Comparison
			for i := range r.Rows {
				if c := r.Rows[i].Comparison(v.Name, unit); c != nil {
					all = append(all, *c)
				}
			}
			compared += len(all)
			mean, left := GeoMean(all)
			text := words.None
			if mean.Finite() {
				text = words.Percent(100 * (float64(mean) - 1))
			}
			if left > 0 {
				text += fmt.Sprintf(" (0 at %d of %d)", left, len(all))
			}
			row.Means = append(row.Means, text)
		}
		if compared > 0 {
			rows = append(rows, row)
		}
	}
	return rows
}
