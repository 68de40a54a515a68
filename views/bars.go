package views

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// A barChart has a bar for every variant, for one metric. Its scale starts at 0. Lengths are in percent
// of its width.
type barChart struct {
	Unit       profiler.Unit
	Comparison report.Comparison // of the variant that the page is about
	Bars       []bar
	Band       band   // the noise floor around the baseline
	Label      string // the chart in words
}

// A bar is one variant's centre with its interval.
type bar struct {
	Variant  string
	Role     string // "before", "after", or "other-1", "other-2" … of those not chosen
	Width    float64
	Lo, Hi   float64
	Whiskers bool // Lo and Hi are defined and differ
	Value    string
	Ends     string
}

// A band is a range of a scale. Its width is 0 if there is none.
type band struct{ X, Width float64 }

// full is the position of the largest value of a chart. The rest is space for its whisker's cap.
const full = 98

// sliver is the least width of a value that is not 0, to keep it visible.
const sliver = 1.2

// barCharts returns a chart for each listed comparison of the chosen variant, in the report's order.
func barCharts(r report.Report, after string) []barChart {
	var charts []barChart
	for _, c := range r.Comparisons {
		if c.Variant == after && report.Listed(r, after, c.Unit) {
			charts = append(charts, newBarChart(r, c))
		}
	}
	return charts
}

// foldSame splits charts into those that a page shows, which are the primary metrics, time and all
// that changed, and the others, which did not change.
func foldSame(charts []barChart) (shown, same []barChart) {
	for _, chart := range charts {
		c := chart.Comparison
		if c.Primary || profiler.IsLead(c.Unit, profiler.RoleTime) || c.Verdict != report.Same {
			shown = append(shown, chart)
		} else {
			same = append(same, chart)
		}
	}
	return shown, same
}

// commonWarnings removes the warnings that several charts have from them, and returns each once.
func commonWarnings(charts []barChart) []string {
	count := map[string]int{}
	for _, chart := range charts {
		for _, w := range chart.Comparison.Warnings {
			count[w]++
		}
	}
	var common []string
	for i := range charts {
		c := &charts[i].Comparison
		var own []string
		for _, w := range c.Warnings {
			switch {
			case count[w] == 1:
				own = append(own, w)
			case !slices.Contains(common, w):
				common = append(common, w)
			}
		}
		c.Warnings = own
	}
	return common
}

// metricWarnings returns the warnings that several metrics of a variant have.
func metricWarnings(r report.Report, after string) []string {
	return commonWarnings(barCharts(r, after))
}

func newBarChart(r report.Report, c report.Comparison) barChart {
	chart := barChart{Unit: profiler.LookupUnit(c.Unit), Comparison: c}
	var intervals []report.Interval
	largest := 0.0
	floor := float64(c.Floor) / 100
	for i, v := range r.Variants {
		iv, ok := c.Baseline, true
		if i > 0 {
			other := r.Comparison(v.Name, c.Unit)
			if ok = other != nil; ok {
				iv = other.Value
			}
		}
		if !ok || !iv.Center.Finite() {
			continue
		}
		largest = math.Max(largest, float64(iv.Center))
		if iv.Hi.Finite() {
			largest = math.Max(largest, float64(iv.Hi))
		}
		intervals = append(intervals, iv)
		chart.Bars = append(chart.Bars, bar{
			Variant: v.Name,
			Role:    role(r, i, c.Variant),
			Value:   report.CenterText(r, v.Name, c.Unit, iv),
			Ends:    report.Ends(c.Unit, iv),
		})
	}
	// The scale includes the whole band, unless that would make the bars small.
	if top := float64(c.Baseline.Center) * (1 + floor); words.Finite(top) {
		largest = math.Max(largest, math.Min(top, 1.3*largest))
	}
	x := func(v float64) float64 {
		if largest == 0 {
			return 0
		}
		return math.Max(v, 0) / largest * full
	}
	texts := make([]string, len(chart.Bars))
	for i := range chart.Bars {
		b, iv := &chart.Bars[i], intervals[i]
		b.Width = x(float64(iv.Center))
		if iv.Center > 0 {
			b.Width = math.Max(b.Width, sliver)
		}
		if iv.Lo.Finite() && iv.Hi.Finite() && iv.Lo != iv.Hi {
			b.Lo, b.Hi, b.Whiskers = x(float64(iv.Lo)), x(float64(iv.Hi)), true
		}
		texts[i] = strings.TrimSpace(words.Plain(b.Variant) + " " + b.Value + " " + b.Ends)
	}
	if words.Finite(floor) {
		center := float64(c.Baseline.Center)
		lo, hi := x(center*(1-floor)), math.Min(x(center*(1+floor)), 100)
		chart.Band = band{X: lo, Width: hi - lo}
	}
	chart.Label = chart.Unit.Title + ": " + strings.Join(texts, ", ")
	return chart
}

// role returns the role of a variant in a chart, see bar.
func role(r report.Report, i int, after string) string {
	switch {
	case i == 0:
		return "before"
	case r.Variants[i].Name == after:
		return "after"
	}
	return "other-" + strconv.Itoa((i-1)%3+1)
}

// percent writes a length for SVG.
func percent(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) + "%" }
