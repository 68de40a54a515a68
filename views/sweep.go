package views

import (
	"fmt"
	"math"
	"net/url"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// A tradeChart plots peak RSS against a kind of time, with a line for every variant and a point for every
// value of the sweep. Positions are in percent of the chart.
type tradeChart struct {
	Memory, Time profiler.Unit
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
	Left, Right    float64 // ends of the time's interval
	Low, High      float64 // ends of the memory's interval; equal if there is none
	Worth          bool    // no other value of this variant needs less of both
	Named          bool    // its label is shown
	Memory, Time   float64 // medians
	memory, timing report.Interval
}

// tradeCharts draws a sweep against the time of an operation, and against the time of collections. A
// chart is missing if no variant has two points or there were no collections.
func tradeCharts(r report.Report, after string) []tradeChart {
	var charts []tradeChart
	for _, time := range profiler.Leads(profiler.RoleTime, profiler.RoleCollector) {
		for _, memory := range profiler.Leads(profiler.RoleResident) {
			if c, ok := newTradeChart(r, after, memory, time); ok {
				charts = append(charts, c)
			}
		}
	}
	return charts
}

func newTradeChart(r report.Report, after, memoryUnit, timeUnit string) (tradeChart, bool) {
	c := tradeChart{Memory: profiler.LookupUnit(memoryUnit), Time: profiler.LookupUnit(timeUnit)}
	most := 0.0
	for i, v := range r.Variants {
		line := tradeLine{Variant: v.Name, Role: role(r, i, after)}
		for _, p := range r.Rows {
			memory, timing := report.NewInterval(p.Sample(v.Name, memoryUnit)), report.NewInterval(p.Sample(v.Name, timeUnit))
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

// name chooses the points whose labels are shown, so that labels do not overlap: the first and the last
// of a line come before the others.
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

// place scales the points to axes from the smallest to the largest value, with some margin.
func (c *tradeChart) place() {
	memory, timing := spanOf(c.Lines, func(p tradePoint) (float64, report.Interval) { return p.Memory, p.memory }),
		spanOf(c.Lines, func(p tradePoint) (float64, report.Interval) { return p.Time, p.timing })
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
		c.Sizes = append(c.Sizes, tick{100 - memory.at(v), words.Bytes(v)})
	}
	for _, v := range timing.ticks(1) {
		c.Times = append(c.Times, tick{timing.at(v), words.Value(c.Time.Name, v)})
	}
}

// A span is the range of an axis.
type span struct{ lo, hi float64 }

func spanOf(lines []tradeLine, of func(tradePoint) (float64, report.Interval)) span {
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

func (s span) ends(i report.Interval) (lo, hi float64) {
	if !i.Lo.Finite() {
		return s.at(float64(i.Center)), s.at(float64(i.Center))
	}
	return s.at(float64(i.Lo)), s.at(float64(i.Hi))
}

// ticks returns about five round numbers within the span, in a unit whose steps are base apart.
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

// markFrontiers marks for every variant the values that no other value beats in both. It marks none if
// no value has a decided difference from the first.
func (c *tradeChart) markFrontiers(r report.Report) {
	over := words.Plain(r.Sweep.Title())
	var texts, frontiers []string
	for i := range c.Lines {
		line := &c.Lines[i]
		first, last := line.Points[0], line.Points[len(line.Points)-1]
		texts = append(texts, fmt.Sprintf("%s from %s and %s at %s to %s and %s at %s", words.Plain(line.Variant),
			words.Bytes(first.Memory), words.Value(c.Time.Name, first.Time), words.Plain(first.Value), words.Bytes(last.Memory), words.Value(c.Time.Name, last.Time), words.Plain(last.Value)))
		if !differs(r.Rows, line.Variant, c.Memory.Name, c.Time.Name) {
			frontiers = append(frontiers, words.Plain(line.Variant)+": no value is clearly better")
			continue
		}
		var pairs [][2]float64
		for _, p := range line.Points {
			pairs = append(pairs, [2]float64{p.Memory, p.Time})
		}
		var worth []string
		for n, on := range report.Frontier(pairs) {
			if line.Points[n].Worth = on; on {
				worth = append(worth, words.Plain(line.Points[n].Value))
			}
		}
		frontiers = append(frontiers, fmt.Sprintf("%s: %s = %s", words.Plain(line.Variant), over, strings.Join(worth, ", ")))
	}
	c.Frontiers = strings.Join(frontiers, "; ")
	c.Label = c.Memory.Title + " against " + words.Noun(c.Time.Name) + ": " + strings.Join(texts, "; ")
}

// differs reports whether a variant has a decided difference of memory or time from the first value.
func differs(points []report.RowReport, variant string, units ...string) bool {
	for _, p := range points {
		for _, u := range units {
			if c := p.AlongOf(variant, u); c != nil && c.Verdict.Decided() {
				return true
			}
		}
	}
	return false
}

// pointURL returns the address of the launch form of a comparison at one value of a sweep.
func pointURL(r report.Report, value string) string {
	name := r.Sweep.Over
	if !r.Sweep.IsSetting() {
		name = "param." + name
	}
	query := url.Values{"from": {fmt.Sprint(r.ID)}, "over": {""}, "values": {""}, name: {value}}
	return "/experiments/new?" + query.Encode()
}

// sweepIntervals says whether the medians of so many rounds have confidence intervals.
func sweepIntervals(rounds int) string {
	if rounds < report.IntervalRounds {
		return ""
	}
	return " with 95% confidence intervals"
}
