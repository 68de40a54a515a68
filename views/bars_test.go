package views

import (
	"math"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/report/reporttest"
)

func near(a, b float64) bool { return math.Abs(a-b) < 0.01 }

// Time is always shown, in whatever unit a subject measures it.
func TestFoldSameShowsTime(t *testing.T) {
	for unit, want := range map[string]bool{profiler.NsPerOp: true, profiler.WallTime: true, profiler.UserTime: false, profiler.HeapGoal: false} {
		shown, _ := foldSame([]barChart{{Comparison: report.Comparison{Unit: unit, Verdict: report.Same}}})
		if got := len(shown) == 1; got != want {
			t.Errorf("%s is shown: %v, want %v", unit, got, want)
		}
	}
}

func TestBarCharts(t *testing.T) {
	r := reporttest.Comparison()
	charts := barCharts(r, "preallocated")
	if len(charts) != 6 {
		t.Fatalf("%d charts, want one for each unit of the variant", len(charts))
	}
	c := charts[3] // time: all variants on one scale, the band's upper end at 98%
	if c.Unit.Name != profiler.NsPerOp || len(c.Bars) != 3 {
		t.Fatalf("chart %s with %d bars", c.Unit.Name, len(c.Bars))
	}
	largest := 1.05 * 3_412_000.0
	for i, want := range []struct {
		variant, role  string
		center, lo, hi float64
	}{
		{"fresh", "before", 3_412_000, 3_380_000, 3_466_000},
		{"resize", "other-1", 3_301_000, 3_270_000, 3_372_000},
		{"preallocated", "after", 3_447_000, 3_401_000, 3_489_000},
	} {
		b := c.Bars[i]
		if b.Variant != want.variant || b.Role != want.role || !b.Whiskers {
			t.Errorf("bar %d: %+v", i, b)
		}
		if !near(b.Width, want.center/largest*98) || !near(b.Lo, want.lo/largest*98) || !near(b.Hi, want.hi/largest*98) {
			t.Errorf("bar %d: lengths %.2f, %.2f, %.2f", i, b.Width, b.Lo, b.Hi)
		}
	}
	if !near(c.Band.X, 0.95*3_412_000/largest*98) || !near(c.Band.X+c.Band.Width, 98) {
		t.Errorf("band %+v", c.Band)
	}
	if want := "Time per op: fresh 3.41 ms 3.38 to 3.47 ms, resize 3.30 ms"; !strings.HasPrefix(c.Label, want) {
		t.Errorf("label %q, want %q…", c.Label, want)
	}
}

func TestBarChartEdges(t *testing.T) {
	r := reporttest.Comparison()
	wide := barCharts(r, "preallocated")[5] // one collection in 50 operations: the floor is large
	wide.Comparison.Floor = 400
	if b := newBarChart(r, wide.Comparison); b.Band.X != 0 || b.Band.Width != 100 || !near(b.Bars[0].Hi, 98/1.3) {
		t.Errorf("a band wider than all bars: %+v, whisker to %v", b.Band, b.Bars[0].Hi)
	}
	bytes := barCharts(r, "preallocated")[0]
	if got := bytes.Bars[2].Width; got != sliver {
		t.Errorf("384 B beside 1.1 MiB is %v wide, want a sliver", got)
	}
	if bytes.Bars[0].Whiskers {
		t.Error("whiskers without a spread")
	}
	r.Comparisons = []report.Comparison{reporttest.Against(profiler.BytesPerOp, "preallocated", reporttest.Exactly(0), reporttest.Exactly(0), 0, report.Same)}
	for _, b := range barCharts(r, "preallocated")[0].Bars {
		if b.Width != 0 {
			t.Errorf("nothing at all is %v wide", b.Width)
		}
	}
	r.Comparisons[0].Value = report.Interval{Center: 5, Lo: profiler.Undefined(), Hi: profiler.Undefined(), N: 3}
	c := barCharts(r, "preallocated")[0]
	if last := c.Bars[len(c.Bars)-1]; last.Whiskers || last.Width != full || last.Ends != "" {
		t.Errorf("too few runs for an interval: %+v", last)
	}
	if c.Band.Width != 0 {
		t.Errorf("a band around a baseline of 0: %+v", c.Band)
	}
}

