package views

import (
	"math"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/report"
)

// outcome is one metric of a made-up experiment with two variants.
type outcome struct {
	unit          string
	primary       bool
	before, after float64
	p             float64
	verdict       string
}

func reportOf(outcomes ...outcome) report.Report {
	r := report.Report{Config: profiler.Config{Count: 6}, Variants: []report.VariantReport{{Name: "fresh"}, {Name: "after"}}}
	for _, o := range outcomes {
		c := against(o.unit, "after", Exactly(o.before), Exactly(o.after), o.p, o.verdict)
		c.Primary = o.primary
		if o.before == 0 {
			c.Delta = profiler.Undefined()
		}
		r.Comparisons = append(r.Comparisons, c)
	}
	return r
}

// Four rounds can give no p-value that is small enough for eight comparisons, and say so.
func TestConcludeOfTooFewRounds(t *testing.T) {
	var outcomes []outcome
	for range 8 {
		outcomes = append(outcomes, outcome{profiler.LiveHeap, true, 1000, 200, 0.029, report.Unclear})
	}
	r := reportOf(outcomes...)
	for i := range r.Comparisons {
		r.Comparisons[i].PAdjusted = 0.229
	}
	for count, want := range map[int]string{
		4: "However large changes are, 4 rounds cannot decide 8 comparisons that are judged together: that takes 6.",
		6: "More rounds narrow the intervals.",
	} {
		r.Config.Count = count
		if got := report.Conclude(r, "after").Text; !strings.HasSuffix(got, want) || !strings.Contains(got, "by Holm 0.229, not enough among those judged together") {
			t.Errorf("%d rounds: %s", count, got)
		}
	}
}

