package report

import (
	"strings"
	"testing"

	"heaplab/profiler"
)

func TestPredictionLines(t *testing.T) {
	r := reportOf(
		outcome{profiler.BytesPerOp, true, 1_183_744, 2_368, 0, Better},
		outcome{profiler.LiveHeap, true, 4_812_000, 4_815_500, 0.589, Same},
		outcome{profiler.AllocsPerOp, true, 34, 0.4, 0, Better},
		outcome{profiler.MinorFaults, false, 100, 0, 0.002, Better},
		outcome{profiler.GCCycles, false, 0, 0, 1, Same},
	)
	r.Predictions = []profiler.Prediction{
		{Variant: "after", Unit: profiler.BytesPerOp, Ratio: 500},
		{Variant: "after", Unit: profiler.BytesPerOp, Ratio: 100, Note: "for large batches"},
		{Variant: "after", Unit: profiler.BytesPerOp, Ratio: 1000},
		{Variant: "after", Unit: profiler.LiveHeap, Ratio: 1},
		{Variant: "after", Unit: profiler.BytesPerOp, Ratio: profiler.Undefined()},
		{Variant: "after", Unit: profiler.AllocsPerOp, Ratio: profiler.Undefined()},
		{Variant: "after", Unit: profiler.MinorFaults, Ratio: profiler.Undefined()},
		{Variant: "after", Unit: profiler.MinorFaults, Ratio: 2},
		{Variant: "after", Unit: profiler.GCCycles, Ratio: 2},
		{Variant: "after", Unit: profiler.PeakRSS, Ratio: 2},
	}
	want := []string{
		"500 × | over 100 ×, 2.31 KiB left | as predicted",
		"100 × | over 100 ×, 2.31 KiB left | more than predicted; the prediction applies for large batches",
		"1,000 × | over 100 ×, 2.31 KiB left | less than predicted",
		"unchanged | 0.999 × | as predicted",
		"all of it | over 100 × | 2.31 KiB is left",
		"all of it | 85.0 × | 0.40 allocs/op is left",
		"all of it | all of it | as predicted",
		"2.00 × | all of it | more than predicted",
		"2.00 × | – | nothing to compare",
		"2.00 × | – | not measured",
	}
	for i, line := range PredictionLines(r) {
		if got := strings.Join([]string{line.Predicted, line.Observed, line.Outcome}, " | "); got != want[i] {
			t.Errorf("%s: %q, want %q", line.Unit, got, want[i])
		}
	}
}