// A warning of several charts is shown once, above them.
func TestCommonWarnings(t *testing.T) {
	charts := make([]barChart, 3)
	charts[0].Comparison.Warnings = []string{"few", "own"}
	charts[2].Comparison.Warnings = []string{"few"}
	if got := commonWarnings(charts); len(got) != 1 || got[0] != "few" {
		t.Errorf("common %q", got)
	}
	if got := charts[0].Comparison.Warnings; len(got) != 1 || got[0] != "own" || charts[2].Comparison.Warnings != nil {
		t.Errorf("left %q and %q", got, charts[2].Comparison.Warnings)
	}
}

func TestFoldSame(t *testing.T) {
	charts := barCharts(reporttest.Comparison(), "preallocated")
	for i := range charts {
		charts[i].Comparison.Verdict = report.Same
	}
	charts[4].Comparison.Verdict = report.Worse
	shown, same := foldSame(charts)
	if len(shown) != 5 || len(same) != 1 || same[0].Unit.Name != profiler.GCCycles {
		t.Errorf("%d charts are shown, %d folded", len(shown), len(same))
	}
}

func TestRole(t *testing.T) {
	var r report.Report
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		r.Variants = append(r.Variants, report.VariantReport{Name: name})
	}
	var got []string
	for i := range r.Variants {
		got = append(got, role(r, i, "c"))
	}
	if want := "before other-1 after other-3 other-1 other-2"; strings.Join(got, " ") != want {
		t.Errorf("roles %q, want %q", got, want)
	}
	if barFill("other-3") == "" || barFill("after") != "" {
		t.Error("only further variants have a pattern")
	}
}

func TestBarsLead(t *testing.T) {
	of := func(before, after int) report.Report {
		return report.Report{Comparisons: []report.Comparison{{Baseline: report.Interval{N: before}, Value: report.Interval{N: after}}}}
	}
	for _, test := range []struct {
		r    report.Report
		want string
	}{
		{of(6, 6), "Medians of 6 rounds; whiskers"},
		{of(6, 8), "Medians of 6 to 8 rounds; whiskers"},
		{of(5, 5), "Medians of 5 rounds; "},
		{report.Report{}, "Medians"},
	} {
		if got := barsLead(test.r); !strings.HasPrefix(got, test.want) {
			t.Errorf("%q, want %q…", got, test.want)
		}
	}
}

func TestFeet(t *testing.T) {
	c := reporttest.Against(profiler.NsPerOp, "after", reporttest.Interval(1000, 990, 1010), reporttest.Interval(1200, 1190, 1210), 0.002, report.Worse)
	chart := barChart{Unit: profiler.LookupUnit(profiler.NsPerOp), Comparison: c}
	if got, want := changeFoot(chart), "+200 ns (+17.8% to +22.2%) · p = 0.002"; got != want {
		t.Errorf("change %q, want %q", got, want)
	}
	if got, want := floorFoot(c), "noise floor ±5%"; got != want {
		t.Errorf("floor %q, want %q", got, want)
	}
	chart.Comparison.FloorMeasured = true
	if got, want := floorFoot(chart.Comparison), "noise floor ±5%, measured"; got != want {
		t.Errorf("floor %q, want %q", got, want)
	}
	chart.Comparison.Floor = 582467
	if got, want := floorFoot(chart.Comparison), "noise floor ±5.82 ms, measured"; got != want {
		t.Errorf("floor %q, want %q", got, want)
	}
	chart.Comparison.Change, chart.Comparison.Floor = 0, profiler.Undefined()
	if got, want := changeFoot(chart), "p = 0.002"; got != want {
		t.Errorf("no change %q, want %q", got, want)
	}
	if got := floorFoot(chart.Comparison); got != "" {
		t.Errorf("no floor: %q", got)
	}
}
