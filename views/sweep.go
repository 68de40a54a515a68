package views

import (
	"fmt"
	"math"
	"net/url"
	"strings"

	"heaplab/profiler"
)

// A tradeChart holds peak RSS against a kind of time, with a line of points for every
// variant: one point is one value of the sweep. Places are in percent of the chart.
type tradeChart struct {
	Unit         profiler.Unit // of the time
	Lines        []tradeLine
	Sizes, Times []tick
	Label        string // the chart in words
	Frontiers    string // of every variant, in words
}

// A tradeLine is the points of one variant, in the order of the sweep.
type tradeLine struct {
	Variant string
	Role    string // as of a bar
	Path    string // SVG path data in a box of 1000 by 1000
	Points  []tradePoint
}

// A tradePoint is one value of a sweep, with the intervals of its two medians.
type tradePoint struct {
	Value          string
	X, Y           float64
	Left, Right    float64 // ends of the interval of the time
	Low, High      float64 // of the memory; equal where there is none
	Worth          bool    // no other value of this variant takes less of both
	Named          bool    // there is room for its label
	Memory, Time   float64 // medians
	memory, timing profiler.Interval
}

// tradeCharts draw a sweep: against the time of an operation, and against what of it goes to
// collections. There is none where no variant has two points, or nothing was collected.
func tradeCharts(r profiler.Report, after string) []tradeChart {
	var charts []tradeChart
	for _, unit := range []string{profiler.NsPerOp, profiler.GCCPU} {
		if c, ok := newTradeChart(r, after, unit); ok {
			charts = append(charts, c)
		}
	}
	return charts
}

func newTradeChart(r profiler.Report, after, unit string) (tradeChart, bool) {
	c := tradeChart{Unit: profiler.LookupUnit(unit)}
	most := 0.0
	for i, v := range r.Variants {
		line := tradeLine{Variant: v.Name, Role: role(r, i, after)}
		for _, p := range r.Points {
			memory, timing := profiler.NewInterval(p.Sample(v.Name, profiler.PeakRSS)), profiler.NewInterval(p.Sample(v.Name, unit))
			most = math.Max(most, highest([]float64{float64(timing.Center)}))
			if memory.Center.Finite() && timing.Center.Finite() {
				line.Points = append(line.Points, tradePoint{
					Value: p.Value, Memory: float64(memory.Center), Time: float64(timing.Center), memory: memory, timing: timing,
				})
			}
		}
		if len(line.Points) > 1 {
			c.Lines = append(c.Lines, line)
		}
	}
	if len(c.Lines) == 0 || most == 0 {
		return c, false
	}
	c.place()
	c.name()
	c.markFrontiers(r)
	return c, true
}

// name gives labels to the points that have room for one: the first and the last of a line
// before those between them.
func (c *tradeChart) name() {
	const width, height = 9, 7 // of a label, in percent of the chart
	var named []tradePoint
	room := func(p tradePoint) bool {
		for _, q := range named {
			if math.Abs(p.X-q.X) < width && math.Abs(p.Y-q.Y) < height {
				return false
			}
		}
		return true
	}
	for _, ends := range []bool{true, false} {
		for i := range c.Lines {
			points := c.Lines[i].Points
			for n := range points {
				if isEnd := n == 0 || n == len(points)-1; isEnd == ends && room(points[n]) {
					points[n].Named = true
					named = append(named, points[n])
				}
			}
		}
	}
}

// place puts all points on two axes that reach from the least to the most, with some air.
func (c *tradeChart) place() {
	memory, timing := spanOf(c.Lines, func(p tradePoint) (float64, profiler.Interval) { return p.Memory, p.memory }),
		spanOf(c.Lines, func(p tradePoint) (float64, profiler.Interval) { return p.Time, p.timing })
	for i := range c.Lines {
		var path strings.Builder
		for n := range c.Lines[i].Points {
			p := &c.Lines[i].Points[n]
			p.X, p.Y = timing.at(p.Time), 100-memory.at(p.Memory)
			p.Left, p.Right = timing.ends(p.timing)
			high, low := memory.ends(p.memory)
			p.Low, p.High = 100-high, 100-low
			command := "L"
			if n == 0 {
				command = "M"
			}
			fmt.Fprintf(&path, "%s%s %s", command, coordinate(p.X*10), coordinate(p.Y*10))
		}
		c.Lines[i].Path = path.String()
	}
	for _, v := range memory.ticks(1 << 10) {
		c.Sizes = append(c.Sizes, tick{100 - memory.at(v), Bytes(v)})
	}
	for _, v := range timing.ticks(1) {
		c.Times = append(c.Times, tick{timing.at(v), Value(c.Unit.Name, v)})
	}
}

