package views

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"heaplab/profiler/report/reporttest"
)

func TestTimelineChart(t *testing.T) {
	r := reporttest.Comparison()
	c, ok := newTimelineChart(r, "preallocated")
	if !ok {
		t.Fatal("no chart")
	}
	if len(c.Lines) != 6 || c.Lines[1].Name != "heap in use, fresh" || c.Lines[1].Area == "" || c.Lines[0].Area != "" || c.Lines[4].Role != "after" {
		t.Errorf("lines = %+v", c.Lines)
	}
	if !strings.HasPrefix(c.Lines[1].Path, "M0.0 ") || !strings.HasSuffix(c.Lines[1].Area, " 1000L0 1000Z") {
		t.Errorf("path %.60s, area …%s", c.Lines[1].Path, c.Lines[1].Area[len(c.Lines[1].Area)-30:])
	}
	if c.Sizes[0].Label != "0 B" || c.Sizes[0].At != 100 || c.Times[0].Label != "0 ns" {
		t.Errorf("axes from %+v and %+v", c.Sizes[0], c.Times[0])
	}
	containsAll(t, "peaks", c.Peaks, "fresh 12.5 MiB", "preallocated 8 MiB", "32 MiB")
	var data struct {
		T          []float64
		Series     []struct{ Values []*float64 }
		Difference []*float64
		Marks      []float64
	}
	if err := json.Unmarshal([]byte(c.Data), &data); err != nil {
		t.Fatal(err)
	}
	if len(data.Series) != 6 || len(data.Series[0].Values) != len(data.T) || len(data.Difference) != len(data.T) {
		t.Errorf("%d times, %d series", len(data.T), len(data.Series))
	}
	if last := len(data.T) - 1; data.Series[0].Values[last] == nil || data.Series[5].Values[last] != nil || data.Difference[last] != nil {
		t.Error("the shorter timeline goes on after its end")
	}
	if _, ok := newTimelineChart(r, "resize"); ok {
		t.Error("a chart of a variant without a timeline")
	}
}

func TestResample(t *testing.T) {
	got := resample([]float64{1, 2, 4}, []float64{10, 20, 0}, []float64{0, 1, 1.5, 2, 3, 4, 5})
	want := []float64{math.NaN(), 10, 15, 20, 10, 0, math.NaN()}
	if !slices.EqualFunc(got, want, func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestDifferenceIsSplitByItsSign(t *testing.T) {
	d := newDifference([]float64{0, 1, 2}, []float64{0, 4 << 20, -(4 << 20)}, 2)
	if d.More != "M0 500L0.0 500.0L500.0 0.0L1000.0 500.0L1000.0 500Z" || d.Less != "M0 500L0.0 500.0L500.0 500.0L1000.0 1000.0L1000.0 500Z" {
		t.Errorf("more %s, less %s", d.More, d.Less)
	}
	if none := newDifference([]float64{0, 1}, []float64{0, 0}, 1); strings.Contains(none.More, "NaN") {
		t.Errorf("no difference: %s", none.More)
	}
}

func TestByteSteps(t *testing.T) {
	for _, test := range []struct{ top, step, ceil float64 }{
		{40 << 20, 10 << 20, 40 << 20},
		{41 << 20, 20 << 20, 60 << 20},
		{900 << 10, 0.25 * (1 << 20), 1 << 20},
		{0, 1, 1},
	} {
		if step, ceil := byteSteps(test.top); step != test.step || ceil != test.ceil {
			t.Errorf("up to %v: steps of %v to %v, want %v to %v", test.top, step, ceil, test.step, test.ceil)
		}
	}
}

// The timeline of a command has no heap: its resident memory is the main series.
func TestTimelineOfCommands(t *testing.T) {
	r := reporttest.Comparison()
	for i := range r.Variants {
		if timeline := r.Variants[i].Timeline; timeline != nil {
			timeline.Heap, timeline.Live = nil, nil
		}
	}
	c, ok := newTimelineChart(r, "preallocated")
	if !ok || c.HasHeap || c.Main != "resident" || len(c.Lines) != 4 || len(c.Marks) != 0 {
		t.Fatalf("chart = %+v, %v; want two series of two variants and no marks", c, ok)
	}
	for _, line := range c.Lines {
		if (line.Area != "") != (line.Kind == "rss") {
			t.Errorf("%s is filled: %v", line.Name, line.Area != "")
		}
	}
	var data struct{ Marks []float64 }
	if err := json.Unmarshal([]byte(c.Data), &data); err != nil || len(data.Marks) != 0 {
		t.Errorf("marks = %v, %v; want none", data.Marks, err)
	}
}
