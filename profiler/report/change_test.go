package report

import (
	"math"
	"testing"

	"heaplab/profiler"
)

func TestChange(t *testing.T) {
	for _, test := range []struct {
		unit          string
		before, after float64
		want          string
	}{
		{profiler.BytesPerOp, 1000, 500, "−50.0%"},
		{profiler.BytesPerOp, 0, 1536, "+1.50 KiB"},
		{profiler.BytesPerOp, 0, 0, "0%"},
		{profiler.Retained, 100, 73_146, "+71.3 KiB"},      // of a tiny baseline
		{profiler.LiveHeap, 8 << 10, 8 << 20, "+7.99 MiB"}, // more than a hundredfold
		{profiler.BytesPerOp, 1_000_000, 70, "−99.99%"},
		{profiler.Accuracy, 0.98, 0.95, "−3.0 points"},
	} {
		c := comparisonOf(test.unit, test.before, test.after, 0, Better)
		if got := Change(c); got != test.want {
			t.Errorf("%s from %v to %v: %q, want %q", test.unit, test.before, test.after, got, test.want)
		}
	}
}

func TestObservedRatio(t *testing.T) {
	for _, test := range []struct{ before, after, want float64 }{{10, 5, 2}, {10, 0, math.Inf(1)}, {0, 5, 0}} {
		if got := observedRatio(Comparison{Baseline: exactly(test.before), Value: exactly(test.after)}); got != test.want {
			t.Errorf("%v to %v: %v, want %v", test.before, test.after, got, test.want)
		}
	}
	if got := observedRatio(Comparison{Baseline: exactly(0), Value: exactly(0)}); !math.IsNaN(got) {
		t.Errorf("nothing to nothing: %v, want NaN", got)
	}
}

// If bytes were allocated, there were allocations, so a count of 0 is a rounded one.
func TestCenterText(t *testing.T) {
	r := reportOf(outcome{unit: profiler.BytesPerOp, before: 1000, after: 12}, outcome{unit: profiler.AllocsPerOp, before: 0, after: 0})
	for _, variant := range []string{"fresh", "after"} {
		if got := CenterText(r, variant, profiler.AllocsPerOp, exactly(0)); got != "< 1" {
			t.Errorf("%s: %q beside bytes per op, want < 1", variant, got)
		}
	}
	r.Comparisons[0].Value = exactly(0)
	if got := CenterText(r, "after", profiler.AllocsPerOp, exactly(0)); got != "0" {
		t.Errorf("%q, want 0", got)
	}
}
