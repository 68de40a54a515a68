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
		{"in one scale", profiler.BytesPerOp, interval(12_840, 12_700, 12_900), "12.4 to 12.6 KiB"},
		{"across the end of a scale", profiler.BytesPerOp, interval(1100, 900, 1200), "0.88 to 1.17 KiB"},
		{"seconds", profiler.GCCPU, interval(0.003_412, 0.003_380, 0.003_466), "3.38 to 3.47 ms"},
		{"times", profiler.NsPerOp, interval(3_412_000, 3_380_000, 3_466_000), "3.38 to 3.47 ms"},
		{"without spread", profiler.AllocsPerOp, exactly(34), "no spread"},
		{"with the same decimals", profiler.AllocsPerOp, interval(10.2, 10, 10.4), "10.0 to 10.4"},
		{"from nothing", profiler.AllocsPerOp, interval(0.2, 0, 12_841), "0 to 12,841"},
		{"too few values", profiler.NsPerOp, undefined, ""},
	} {
		if got := Ends(c.unit, c.iv); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestSignificance(t *testing.T) {
	for _, c := range []struct {
		basis       Basis
		p, adjusted profiler.Float
		want        string
	}{
		{BySize, profiler.Undefined(), profiler.Undefined(), "no test needed"},
		{ByDistance, 0.1, 0.2, "samples far apart"},
		{ByTest, 0.0001, profiler.Undefined(), "p < 0.001"},
		{ByTest, 0.4119, 0.4119, "p = 0.412"},
		{ByTest, 0.029, 0.229, "p = 0.029 (0.229 after Holm's correction)"},
		{ByTest, profiler.Undefined(), profiler.Undefined(), "no test"},
	} {
		if got := Significance(Comparison{Basis: c.basis, P: c.p, PAdjusted: c.adjusted}); got != c.want {
			t.Errorf("%s, p %v: %q, want %q", c.basis, c.p, got, c.want)
		}
	}
}

func TestChangeRange(t *testing.T) {
	for _, test := range []struct {
		name, unit    string
		before, after []float64
		want          string
	}{
		{"in percent", profiler.NsPerOp, []float64{100, 101, 102, 103}, []float64{50, 51, 52, 53}, "−51.5% to −47.0%"},
		{"of a noisy time", profiler.NsPerOp, []float64{10e6, 12e6, 90e6, 34e6}, []float64{34.8e6, 11e6, 77e6, 20e6}, "−87.8% to +670.0%"},
		{"of a baseline that is 0", profiler.MinorFaults, []float64{0, 0, 0, 0}, []float64{2, 3, 4, 5}, "+2 to +5"},
		{"of a tiny baseline", profiler.LiveHeap, []float64{16, 16, 16, 16}, []float64{70e3, 71e3, 72e3, 73e3}, "+68.3 to +71.3 KiB"},
		{"of more than a hundredfold", profiler.LiveHeap, []float64{8e3, 8e3, 8e3, 8e3}, []float64{6e6, 6e6, 6e6, 7e6}, "+5.71 to +6.67 MiB"},
		{"of too few values", profiler.NsPerOp, []float64{1, 2}, []float64{1, 2}, ""},
	} {
		if got := ChangeRange(compareOne(test.unit, test.before, test.after)); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	c := compareOne(profiler.NsPerOp, []float64{100e6, 60e6, 100e6, 80e6}, []float64{21e6, 103.5e6, 60e6, 80e6})
	if got := AbsoluteRange(c); got != "−71.1 to +65.3 ms" {
		t.Errorf("in milliseconds: %q", got)
	}
}
