package views

import (
	"math"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/report/reporttest"
)

func TestCurves(t *testing.T) {
	c := lossCurves(reporttest.Comparison(), "preallocated")
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
	if a := accuracyCurves(reporttest.Comparison(), "preallocated"); a.YTicks[2].Label != "100%" {
		t.Errorf("accuracy to %s", a.YTicks[2].Label)
	}
}

// Losses that are not numbers are drawn at the bottom.
func TestCurvesWithoutNumbers(t *testing.T) {
	r := reporttest.Comparison()
	for i := range r.Variants {
		r.Variants[i].Fit = &profiler.Fit{Epochs: []profiler.Epoch{{Loss: math.NaN()}}}
	}
	c := lossCurves(r, "preallocated")
	if d := c.Lines[0].Dots[0]; d.X != 50 || d.Y != 100 || strings.Contains(c.Lines[0].Path, "NaN") {
		t.Errorf("dot %+v, path %s", d, c.Lines[0].Path)
	}
}
