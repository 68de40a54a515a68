package views

import (
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/subject/builtin"
)

func TestOutcomeOfAClaim(t *testing.T) {
	test := builtin.Test{Case: "c", Variant: "after", Unit: report.Live}
	for _, c := range []struct {
		name     string
		outcomes []outcome
		word     string
		text     string // part of it
	}{
		{"less memory", []outcome{toward(report.Live, report.Down)}, holds, "Live heap of after: 11.4 MiB to 1.91 MiB (−83.3%)"},
		{"less memory, more time", []outcome{toward(report.Live, report.Down), toward(profiler.NsPerOp, report.Up)}, holdsPriced, "at the price of +500.0% time per operation"},
		{"less memory, worse results", []outcome{toward(report.Live, report.Down), {profiler.Accuracy, false, 0.98, 0.9, 0, report.Worse}}, holdsPriced, "−8.0 points accuracy"},
		{"as much memory", []outcome{toward(report.Live, report.Steady)}, fails, ": no change"},
		{"more memory", []outcome{toward(report.Live, report.Up)}, fails, "(+500.0%)"},
		{"nobody knows", []outcome{toward(report.Live, report.Unknown)}, open, "Live heap of after"},
		{"not measured", []outcome{toward(report.Rss, report.Down)}, unmeasured, ""},
	} {
		r := reportOf(c.outcomes...)
		r.ID = 7
		got := NewOutcome(test, &r)
		if got.Word != c.word || !strings.Contains(got.Text, c.text) || got.Experiment != 7 {
			t.Errorf("%s: %+v, want %s with %q", c.name, got, c.word, c.text)
		}
	}
	if got := NewOutcome(test, nil); got.Word != unmeasured || got.Experiment != 0 {
		t.Errorf("without a report: %+v", got)
	}
}

func TestOutcomeOfATraining(t *testing.T) {
	test := builtin.Test{Case: "c", Variant: "after", Unit: builtin.FitLive}
	for _, c := range []struct {
		before, after uint64
		word          string
	}{{100 << 20, 50 << 20, holds}, {100 << 20, 120 << 20, fails}, {100 << 20, 100 << 20, fails}, {0, 100 << 20, unmeasured}} {
		r := reportOf()
		r.Variants[0].Fit, r.Variants[1].Fit = &profiler.Fit{LiveHeap: c.before}, &profiler.Fit{LiveHeap: c.after}
		if got := NewOutcome(test, &r); got.Word != c.word {
			t.Errorf("from %d to %d: %+v, want %s", c.before, c.after, got, c.word)
		}
	}
}
