package views

import (
	"math"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

func near(a, b float64) bool { return math.Abs(a-b) < 0.01 }

func TestBarCharts(t *testing.T) {
	r := testReport()
	charts := barCharts(r, "preallocated")
	if len(charts) != 6 {
		t.Fatalf("%d charts, want one for each unit of the variant", len(charts))
	}
	c := charts[3] // time: all variants on one scale, the band's upper end at 98 %
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
	if want := "Time per op: fresh 3.41 ms [3.38, 3.47], resize 3.30 ms"; !strings.HasPrefix(c.Label, want) {
		t.Errorf("label %q, want %q…", c.Label, want)
	}
}

func TestBarChartEdges(t *testing.T) {
	r := testReport()
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
	r.Comparisons = []report.Comparison{against(profiler.BytesPerOp, "preallocated", Exactly(0), Exactly(0), 0, report.Same)}
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

// What is warned of in several charts is said once, above them.
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

func TestFunctions(t *testing.T) {
	table := functions(flameOf(testReport(), "resize"))
	var got []string
	for _, row := range table.Rows {
		got = append(got, row.Name+" "+row.Chip+" "+row.Class)
	}
	want := []string{
		"(*Dense).Forward gone less", "(*Dense).Backward gone less", "NewMatrix[…] gone less",
		"softmax gone less", "(*Adam).Update gone less", "(*buffers).grow new more", "(*Rand).Perm 0% same",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("rows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	first, grow := table.Rows[0], table.Rows[5]
	if full := table.Rows[2].Full; full != "heaplab/profiler/model.NewMatrix[...]" {
		t.Errorf("the whole name is %q", full)
	}
	if first.Package != "heaplab/profiler/model." || first.Flat.delta() != -524_288 || first.Objects.before != 4 {
		t.Errorf("first row %+v", first)
	}
	if !near(first.X, 4) || !near(first.Width, 46) || grow.X != 50 || !near(grow.Width, 46*1984.0/524_288) {
		t.Errorf("delta bars: %v %v, %v %v", first.X, first.Width, grow.X, grow.Width)
	}
	sum := 0.0
	for _, row := range table.Rows {
		sum += row.Flat.delta()
	}
	if !near(sum, table.Total.Flat.delta()) {
		t.Errorf("the rows change by %v, all functions by %v", sum, table.Total.Flat.delta())
	}
}

func TestFunctionsEdges(t *testing.T) {
	if got := functions(nil); len(got.Rows) != 0 {
		t.Error("rows without profiles")
	}
	r := testReport()
	r.Profiles = r.Profiles[:1]
	if got := functions(flameOf(r, "preallocated")); len(got.Rows) != 0 {
		t.Error("rows with one profile only")
	}
	// Medians that hold more than the window of the profile are explained.
	r = testReport()
	r.Profiles[2] = allocsProfile("preallocated", 1000)
	table := functions(flameOf(r, "preallocated"))
	if want := "buffer: 384 B of preallocated against 0 B here."; !strings.HasSuffix(table.Medians, want) || table.Total.Chip != words.None {
		t.Errorf("%q with chip %q, want …%q", table.Medians, table.Total.Chip, want)
	}
	if got := functions(flameOf(testReport(), "preallocated")).Medians; got != "" {
		t.Errorf("equal medians are explained: %q", got)
	}
	var many []heap.Function
	for i := range 40 {
		many = append(many, function("p.f"+strings.Repeat("x", i), int64(1000*(40-i)), 1))
	}
	r.Profiles = []report.ProfileReport{allocsProfile("fresh", 1, many...), allocsProfile("preallocated", 1, many[:1]...)}
	table = functions(flameOf(r, "preallocated"))
	if len(table.Rows) != shownFunctions || table.More != 10 || table.MoreDelta >= 0 {
		t.Errorf("%d rows, %d more with %v", len(table.Rows), table.More, table.MoreDelta)
	}
}

func TestSplitFunction(t *testing.T) {
	for _, c := range []struct{ name, pkg, function string }{
		{"runtime.mallocgc", "runtime.", "mallocgc"},
		{"encoding/json.(*Decoder).refill", "encoding/json.", "(*Decoder).refill"},
		{"example.com/a/b.F.func1", "example.com/a/b.", "F.func1"},
		{"a/b.Map[example.com/c.T]", "a/b.", "Map[example.com/c.T]"},
		{"main", "", "main"},
	} {
		if pkg, function := splitFunction(c.name); pkg != c.pkg || function != c.function {
			t.Errorf("%s: %q, %q", c.name, pkg, function)
		}
	}
}

func TestShortArguments(t *testing.T) {
	for _, c := range []struct{ name, want, start, end string }{
		{"a/b.Fresh[go.shape.float32].Floats", "a/b.Fresh[…].Floats", "a/b.Fresh[…]", ".Floats"},
		{"a/b.Map[c.T[int]].Each[string]", "a/b.Map[…].Each[…]", "a/b.Map[…]", ".Each[…]"},
		{"mallocgc", "mallocgc", "mallocgc", ""},
		{"odd]name[", "odd]name[…]", "odd]name[…]", ""},
	} {
		got := shortArguments(c.name)
		if start, end := breakable(got); got != c.want || start != c.start || end != c.end {
			t.Errorf("%s: %q, parted as %q and %q", c.name, got, start, end)
		}
	}
}

func TestFoldSame(t *testing.T) {
	charts := barCharts(testReport(), "preallocated")
	for i := range charts {
		charts[i].Comparison.Verdict = report.Same
	}
	charts[4].Comparison.Verdict = report.Worse
	shown, same := foldSame(charts)
	if len(shown) != 5 || len(same) != 1 || same[0].Unit.Name != profiler.GCCycles {
		t.Errorf("%d charts are shown, %d folded", len(shown), len(same))
	}
}

func TestCurves(t *testing.T) {
	c := lossCurves(testReport(), "preallocated")
	if len(c.Lines) != 3 || len(c.Lines[0].Dots) != 8 {
		t.Fatalf("%d lines", len(c.Lines))
	}
	if got := c.YTicks[2].Label; got != "2.50" {
		t.Errorf("the scale ends at %s, want 2.50", got)
	}
	first, last := c.Lines[0].Dots[0], c.Lines[0].Dots[7]
	if first.X != 0 || !near(first.Y, 100-100*2.1874/2.5) || last.X != 100 || !near(last.Y, 100-100*0.3127/2.5) {
		t.Errorf("from %+v to %+v", first, last)
	}
	if got := c.Lines[0].Path; !strings.HasPrefix(got, "M0.0 125.0L142.9 439.2") {
		t.Errorf("path %s", got)
	}
	var at []string
	for _, tick := range c.XTicks {
		at = append(at, tick.Label)
	}
	if got := strings.Join(at, " "); got != "1 3 5 8" {
		t.Errorf("epochs %s", got)
	}
	if want := "Loss over 8 epochs: fresh from 2.19 to 0.31"; !strings.HasPrefix(c.Label, want) {
		t.Errorf("label %q", c.Label)
	}
	if a := accuracyCurves(testReport(), "preallocated"); a.YTicks[2].Label != "100%" {
		t.Errorf("accuracy to %s", a.YTicks[2].Label)
	}
}

// Losses that diverge are drawn at the bottom, not outside of the page.
func TestCurvesWithoutNumbers(t *testing.T) {
	r := testReport()
	for i := range r.Variants {
		r.Variants[i].Fit = &profiler.Fit{Epochs: []profiler.Epoch{{Loss: math.NaN()}}}
	}
	c := lossCurves(r, "preallocated")
	if d := c.Lines[0].Dots[0]; d.X != 50 || d.Y != 100 || strings.Contains(c.Lines[0].Path, "NaN") {
		t.Errorf("dot %+v, path %s", d, c.Lines[0].Path)
	}
}

func TestStrips(t *testing.T) {
	got := strips(testLive().Report)
	if len(got) != 3 || got[0].Unit.Name != profiler.BytesPerOp || len(got[0].Rows) != 3 {
		t.Fatalf("%+v", got)
	}
	rows := got[0].Rows
	if len(rows[0].At) != 2 || rows[0].At[0] != full || rows[1].Role != "other-1" || rows[2].Latest != "384 B" {
		t.Errorf("%+v", rows)
	}
	if none := strips(testQueued().Report); len(none) != 0 {
		t.Errorf("strips before the first sample: %+v", none)
	}
}

func TestTail(t *testing.T) {
	if got := tail("short"); got != "short" {
		t.Errorf("%q", got)
	}
	long := strings.Repeat("0123456789\n", 5000)
	if got := tail(long); len(got) > maxOutput+10 || !strings.HasPrefix(got, "…\n0123456789\n") {
		t.Errorf("%d bytes, from %q", len(got), got[:20])
	}
}
