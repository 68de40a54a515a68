package views

import (
	"math"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/report/reporttest"
	"heaplab/profiler/subject/builtin"
)

// claimReport is the report of an experiment with the variants "fresh" and "after".
func claimReport(comparisons ...report.Comparison) report.Report {
	return report.Report{ID: 7, Variants: []report.VariantReport{{Name: "fresh"}, {Name: "after"}}, Comparisons: comparisons}
}

func TestOutcomeOfAClaim(t *testing.T) {
	test := builtin.Test{Case: "c", Variant: "after", Unit: profiler.LiveHeap}
	of := func(unit string, before, after float64, verdict report.Verdict) report.Comparison {
		return reporttest.Against(unit, "after", reporttest.Exactly(before), reporttest.Exactly(after), math.NaN(), verdict)
	}
	live := func(mib float64, verdict report.Verdict) report.Comparison {
		return of(profiler.LiveHeap, 12<<20, mib*(1<<20), verdict)
	}
	slower, wrong := of(profiler.NsPerOp, 1000, 6000, report.Worse), of(profiler.Accuracy, 0.98, 0.9, report.Worse)
	for _, c := range []struct {
		name        string
		comparisons []report.Comparison
		word        string
		text        string // part of it
	}{
		{"less memory", []report.Comparison{live(2, report.Better)}, holds, "Live heap of after: 12 MiB to 2 MiB (−83.3%)"},
		{"less memory, more time", []report.Comparison{live(2, report.Better), slower}, holdsPriced, "+500.0% time per operation"},
		{"less memory, worse results", []report.Comparison{live(2, report.Better), wrong}, holdsPriced, "−8.0 points accuracy"},
		{"as much memory", []report.Comparison{live(12, report.Same)}, fails, ": no change"},
		{"more memory", []report.Comparison{live(72, report.Worse)}, fails, "(+500.0%)"},
		{"not decided", []report.Comparison{live(13, report.Unclear)}, open, "Live heap of after"},
		{"not measured", []report.Comparison{of(profiler.PeakRSS, 12, 2, report.Better)}, unmeasured, ""},
	} {
		r := claimReport(c.comparisons...)
		got := NewOutcome(test, profiler.Evidence{}, &r)
		if got.Word != c.word || !strings.Contains(got.Text, c.text) {
			t.Errorf("%s: %+v, want %s with %q", c.name, got, c.word, c.text)
		}
	}
	if got := NewOutcome(test, profiler.Evidence{}, nil); got.Word != unmeasured || got.Text != "" {
		t.Errorf("without a report: %+v", got)
	}
}

func TestOutcomeOfATraining(t *testing.T) {
	test := builtin.Test{Case: "c", Variant: "after", Unit: builtin.FitLive}
	for _, c := range []struct {
		before, after uint64
		word          string
	}{{100 << 20, 50 << 20, holds}, {100 << 20, 120 << 20, fails}, {100 << 20, 100 << 20, fails}, {0, 100 << 20, unmeasured}} {
		r := claimReport()
		r.Variants[0].Fit, r.Variants[1].Fit = &profiler.Fit{LiveHeap: c.before}, &profiler.Fit{LiveHeap: c.after}
		if got := NewOutcome(test, profiler.Evidence{}, &r); got.Word != c.word {
			t.Errorf("from %d to %d: %+v, want %s", c.before, c.after, got, c.word)
		}
	}
}