// A span is the part of a scale that an axis shows.
type span struct{ lo, hi float64 }

func spanOf(lines []tradeLine, of func(tradePoint) (float64, profiler.Interval)) span {
	s := span{math.Inf(1), math.Inf(-1)}
	for _, line := range lines {
		for _, p := range line.Points {
			center, interval := of(p)
			s.lo, s.hi = math.Min(s.lo, center), math.Max(s.hi, center)
			if interval.Lo.Finite() {
				s.lo, s.hi = math.Min(s.lo, float64(interval.Lo)), math.Max(s.hi, float64(interval.Hi))
			}
		}
	}
	air := math.Max((s.hi-s.lo)*0.12, s.hi*0.01)
	return span{math.Max(s.lo-air, 0), s.hi + air}
}

func (s span) at(v float64) float64 { return share(v-s.lo, s.hi-s.lo) }

func (s span) ends(i profiler.Interval) (lo, hi float64) {
	if !i.Lo.Finite() {
		return s.at(float64(i.Center)), s.at(float64(i.Center))
	}
	return s.at(float64(i.Lo)), s.at(float64(i.Hi))
}

// ticks are about five round numbers within the span, in a unit whose steps are base apart.
func (s span) ticks(base float64) []float64 {
	size := 1.0
	for s.hi >= size*base && base > 1 {
		size *= base
	}
	step := ceiling((s.hi-s.lo)/size/7) * size
	var out []float64
	for v := math.Ceil(s.lo/step) * step; v <= s.hi; v += step {
		out = append(out, v)
	}
	return out
}

// markFrontiers finds for every variant the values that no other one beats in both. There are
// none to choose from where no value differs from the first in a way that is decided.
func (c *tradeChart) markFrontiers(r profiler.Report) {
	over := Plain(r.Sweep.Title())
	var words, frontiers []string
	for i := range c.Lines {
		line := &c.Lines[i]
		first, last := line.Points[0], line.Points[len(line.Points)-1]
		words = append(words, fmt.Sprintf("%s from %s and %s at %s to %s and %s at %s", Plain(line.Variant),
			Bytes(first.Memory), Value(c.Unit.Name, first.Time), Plain(first.Value), Bytes(last.Memory), Value(c.Unit.Name, last.Time), Plain(last.Value)))
		if !differs(r.Points, line.Variant, c.Unit.Name) {
			frontiers = append(frontiers, Plain(line.Variant)+": no value is clearly better than another")
			continue
		}
		var pairs [][2]float64
		for _, p := range line.Points {
			pairs = append(pairs, [2]float64{p.Memory, p.Time})
		}
		var worth []string
		for n, on := range profiler.Frontier(pairs) {
			if line.Points[n].Worth = on; on {
				worth = append(worth, Plain(line.Points[n].Value))
			}
		}
		frontiers = append(frontiers, fmt.Sprintf("%s: %s = %s", Plain(line.Variant), over, strings.Join(worth, ", ")))
	}
	c.Frontiers = strings.Join(frontiers, "; ")
	c.Label = "Peak RSS against " + noun(c.Unit.Name) + ": " + strings.Join(words, "; ")
}

// differs reports whether a variant's memory or time differs at any value from the first in a
// way that is decided.
func differs(points []profiler.PointReport, variant, unit string) bool {
	for _, p := range points {
		for _, u := range []string{profiler.PeakRSS, unit} {
			if c := p.AlongOf(variant, u); c != nil && decided(*c) {
				return true
			}
		}
	}
	return false
}

// A purchase is what a sweep buys one variant, from its first value to its last.
type purchase struct {
	Variant string
	Lead    string // what is bought
	Text    string // the price, and the numbers
}

// purchases say in words what a sweep buys, a sentence a variant.
func purchases(points []profiler.PointReport) []purchase {
	if len(points) < 2 {
		return nil
	}
	var out []purchase
	last := &points[len(points)-1]
	for _, v := range last.Variants {
		memory, timing := last.AlongOf(v.Name, profiler.PeakRSS), last.AlongOf(v.Name, profiler.NsPerOp)
		if memory == nil || timing == nil {
			continue
		}
		lead, text := buys(*memory, *timing, last.AlongOf(v.Name, profiler.GCCPU))
		out = append(out, purchase{Variant: v.Name, Lead: lead, Text: text})
	}
	return out
}

// SweepSummary says in a sentence what a sweep buys one variant, or nothing where it was not
// measured.
func SweepSummary(s *profiler.Sweep, variant string, points []profiler.PointReport) string {
	for _, p := range purchases(points) {
		if p.Variant == variant {
			text, _, _ := strings.Cut(p.Lead+p.Text, " (")
			return fmt.Sprintf("%s: %s %s.", Plain(variant), rangeText(s), strings.TrimSuffix(text, "."))
		}
	}
	return ""
}

