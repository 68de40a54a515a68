package views

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// A timelineChart is the memory of two variants over time, on one axis, with the difference
// of their main series below. Its boxes are 1000 wide and 1000 high, with y downwards, and are
// stretched to the available space.
type timelineChart struct {
	Main       string // name of the main series
	HasHeap    bool   // the heap and the last operation of both variants are known
	Lines      []timelineLine
	Difference timelineDifference
	Times      []tick
	Sizes      []tick
	Label      string // the chart in words
	Peaks      string // the highest values in words
	Data       string // as JSON, for the script that draws it with a cursor
	Rows       []timelineRow
	Marks      []tick // when a variant's last operation reached its peak
}

// A timelineLine is one series of one variant.
type timelineLine struct {
	Name string // such as "heap in use, fresh"
	Role string // "before" or "after"
	Kind string // "heap", "live", "rss" or "file"
	Path string // SVG path data
	Area string // the same closed down to 0; only of the main series
}

// A timelineDifference is the main series of the second variant minus that of the first, around a line
// of 0 in the middle of its box.
type timelineDifference struct {
	More, Less string // areas above and below 0
	Sizes      []tick
}

// A timelineRow is a row of the table of the same values.
type timelineRow struct {
	Variant                   string
	Heap, Live, RSS, File     string // highest values
	Span, Ops, Samples, Costs string
}

// A timelineGrid has the series of two variants at the same times. After the end of a variant, its values
// are NaN.
type timelineGrid struct {
	T     []float64 // milliseconds
	Kinds []timelineSeries
	Sides [2][][]float64 // values of each variant by series
}

// A timelineSeries is one of the series that a timeline can show.
type timelineSeries struct {
	kind, name string
	of         func(*profiler.Timeline) []float64
}

// heapSeries are the series of a process that reports its heap, in drawing order.
var heapSeries = []timelineSeries{
	{"rss", "resident", func(t *profiler.Timeline) []float64 { return sum(t.Anon, t.File) }},
	{"heap", "heap in use", func(t *profiler.Timeline) []float64 { return sum(t.Heap) }},
	{"live", "live after the last collection", func(t *profiler.Timeline) []float64 { return sum(t.Live) }},
}

// commandSeries are the series of a process that is only seen from outside.
var commandSeries = []timelineSeries{
	{"rss", "resident", func(t *profiler.Timeline) []float64 { return sum(t.Anon, t.File) }},
	{"file", "file-backed", func(t *profiler.Timeline) []float64 { return sum(t.File) }},
}

// main is the index of the series that is drawn with an area and compared.
func (g timelineGrid) main() int {
	return max(0, slices.IndexFunc(g.Kinds, func(s timelineSeries) bool { return s.kind == "heap" }))
}

func sum(series ...[]int64) []float64 {
	out := make([]float64, len(series[0]))
	for _, s := range series {
		for i, v := range s {
			out[i] += float64(v)
		}
	}
	return out
}

// newTimelineChart draws the baseline and another variant. It returns false if one of them has no
// timeline.
func newTimelineChart(r report.Report, after string) (timelineChart, bool) {
	sides := timelineSides(r, after)
	if len(sides) < 2 {
		return timelineChart{}, false
	}
	grid := newTimelineGrid(sides[0].Timeline, sides[1].Timeline)
	top, end := 0.0, grid.T[len(grid.T)-1]
	for _, values := range slices.Concat(grid.Sides[0], grid.Sides[1]) {
		top = math.Max(top, highest(values))
	}
	step, ceil := byteSteps(top)
	main := grid.main()
	c := timelineChart{Main: grid.Kinds[main].name, HasHeap: grid.Kinds[main].kind == "heap"}
	for i, side := range sides {
		role := []string{"before", "after"}[i]
		for n, s := range grid.Kinds {
			values := grid.Sides[i][n]
			line := timelineLine{Name: s.name + ", " + words.Plain(side.Name), Role: role, Kind: s.kind, Path: linePath(grid.T, values, end, ceil)}
			if n == main {
				line.Area = areaPath(grid.T, values, end, ceil)
			}
			c.Lines = append(c.Lines, line)
		}
		c.Rows = append(c.Rows, newTimelineRow(side))
		if c.HasHeap {
			c.Marks = append(c.Marks, tick{At: share(side.Timeline.Mark, end), Label: role})
		}
	}
	difference := minusSeries(grid.Sides[1][main], grid.Sides[0][main])
	c.Difference = newDifference(grid.T, difference, end)
	c.Sizes, c.Times = sizeTicks(step, ceil), timeTicks(end)
	c.Peaks = timelinePeaks(c)
	c.Label = fmt.Sprintf("Memory over %s. %s", words.Duration(end*1e6), c.Peaks)
	c.Data = timelineJSON(grid, difference, sides)
	return c, true
}

