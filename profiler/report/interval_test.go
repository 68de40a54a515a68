package report

import (
	"testing"

	"heaplab/profiler"
)

func TestEnds(t *testing.T) {
	undefined := Interval{Center: 5, Lo: profiler.Undefined(), Hi: profiler.Undefined(), N: 3}
	for _, c := range []struct {
		name, unit string
		iv         Interval
		want       string
	}{
		{"in the scale of the centre", profiler.BytesPerOp, interval(12_840, 12_700, 12_900), "[12.4, 12.6]"},
		{"across a scale's end", profiler.BytesPerOp, interval(1100, 900, 1200), "[0.88, 1.17]"},
		{"seconds", profiler.GCCPU, interval(0.003_412, 0.003_380, 0.003_466), "[3.38, 3.47]"},
		{"times", profiler.NsPerOp, interval(3_412_000, 3_380_000, 3_466_000), "[3.38, 3.47]"},
		{"without spread", profiler.AllocsPerOp, exactly(34), "no spread"},
		{"with the same decimals", profiler.AllocsPerOp, interval(10.2, 10, 10.4), "[10.0, 10.4]"},
		{"from nothing", profiler.AllocsPerOp, interval(0.2, 0, 12_841), "[0, 12,841]"},
		{"too few values", profiler.NsPerOp, undefined, ""},
	} {
		if got := Ends(c.unit, c.iv); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestSignificance(t *testing.T) {
	for _, c := range []struct {
		unit        string
		p, adjusted profiler.Float
		want        string
	}{
		{profiler.BytesPerOp, profiler.Undefined(), profiler.Undefined(), "exact"},
		{profiler.NsPerOp, 0.0001, profiler.Undefined(), "p < 0.001"},
		{profiler.NsPerOp, 0.4119, 0.4119, "p = 0.412"},
		{profiler.NsPerOp, 0.029, 0.229, "p = 0.029, by Holm 0.229"},
		{profiler.NsPerOp, profiler.Undefined(), profiler.Undefined(), "no test"},
	} {
		if got := Significance(Comparison{Unit: c.unit, P: c.p, PAdjusted: c.adjusted}); got != c.want {
			t.Errorf("%s, p %v: %q, want %q", c.unit, c.p, got, c.want)
		}
	}
}