// CalibrationSummary says in a sentence what a calibration found of times and peak memory.
func CalibrationSummary(c *profiler.Calibration) string {
	var parts []string
	for _, unit := range []string{profiler.NsPerOp, profiler.PeakRSS} {
		if floor, ok := c.Floors[unit]; ok {
			parts = append(parts, noun(unit)+" ±"+figures(100*floor)+"%")
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "Noise: " + list(parts) + "."
}

// buys puts into words what happened to memory and to time. Where noise hides the time, what
// of it goes to collections speaks for it; that may be nil.
func buys(memory, timing profiler.Comparison, collections *profiler.Comparison) (lead, text string) {
	spent, hidden := timing, ""
	if !decided(timing) && collections != nil && decided(*collections) && matters(*collections, timing) {
		spent = *collections
		hidden = fmt.Sprintf(" In the time of a whole operation, %s, that is lost in the noise (%s).", Value(timing.Unit, float64(timing.Value.Center)), change(timing))
	}
	m, t := change(memory)+" peak RSS", change(spent)+" "+noun(spent.Unit)
	numbers := fmt.Sprintf(" (%s and %s).", bothEnds(memory), bothEnds(spent)) + hidden
	switch {
	case spent.Verdict == profiler.Better && memory.Verdict == profiler.Worse:
		return "buys " + t, " for " + m + numbers
	case spent.Verdict == profiler.Worse && memory.Verdict == profiler.Better:
		return "buys " + m, " for " + t + numbers
	case spent.Verdict == profiler.Better && memory.Verdict == profiler.Better:
		return "saves both", ": " + t + " and " + m + numbers
	case spent.Verdict == profiler.Worse && memory.Verdict == profiler.Worse:
		return "costs both", ": " + t + " and " + m + numbers
	case spent.Verdict == profiler.Better:
		return "buys " + t, ", at no decided cost in peak RSS" + numbers
	case memory.Verdict == profiler.Better:
		return "buys " + m, ", at no decided cost in time" + numbers
	case memory.Verdict == profiler.Worse:
		return "buys nothing", " that is decided, for " + m + numbers
	case spent.Verdict == profiler.Worse:
		return "buys nothing", " that is decided, for " + t + numbers
	case spent.Verdict == profiler.Same && memory.Verdict == profiler.Same:
		return "changes nothing", " beyond the noise floor" + numbers
	}
	return "changes nothing", " that is decided" + numbers
}

// matters reports whether collections changed by more than a hundredth of an operation's time.
func matters(collections, timing profiler.Comparison) bool {
	return math.Abs(float64(collections.Change))*1e9 > 0.01*float64(timing.Baseline.Center)
}

// bothEnds writes the two medians of a comparison.
func bothEnds(c profiler.Comparison) string {
	return Value(c.Unit, float64(c.Baseline.Center)) + " to " + Value(c.Unit, float64(c.Value.Center))
}

// rangeText writes from which value to which a sweep goes.
func rangeText(s *profiler.Sweep) string {
	return fmt.Sprintf("%s from %s to %s", Plain(s.Title()), Plain(s.Values[0]), Plain(s.Values[len(s.Values)-1]))
}

// A geometricRow is the geometric mean over a sweep's values of how one metric of every
// variant differs from the baseline.
type geometricRow struct {
	Unit  string
	Means []string // of every variant but the baseline
}

// geometrics are the means of peak RSS and of the units that a case is about. Where one side
// is 0 there is no ratio.
func geometrics(r profiler.Report) []geometricRow {
	var rows []geometricRow
	for _, unit := range append([]string{profiler.PeakRSS}, r.Primary...) {
		row := geometricRow{Unit: unit}
		compared := 0
		for _, v := range r.Variants[1:] {
			var all []profiler.Comparison
			for _, p := range r.Points {
				if c := p.Comparison(v.Name, unit); c != nil {
					all = append(all, *c)
				}
			}
			compared += len(all)
			mean, left := profiler.GeoMean(all)
			text := none
			if mean.Finite() {
				text = Percent(100 * (float64(mean) - 1))
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

// pointURL is the launch form of a comparison at one value of a sweep.
func pointURL(r profiler.Report, value string) string {
	name := r.Sweep.Over
	if !r.Sweep.IsSetting() {
		name = "param." + name
	}
	query := url.Values{"from": {fmt.Sprint(r.ID)}, "over": {""}, "values": {""}, name: {value}}
	return "/experiments/new?" + query.Encode()
}