func TestConclude(t *testing.T) {
	const (
		B, allocs, live, ns, rss = profiler.BytesPerOp, profiler.AllocsPerOp, profiler.LiveHeap, profiler.NsPerOp, profiler.PeakRSS

		better, worse, same, unclear = report.Better, report.Worse, report.Same, report.Unclear
	)
	for _, c := range []struct {
		name     string
		outcomes []outcome
		want     report.Conclusion
	}{
		{
			"a saving without a price",
			[]outcome{{B, true, 12_840, 3_313, 0, better}, {ns, false, 18_420, 18_610, 0.4, same}},
			report.Conclusion{better, "Improved", "−74.2%", "−74.2% bytes per operation, with no cost in time", "Time per operation (18.6 µs) did not change."},
		},
		{
			"a saving whose cost in time is not known",
			[]outcome{{B, true, 12_840, 3_313, 0, better}, {ns, false, 18_420, 19_610, 0.21, unclear}},
			report.Conclusion{better, "Improved", "−74.2%", "−74.2% bytes per operation, with no clear cost in time", "Time per operation is unclear: 18.4 µs and 19.6 µs (p = 0.210)."},
		},
		{
			"a saving in time too",
			[]outcome{{B, true, 1000, 500, 0, better}, {ns, true, 1000, 800, 0.002, better}},
			report.Conclusion{better, "Improved", "−50.0%", "−50.0% bytes per operation, and −20.0% time", "Time per operation went down from 1 µs to 800 ns."},
		},
		{
			"a saving that costs time",
			[]outcome{{B, true, 1000, 500, 0, better}, {ns, false, 1000, 1250, 0.002, worse}},
			report.Conclusion{better, "Improved at a price", "−50.0%", "−50.0% bytes per operation, at the price of +25.0% time per operation", "Time per operation went up from 1 µs to 1.25 µs."},
		},
		{
			"garbage saved, nothing of what is in use",
			[]outcome{{B, true, 1000, 0, 0, better}, {live, true, 4096, 4096, 1, same}},
			report.Conclusion{better, "Improved", "−100%", "−100% bytes per operation", "Live heap (4 KiB) did not change."},
		},
		{
			"better and worse among the primary metrics",
			[]outcome{{live, true, 1000, 1100, 0.002, worse}, {B, true, 1000, 500, 0, better}},
			report.Conclusion{report.Mixed, "Mixed", "−50.0%", "−50.0% bytes per operation, at the price of +10.0% live heap", "Live heap went up from 1,000 B to 1.07 KiB."},
		},
		{
			"memory leads, though time is named first",
			[]outcome{{ns, true, 1000, 900, 0.002, better}, {B, true, 1000, 500, 0, better}},
			report.Conclusion{better, "Improved", "−50.0%", "−50.0% bytes per operation, and −10.0% time", "Time per operation went down from 1 µs to 900 ns."},
		},
		{
			"only time is better",
			[]outcome{{B, true, 1000, 1000, 0, same}, {ns, true, 1000, 900, 0.002, better}},
			report.Conclusion{better, "Improved", "−10.0%", "−10.0% time per operation", "Bytes per operation (1,000 B) did not change."},
		},
		{
			"the peak is a price",
			[]outcome{{B, true, 1000, 500, 0, better}, {ns, false, 1000, 1000, 1, same}, {rss, false, 1000, 1500, 0.002, worse}},
			report.Conclusion{better, "Improved at a price", "−50.0%", "−50.0% bytes per operation, at the price of +50.0% peak RSS", "Time per operation (1 µs) did not change."},
		},
		{
			"nothing is saved",
			[]outcome{{B, true, 1000, 1000, 0, same}, {allocs, true, 3, 3, 0, same}, {ns, false, 1000, 1100, 0.3, unclear}},
			report.Conclusion{same, "No change", "", "No saving: bytes per operation did not change", "Bytes per operation (1,000 B) and allocations per operation (3) did not change. Time per operation is unclear: 1 µs and 1.10 µs (p = 0.300)."},
		},
		{
			"too few rounds for a test",
			[]outcome{{B, true, 1000, 500, 0, better}, {ns, true, 1000, 1100, math.NaN(), unclear}, {rss, false, 1000, 900, math.NaN(), unclear}},
			report.Conclusion{better, "Improved", "−50.0%", "−50.0% bytes per operation, with time not tested", "Too few rounds to test time per operation (1 µs and 1.10 µs)."},
		},
		{
			"nothing is decided",
			[]outcome{{live, true, 1000, 900, 0.09, unclear}, {ns, false, 1000, 1000, 1, same}},
			report.Conclusion{unclear, "Unclear", "", "No clear saving: the difference in live heap is not decided", "Time per operation (1 µs) did not change. Live heap is unclear: 1,000 B and 900 B (p = 0.090). More rounds narrow the intervals."},
		},
		{
			"one is the same, one is not decided",
			[]outcome{{B, true, 1000, 1000, 0, same}, {live, true, 1000, 900, 0.04, unclear}},
			report.Conclusion{unclear, "Unclear", "", "No clear saving: the difference in live heap is not decided", "Bytes per operation (1,000 B) did not change. Live heap is unclear: 1,000 B and 900 B (p = 0.040, but not beyond the noise floor). More rounds narrow the intervals."},
		},
		{
			"worse",
			[]outcome{{B, true, 1000, 1500, 0, worse}, {ns, false, 1000, 1000, 1, same}},
			report.Conclusion{worse, "Worse", "+50.0%", "+50.0% bytes per operation: worse than fresh", "Time per operation (1 µs) did not change."},
		},
		{
			"worse from nothing",
			[]outcome{{B, true, 0, 1536, 0, worse}},
			report.Conclusion{worse, "Worse", "+1.50 KiB", "+1.50 KiB bytes per operation: worse than fresh", ""},
		},
		{
			"results are the price",
			[]outcome{{B, true, 1000, 500, 0, better}, {profiler.MaxAbsErr, false, 0, 0.02, 0, worse}, {profiler.Accuracy, false, 0.98, 0.95, 0, worse}, {profiler.Loss, false, 0.1, 0.1, 0, same}},
			report.Conclusion{better, "Improved at a price", "−50.0%", "−50.0% bytes per operation, at the price of +0.020 largest error and −3.0 points accuracy",
				"The price in results: outputs off by up to 0.020, accuracy 95.0% instead of 98.0% and loss 0.10 instead of 0.10."},
		},
		{
			"results are as they were",
			[]outcome{{B, true, 1000, 500, 0, better}, {profiler.MaxAbsErr, false, 0, 0, 0, same}},
			report.Conclusion{better, "Improved", "−50.0%", "−50.0% bytes per operation", "The price in results: outputs equal to the bit."},
		},
		{
			"nothing was compared",
			nil,
			report.Conclusion{"", "No result", "", "No comparison: nothing was measured of both variants", ""},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := report.Conclude(reportOf(c.outcomes...), "after")
			if got != c.want {
				t.Errorf("got\n%+v\nwant\n%+v", got, c.want)
			}
			if !strings.HasPrefix(got.Headline, got.Lead) {
				t.Errorf("%q does not open %q", got.Lead, got.Headline)
			}
		})
	}
}

