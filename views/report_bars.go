package views

import (
	"fmt"
	"math"
	"strconv"

	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// barFill returns the pattern of a variant that is not the chosen one, or "".
func barFill(role string) string {
	switch role {
	case "other-1":
		return "url(#fill-1)"
	case "other-2":
		return "url(#fill-2)"
	case "other-3":
		return "url(#fill-3)"
	}
	return ""
}

// changeFoot writes the change of a metric in its unit, and its significance.
func changeFoot(chart barChart) string {
	c := chart.Comparison
	if c.Change == 0 || !words.Finite(float64(c.Change)) {
		return report.Significance(c)
	}
	text := words.Signed(c.Unit, float64(c.Change))
	if interval := report.ChangeRange(c); interval != "" && !chart.Unit.Exact {
		text += " (" + interval + ")"
	}
	return text + " · " + report.Significance(c)
}

// floorFoot writes the noise floor of a metric and its source.
func floorFoot(c report.Comparison) string {
	if c.Floor.Finite() && c.Floor <= 0 || report.FloorText(c) == words.None {
		return ""
	}
	text := "noise floor ±" + report.FloorText(c)
	if c.FloorMeasured {
		text += ", measured"
	}
	return text
}

func moreMetrics(n int, variant string) string {
	return words.Plural(n, "more metric") + " without a change in " + words.Plain(variant)
}

// barsLead says how many rounds the bars summarize. Variants of an experiment that ended early may have
// different numbers.
func barsLead(r report.Report) string {
	least, most := math.MaxInt, 0
	for _, c := range r.Comparisons {
		for _, iv := range []report.Interval{c.Baseline, c.Value} {
			least, most = min(least, iv.N), max(most, iv.N)
		}
	}
	if most == 0 {
		return "Medians"
	}
	text := "Medians of " + words.Plural(most, "round")
	if least < most {
		text = fmt.Sprintf("Medians of %d to %s", least, words.Plural(most, "round"))
	}
	if most < report.IntervalRounds {
		return text + "; confidence intervals of the median need " + strconv.Itoa(report.IntervalRounds)
	}
	return text + "; whiskers and brackets are 95% confidence intervals of the median"
}
