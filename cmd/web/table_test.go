package main

import (
	"strings"
	"testing"
	"unicode"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/report/reporttest"
)

// Names and texts of a report come from outside: they must not control the terminal.
func TestReportHasNoControlCharacters(t *testing.T) {
	single := reporttest.Hostile()
	single.Conclusion = &report.Conclusion{Headline: reporttest.HostileText, Text: reporttest.HostileText}
	rows := single
	rows.Rows = []report.RowReport{{Row: reporttest.HostileText, Variants: single.Variants, Comparisons: single.Comparisons}}
	calibration := reporttest.Hostile()
	calibration.Kind, calibration.Calibration = profiler.KindCalibration, &report.Calibration{}
	command := single
	command.Source = "command"
	for _, r := range []report.Report{single, rows, calibration, command} {
		var out strings.Builder
		writeReport(&out, r)
		for _, c := range out.String() {
			if c != '\n' && (unicode.IsControl(c) || unicode.Is(unicode.Cf, c)) {
				t.Errorf("%q in the output", c)
			}
		}
	}
}

func TestChange(t *testing.T) {
	none := profiler.Undefined()
	for _, test := range []struct {
		name string
		c    report.Comparison
		want string
	}{
		{"decided", report.Comparison{Unit: "ns/op", Verdict: report.Better, Delta: -12.345, P: 0.002, Value: report.Interval{N: 6}}, "-12.35% (p=0.002 n=6)"},
		{"undecided", report.Comparison{Unit: "ns/op", Verdict: report.Unclear, Delta: 3, P: 0.4, Value: report.Interval{N: 6}}, "~ (p=0.400 n=6)"},
		{"too few", report.Comparison{Unit: "ns/op", Verdict: report.Unclear, Delta: 3, P: none, Value: report.Interval{N: 1}}, "~ (n=1)"},
		{"exact", report.Comparison{Unit: "B/op", Verdict: report.Worse, Delta: 100, P: none, Value: report.Interval{N: 1}}, "+100.00% (n=1)"},
		{"from nothing", report.Comparison{Unit: "B/op", Verdict: report.Worse, Delta: none, P: none, Value: report.Interval{N: 2}}, "? (n=2)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := change(&test.c); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestInterval(t *testing.T) {
	for _, test := range []struct {
		unit         string
		center, half profiler.Float
		want         string
	}{
		{"B/op", 6 << 20, 0, "6.000Mi ± 0%"},
		{"ns/op", 1500, 150, "1.500µs ± 10%"},
		{"allocs/op", 0, 0, "0.000"},
		{"peak-RSS-bytes", 1 << 30, profiler.Undefined(), "1.000Gi ± ∞"},
	} {
		i := report.Interval{Center: test.center, Lo: test.center - test.half, Hi: test.center + test.half}
		if got := interval(test.unit, i); got != test.want {
			t.Errorf("%v %s = %q, want %q", test.center, test.unit, got, test.want)
		}
	}
}
