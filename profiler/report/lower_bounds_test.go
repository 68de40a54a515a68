package report

import (
	"strings"
	"testing"

	"heaplab/profiler"
)

// commandRuns returns six runs of a command whose peaks are all MiB, with an environment.
func commandRuns(variant string, mib float64, env profiler.Environment) []profiler.Run {
	var runs []profiler.Run
	for round := range 6 {
		bytes := mib*(1<<20) + float64(round)
		runs = append(runs, profiler.Run{
			Task:        profiler.Task{Kind: profiler.Measure, Variant: variant, Round: round},
			Environment: env,
			Measurements: []profiler.Measurement{
				{Unit: profiler.PeakRSS, Value: bytes}, {Unit: profiler.PeakAnon, Value: bytes}, {Unit: profiler.PeakFile, Value: bytes},
			},
		})
	}
	return runs
}

func TestVerdictsOfLowerBounds(t *testing.T) {
	known := profiler.Environment{"peak": "known", "parts": "known"}
	parts := profiler.Environment{"peak": "known", "parts": "sampled"}
	sampled := profiler.Environment{"peak": "sampled", "parts": "sampled"}
	atMost := func(bytes string) profiler.Environment {
		return profiler.Environment{"peak": "bounded", "peak-at-most": bytes, "parts": "sampled"}
	}
	for _, test := range []struct {
		name          string
		before, after profiler.Environment
		mib           float64 // of after; before has 100
		peak, anon    Verdict
	}{
		{"known", known, known, 50, Better, Better},
		{"of an older version", nil, profiler.Environment{"peak": "known"}, 50, Better, Better},
		{"sampled parts on the smaller side", known, parts, 50, Better, Unclear},
		{"sampled parts on the larger side", parts, known, 50, Better, Better},
		{"sampled on the smaller side", known, sampled, 50, Unclear, Unclear},
		{"sampled on the larger side", sampled, known, 50, Better, Better},
		{"sampled on the smaller side, worse", sampled, known, 200, Unclear, Unclear},
		{"sampled on the larger side, worse", known, sampled, 200, Worse, Worse},
		{"at most 60 MiB", known, atMost("62914560"), 50, Better, Unclear},
		{"at most 99 MiB, within the noise floor", known, atMost("103809024"), 50, Unclear, Unclear},
		{"of an older version, without the bound", known, profiler.Environment{"peak": "bounded"}, 50, Unclear, Better},
		{"same, but sampled", known, sampled, 100, Unclear, Unclear},
		{"same and known", known, known, 100, Same, Same},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := profiler.Experiment{ID: 1, Kind: profiler.KindComparison, State: profiler.Done, Config: profiler.Config{Count: 6}}
			e.Design = profiler.Design{Subject: profiler.SubjectCommand, Primary: []string{profiler.PeakRSS}, Variants: []profiler.VariantInfo{{Name: "before"}, {Name: "after"}}}
			r := NewReport(e, append(commandRuns("before", 100, test.before), commandRuns("after", test.mib, test.after)...), nil)
			columns := NewSideBySide([]Column{{Report: r, Variant: "before"}, {Report: r, Variant: "after"}}, nil)
			for unit, want := range map[string]Verdict{profiler.PeakRSS: test.peak, profiler.PeakAnon: test.anon, profiler.PeakFile: test.anon} {
				if unit == profiler.PeakFile && want.Decided() {
					want = Changed // neither less nor more is better
				}
				if got := r.Comparison("after", unit); got.Verdict != want || want != Unclear && len(got.Warnings) > 0 {
					t.Errorf("%s is %s %q, want %s", unit, got.Verdict, got.Warnings, want)
				}
				if got := columns.Tables[0].Report.Comparison("1:after", unit); got.Verdict != want {
					t.Errorf("%s side by side is %s, want %s", unit, got.Verdict, want)
				}
			}
			if text := r.Conclusion.Text; strings.Contains(text, "some values are lower bounds") != (test.peak == Unclear) {
				t.Errorf("conclusion = %q", text)
			}
			if len(r.Comparability) > 0 {
				t.Errorf("comparability = %q", r.Comparability)
			}
		})
	}
}

func TestPeakCaveats(t *testing.T) {
	runs := append(commandRuns("a", 1, profiler.Environment{"peak": "sampled", "parts": "sampled"}), commandRuns("b", 1, profiler.Environment{"peak": "known", "parts": "sampled"})...)
	runs = append(runs, commandRuns("c", 1, profiler.Environment{"peak": "bounded", "parts": "sampled"})...)
	runs = append(runs, commandRuns("d", 1, profiler.Environment{"peak": "known", "parts": "known"})...)
	const want = `Peak memory of a was sampled: it is a lower bound.
Several processes of c ran at the same time: their peak memory together was sampled, so it is a lower bound.
Peak anonymous and file-backed memory of b was sampled: it is a lower bound.`
	if got := strings.Join(peakCaveats(runs), "\n"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