func TestOverall(t *testing.T) {
	for _, c := range []struct{ verdicts, want string }{
		{"", ""},
		{"better", report.Better},
		{"better same unclear", report.Better},
		{"better worse", report.Mixed},
		{"worse unclear", report.Worse},
		{"same same", report.Same},
		{"same unclear", report.Unclear},
	} {
		var comparisons []report.Comparison
		for _, v := range strings.Fields(c.verdicts) {
			comparisons = append(comparisons, report.Comparison{Verdict: v})
		}
		if got := report.Overall(comparisons); got != c.want {
			t.Errorf("%q: %q, want %q", c.verdicts, got, c.want)
		}
	}
}

// Allocations cannot be 0 where bytes were allocated: such a 0 was rounded.
func TestReading(t *testing.T) {
	r := reportOf(outcome{unit: profiler.BytesPerOp, before: 1000, after: 12}, outcome{unit: profiler.AllocsPerOp, before: 0, after: 0})
	for _, variant := range []string{"fresh", "after"} {
		if got := report.Reading(r, variant, profiler.AllocsPerOp, Exactly(0)); got != "< 1" {
			t.Errorf("%s: %q beside bytes per op, want < 1", variant, got)
		}
	}
	r.Comparisons[0].Value = Exactly(0)
	if got := report.Reading(r, "after", profiler.AllocsPerOp, Exactly(0)); got != "0" {
		t.Errorf("%q, want 0", got)
	}
}

func TestPredicted(t *testing.T) {
	var got []string
	r := testReport()
	r.Predictions = append(r.Predictions, profiler.Prediction{Variant: "preallocated", Unit: profiler.AllocsPerOp, Ratio: profiler.Undefined()})
	for _, row := range predicted(r) {
		got = append(got, strings.Join([]string{row.Variant, row.Unit, row.Predicted, row.Observed, row.Words}, " | "))
	}
	want := []string{
		"resize | B/op | 500 × | 500 × | as predicted",
		"resize | live-heap-bytes | unchanged | 0.999 × | as predicted",
		"preallocated | B/op | all of it | 3,083 × | 384 B is left",
		"preallocated | live-heap-bytes | unchanged | 1.00 × | as predicted",
		"preallocated | allocs/op | all of it | 85.0 × | 0.40 allocs/op is left",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestSameWeights(t *testing.T) {
	r := testReport()
	if got := sameWeights(r); !strings.Contains(got, "bit-identical") {
		t.Errorf("equal weights: %s", got)
	}
	r.Variants[1].Fit = testFit("other", 1)
	if got := sameWeights(r); !strings.HasPrefix(got, "The final weights of resize are not those of fresh") {
		t.Errorf("one differs: %s", got)
	}
	r.Variants[1].Fit, r.Variants[2].Fit = nil, nil
	if got := sameWeights(r); !strings.Contains(got, "Only one variant") {
		t.Errorf("only one: %s", got)
	}
}