// timelinePeaks says how high the series went.
func timelinePeaks(c timelineChart) string {
	before, after := c.Rows[0], c.Rows[1]
	if !c.HasHeap {
		return fmt.Sprintf("Highest resident memory: %s %s, %s %s.", words.Plain(before.Variant), before.RSS, words.Plain(after.Variant), after.RSS)
	}
	return fmt.Sprintf("Highest heap in use: %s %s, %s %s. Highest resident memory: %s and %s.",
		words.Plain(before.Variant), before.Heap, words.Plain(after.Variant), after.Heap, before.RSS, after.RSS)
}

// timelineSides returns the baseline and the other variant, without those that have no timeline.
func timelineSides(r report.Report, after string) []report.VariantReport {
	var sides []report.VariantReport
	for i, v := range r.Variants {
		if (i == 0 || v.Name == after) && v.Timeline != nil && len(v.Timeline.T) > 1 {
			sides = append(sides, v)
		}
	}
	return sides
}

// newTimelineGrid resamples the series that both timelines have at the times of both.
func newTimelineGrid(a, b *profiler.Timeline) timelineGrid {
	g := timelineGrid{T: slices.Concat(a.T, b.T), Kinds: heapSeries}
	if a.Heap == nil || b.Heap == nil {
		g.Kinds = commandSeries
	}
	slices.Sort(g.T)
	g.T = slices.Compact(g.T)
	for i, t := range []*profiler.Timeline{a, b} {
		for _, s := range g.Kinds {
			g.Sides[i] = append(g.Sides[i], resample(t.T, s.of(t), g.T))
		}
	}
	return g
}

// resample interpolates a line between its points at other times. Beyond its ends the values are NaN.
func resample(t, values, at []float64) []float64 {
	out := make([]float64, len(at))
	for i, x := range at {
		n := sort.SearchFloat64s(t, x)
		switch {
		case n == len(t) || n == 0 && t[0] != x:
			out[i] = math.NaN()
		case t[n] == x:
			out[i] = values[n]
		default:
			part := (x - t[n-1]) / (t[n] - t[n-1])
			out[i] = values[n-1] + part*(values[n]-values[n-1])
		}
	}
	return out
}

func minusSeries(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] - b[i]
	}
	return out
}

func highest(values []float64) float64 {
	most := 0.0
	for _, v := range values {
		if words.Finite(v) {
			most = math.Max(most, v)
		}
	}
	return most
}

func share(v, whole float64) float64 {
	if whole <= 0 {
		return 0
	}
	return 100 * v / whole
}

// linePath draws the finite values from 0 to a ceiling.
func linePath(t, values []float64, end, ceil float64) string {
	var b strings.Builder
	command := "M"
	for i, v := range values {
		if !words.Finite(v) {
			continue
		}
		fmt.Fprintf(&b, "%s%s %s", command, coordinate(share(t[i], end)*10), coordinate(1000-share(v, ceil)*10))
		command = "L"
	}
	return b.String()
}

// areaPath returns the line closed down to 0.
func areaPath(t, values []float64, end, ceil float64) string {
	path := linePath(t, values, end, ceil)
	last := 0.0
	for i, v := range values {
		if words.Finite(v) {
			last = share(t[i], end) * 10
		}
	}
	return path + "L" + coordinate(last) + " 1000L0 1000Z"
}

