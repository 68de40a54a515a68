package views

import (
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/report/reporttest"
)

func TestTradeCharts(t *testing.T) {
	charts := tradeCharts(reporttest.Sweep(), "preallocated")
	if len(charts) != 2 || charts[0].Time.Name != profiler.NsPerOp || charts[1].Time.Name != profiler.GCCPU {
		t.Fatalf("%d charts", len(charts))
	}
	c := charts[0]
	if len(c.Lines) != 3 || len(c.Lines[0].Points) != 3 {
		t.Fatalf("lines = %+v", c.Lines)
	}
	for i, p := range c.Lines[0].Points { // each trades time for memory
		if !p.Worth || p.X < 0 || p.X > 100 || p.Y < 0 || p.Y > 100 || p.Left > p.X || p.Right < p.X || p.Low < p.Y || p.High > p.Y {
			t.Errorf("point %d: %+v", i, p)
		}
		if i > 0 && (p.X >= c.Lines[0].Points[i-1].X || p.Y >= c.Lines[0].Points[i-1].Y) {
			t.Errorf("point %d is not faster and larger than the one before", i)
		}
	}
	if want := "fresh: GOGC = 50, 100, 200"; !strings.HasPrefix(c.Frontiers, want) {
		t.Errorf("frontiers %q, want %q…", c.Frontiers, want)
	}
	if len(c.Sizes) < 3 || len(c.Times) < 3 {
		t.Errorf("ticks %v, %v", c.Sizes, c.Times)
	}
	if charts := tradeCharts(report.Report{Sweep: reporttest.Sweep().Sweep}, ""); len(charts) != 0 {
		t.Error("a chart of nothing")
	}
}

// Labels that would overlap are left out; the table has all of them.
func TestLabelsDoNotOverlap(t *testing.T) {
	c := tradeChart{Lines: []tradeLine{{Points: []tradePoint{{X: 10, Y: 10}, {X: 12, Y: 11}, {X: 50, Y: 50}, {X: 51, Y: 50}}}}}
	c.name()
	var named []bool
	for _, p := range c.Lines[0].Points {
		named = append(named, p.Named)
	}
	if named[0] != true || named[1] || named[2] || !named[3] {
		t.Errorf("named %v, want the first and the last", named)
	}
}

func TestPointURL(t *testing.T) {
	r := reporttest.Sweep()
	if got := pointURL(r, "200"); got != "/experiments/new?from=42&gogc=200&over=&values=" {
		t.Errorf("of a setting: %s", got)
	}
	r.Sweep = &profiler.Sweep{Over: "batch", Values: []string{"8", "16"}}
	if got := pointURL(r, "16"); got != "/experiments/new?from=42&over=&param.batch=16&values=" {
		t.Errorf("of a param: %s", got)
	}
}