func coordinate(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// newDifference draws positive differences above a line of 0 and negative ones below it.
func newDifference(t, values []float64, end float64) timelineDifference {
	largest := 0.0
	for _, v := range values {
		if words.Finite(v) {
			largest = math.Max(largest, math.Abs(v))
		}
	}
	_, ceil := byteSteps(largest)
	d := timelineDifference{Sizes: []tick{{0, "+" + words.Bytes(ceil)}, {50, "0"}, {100, words.Minus + words.Bytes(ceil)}}}
	area := func(clip func(float64) float64) string {
		var b strings.Builder
		b.WriteString("M0 500")
		last := 0.0
		for i, v := range values {
			if !words.Finite(v) {
				continue
			}
			last = share(t[i], end) * 10
			fmt.Fprintf(&b, "L%s %s", coordinate(last), coordinate(500-share(clip(v), ceil)*5))
		}
		return b.String() + "L" + coordinate(last) + " 500Z"
	}
	d.More = area(func(v float64) float64 { return math.Max(v, 0) })
	d.Less = area(func(v float64) float64 { return math.Min(v, 0) })
	return d
}

// byteSteps returns the distance of the ticks of an axis of bytes, and its upper end: 2, 4 or 5 steps of
// 1, 2 or 5 times a power of ten of a unit such as MiB.
func byteSteps(top float64) (step, ceil float64) {
	size := words.ScaleOf(math.Max(top, 1), words.ByteScales).Size
	if top > 512*size { // 600 KiB is easier to read as part of a MiB
		size *= 1024
	}
	step = ceiling(top/size/4) * size
	return step, step * math.Max(1, math.Ceil(top/step))
}

func sizeTicks(step, ceil float64) []tick {
	var ticks []tick
	for v := 0.0; v <= ceil*1.0001; v += step {
		ticks = append(ticks, tick{At: 100 - share(v, ceil), Label: words.Bytes(v)})
	}
	return ticks
}

// timeTicks returns about five times of an axis of milliseconds.
func timeTicks(end float64) []tick {
	step := ceiling(end / 5)
	var ticks []tick
	for v := 0.0; v <= end; v += step {
		ticks = append(ticks, tick{At: share(v, end), Label: words.Duration(v * 1e6)})
	}
	return ticks
}

func newTimelineRow(v report.VariantReport) timelineRow {
	t := v.Timeline
	most := func(series ...[]int64) string { return words.Bytes(highest(sum(series...))) }
	return timelineRow{
		Variant: v.Name,
		Heap:    most(t.Heap),
		Live:    most(t.Live),
		RSS:     most(t.Anon, t.File),
		File:    most(t.File),
		Span:    words.Duration(t.Mark * 1e6),
		Ops:     words.Count(float64(t.Ops)),
		Samples: words.Count(float64(t.Samples)),
		Costs:   words.Share(t.Cost),
	}
}

// timelineNote says how timelines were sampled.
func timelineNote(r report.Report, after string) string {
	sides, heap := timelineSides(r, after), true
	cost := 0.0
	var interval time.Duration
	for _, s := range sides {
		cost, interval = math.Max(cost, s.Timeline.Cost), max(interval, s.Timeline.Interval)
		heap = heap && s.Timeline.Heap != nil
	}
	if !heap {
		return fmt.Sprintf("The first run of each variant with all its processes, sampled from outside every %s at a cost of %s of one processor. Memory that was used only between two samples is not shown; the peaks above include it where the kernel counted it.",
			words.Duration(float64(interval)), words.Share(cost))
	}
	return fmt.Sprintf("One process of each variant, sampled every %s at a cost of %s of one processor. The process records every allocation, so its operations can take longer than the timed ones. Live memory is known only from the last collection and does not change between collections.",
		words.Duration(float64(interval)), words.Share(cost))
}

// timelineJSON writes the grid for the script: times in milliseconds, sizes in bytes, and null for
// missing values.
func timelineJSON(g timelineGrid, difference []float64, sides []report.VariantReport) string {
	type series struct {
		Name, Role, Kind string
		Main             bool // filled down to 0
		Values           []profiler.Float
	}
	out := struct {
		T          []float64
		Series     []series
		Difference []profiler.Float
		Marks      []float64
	}{T: g.T, Difference: floats(difference), Marks: []float64{}}
	for i, side := range sides {
		if side.Timeline.Heap != nil {
			out.Marks = append(out.Marks, side.Timeline.Mark)
		}
		for n, s := range g.Kinds {
			out.Series = append(out.Series, series{s.name + ", " + words.Plain(side.Name), []string{"before", "after"}[i], s.kind, n == g.main(), floats(g.Sides[i][n])})
		}
	}
	b, err := json.Marshal(out)
	if err != nil {
		return ""
	}
	return string(b)
}

func floats(values []float64) []profiler.Float {
	out := make([]profiler.Float, len(values))
	for i, v := range values {
		out[i] = profiler.Float(math.Round(v)) // NaN stays, and becomes null
	}
	return out
}
