package report

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/profilertest/golden"
)

// TestConclude checks verdicts and leading numbers; the sentences are in a golden file.
func TestConclude(t *testing.T) {
	const (
		bytes, allocs, live, ns, rss = profiler.BytesPerOp, profiler.AllocsPerOp, profiler.LiveHeap, profiler.NsPerOp, profiler.PeakRSS
	)
	var sentences strings.Builder
	for _, test := range []struct {
		name              string
		outcomes          []outcome
		verdict           Verdict
		badge, lead, best string
	}{
		{"a saving without a price", []outcome{{bytes, true, 12_840, 3_313, 0, Better}, {ns, false, 18_420, 18_610, 0.4, Same}}, Better, "Improved", "−74.2%", "after"},
		{"a saving with an unclear cost in time", []outcome{{bytes, true, 12_840, 3_313, 0, Better}, {ns, false, 18_420, 19_610, 0.21, Unclear}}, Better, "Improved", "−74.2%", "after"},
		{"a saving in time too", []outcome{{bytes, true, 1000, 500, 0, Better}, {ns, true, 1000, 800, 0.002, Better}}, Better, "Improved", "−50.0%", "after"},
		{"a saving that costs time", []outcome{{bytes, true, 1000, 500, 0, Better}, {ns, false, 1000, 1250, 0.002, Worse}}, Better, "Improved at a price", "−50.0%", "after"},
		{"only garbage is saved", []outcome{{bytes, true, 1000, 0, 0, Better}, {live, true, 40960000, 40960000, 1, Same}}, Better, "Improved", "−100%", "after"},
		{"better and worse among the primary metrics", []outcome{{live, true, 10000000, 11000000, 0.002, Worse}, {bytes, true, 1000, 500, 0, Better}}, Mixed, "Mixed", "−50.0%", "after"},
		{"memory comes before time", []outcome{{ns, true, 1000, 900, 0.002, Better}, {bytes, true, 1000, 500, 0, Better}}, Better, "Improved", "−50.0%", "after"},
		{"only time is better", []outcome{{bytes, true, 1000, 1000, 0, Same}, {ns, true, 1000, 900, 0.002, Better}}, Better, "Improved", "−10.0%", "after"},
		{"the peak is the price", []outcome{{bytes, true, 1000, 500, 0, Better}, {ns, false, 1000, 1000, 1, Same}, {rss, false, 10000000, 15000000, 0.002, Worse}}, Better, "Improved at a price", "−50.0%", "after"},
		{"nothing is saved", []outcome{{bytes, true, 1000, 1000, 0, Same}, {allocs, true, 3, 3, 0, Same}, {ns, false, 1000, 1100, 0.3, Unclear}}, Same, "No change", "", ""},
		{"too few rounds for a test", []outcome{{bytes, true, 1000, 500, 0, Better}, {ns, true, 1000, 1100, math.NaN(), Unclear}, {rss, false, 10000000, 9000000, math.NaN(), Unclear}}, Better, "Improved so far", "−50.0%", "after"},
		{"nothing is decided", []outcome{{live, true, 10000000, 9000000, 0.09, Unclear}, {ns, false, 1000, 1000, 1, Same}}, Unclear, "Unclear", "", ""},
		{"too few rounds to decide anything", []outcome{{live, true, 10000000, 4000000, math.NaN(), Unclear}, {ns, true, 1000, 1000, math.NaN(), Unclear}}, Unclear, "Needs 4 rounds, has 2", "", ""},
		{"one is the same, one is not decided", []outcome{{bytes, true, 1000, 1000, 0, Same}, {live, true, 10000000, 9000000, 0.04, Unclear}}, Unclear, "Unclear", "", ""},
		{"worse", []outcome{{bytes, true, 1000, 1500, 0, Worse}, {ns, false, 1000, 1000, 1, Same}}, Worse, "Worse", "+50.0%", ""},
		{"worse than nothing", []outcome{{bytes, true, 0, 1536, 0, Worse}}, Worse, "Worse", "+1.50 KiB", ""},
		{"results are the price", []outcome{{bytes, true, 1000, 500, 0, Better}, {profiler.MaxAbsErr, false, 0, 0.02, 0, Worse}, {profiler.Accuracy, false, 0.98, 0.95, 0, Worse}, {profiler.Loss, false, 0.1, 0.1, 0, Same}}, Better, "Improved at a price", "−50.0%", "after"},
		{"results are unchanged", []outcome{{bytes, true, 1000, 500, 0, Better}, {profiler.MaxAbsErr, false, 0, 0, 0, Same}}, Better, "Improved", "−50.0%", "after"},
		{"nothing was compared", nil, "", "No result", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := Conclude(reportOf(test.outcomes...), "after")
			if got.Verdict != test.verdict || got.Badge != test.badge || got.Lead != test.lead || got.Best != test.best {
				t.Errorf("%+v, want %s, badge %s, lead %q, best %q", got, test.verdict, test.badge, test.lead, test.best)
			}
			if !strings.HasPrefix(got.Headline, got.Lead) {
				t.Errorf("the headline %q does not begin with %q", got.Headline, got.Lead)
			}
			fmt.Fprintf(&sentences, "# %s\n%s.\n%s\n\n", test.name, got.Headline, got.Text)
		})
	}
	golden.Check(t, "conclusions.txt", sentences.String())
}

func TestConcludeBeforeTheLastRun(t *testing.T) {
	r := reportOf(outcome{profiler.BytesPerOp, true, 1000, 500, 0, Better})
	r.State = profiler.Canceled
	if got := Conclude(r, "after").Badge; got != "Improved, unfinished" {
		t.Errorf("badge %q", got)
	}
}

func TestConcludeRows(t *testing.T) {
	better := reportOf(outcome{profiler.BytesPerOp, true, 1000, 500, 0, Better})
	same := reportOf(outcome{profiler.BytesPerOp, true, 1000, 1000, 0, Same})
	r := better
	r.Comparisons, r.Rows = nil, []RowReport{
		{Row: "Decode/1KB", Variants: better.Variants, Comparisons: better.Comparisons},
		{Row: "Decode/64KB", Variants: same.Variants, Comparisons: same.Comparisons},
	}
	got := Conclude(r, "after")
	if got.Verdict != Better || got.Headline != "2 rows: 1 improved and 1 unchanged" || got.Best != "" {
		t.Errorf("%+v", got)
	}
	if !strings.HasPrefix(got.Text, "Decode/1KB: −50.0% bytes per operation.") {
		t.Errorf("text %q", got.Text)
	}
}

func TestOverall(t *testing.T) {
	for _, test := range []struct {
		verdicts string
		want     Verdict
	}{
		{"", ""},
		{"better", Better},
		{"better same unclear", Better},
		{"better worse", Mixed},
		{"worse unclear", Worse},
		{"same same", Same},
		{"same unclear", Unclear},
	} {
		var comparisons []Comparison
		for _, v := range strings.Fields(test.verdicts) {
			comparisons = append(comparisons, Comparison{Verdict: Verdict(v)})
		}
		if got := overall(comparisons); got != test.want {
			t.Errorf("%q: %q, want %q", test.verdicts, got, test.want)
		}
	}
}

func TestRelevantProfile(t *testing.T) {
	peak := []ProfileReport{{Variant: "after", Kind: profiler.Peak}}
	for _, test := range []struct {
		name     string
		outcomes []outcome
		profiles []ProfileReport
		want     profiler.RunKind
	}{
		{"allocations", []outcome{{profiler.BytesPerOp, true, 1000, 500, 0, Better}, {profiler.LiveHeap, true, 1000, 500, 0.002, Better}}, peak, profiler.Allocs},
		{"memory in use", []outcome{{profiler.BytesPerOp, true, 1000, 1000, 0, Same}, {profiler.LiveHeap, true, 1000, 500, 0.002, Better}}, peak, profiler.Peak},
		{"memory in use without its profile", []outcome{{profiler.LiveHeap, true, 1000, 500, 0.002, Better}}, nil, profiler.Allocs},
		{"neither", nil, peak, profiler.Allocs},
	} {
		r := reportOf(test.outcomes...)
		r.Profiles = test.profiles
		if got := RelevantProfile(r, "after"); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// A warning not to compare times outranks the times: they have no verdict and are in no headline.
func TestWarningOutranksTime(t *testing.T) {
	e := profiler.Experiment{ID: 1, Kind: profiler.KindComparison, State: profiler.Done, Config: profiler.Config{Count: 6}}
	e.Design = profiler.Design{Subject: "case:c", Primary: []string{profiler.BytesPerOp, profiler.NsPerOp}, Variants: []profiler.VariantInfo{{Name: "fresh"}, {Name: "after"}}}
	for _, test := range []struct {
		name     string
		others   float64 // share of the processors while "after" ran
		gogc     string  // of "after"
		time     Verdict
		reason   Reason
		headline string
	}{
		{"even load", 0, "100", Better, "", "−50.0% bytes per operation, and −97.9% time"},
		{"uneven load", 0.5, "100", Unclear, UnevenLoad, "−50.0% bytes per operation, with times that cannot be compared"},
		{"another setting", 0, "50", Unclear, RunsDiffer, "Bytes per operation could not be judged: the runs had different environments"},
	} {
		var runs []profiler.Run
		for round := range 6 {
			for i, v := range e.Design.Variants {
				run := profiler.Run{Task: profiler.Task{Kind: profiler.Measure, Variant: v.Name, Round: round}, Duration: time.Second}
				run.Environment = profiler.Environment{"cpu-count": "2", "gogc": "100"}
				bytes, ns := 10_000.0, 100e6+float64(round)
				if i == 1 {
					run.Others = time.Duration(test.others * 2 * float64(time.Second))
					run.Environment["gogc"] = test.gogc
					bytes, ns = 5_000, 2.1e6+float64(round)
				}
				run.Measurements = []profiler.Measurement{{Unit: profiler.BytesPerOp, Value: bytes}, {Unit: profiler.NsPerOp, Value: ns}}
				runs = append(runs, run)
			}
		}
		r := NewReport(e, runs, nil)
		if c := r.Comparison("after", profiler.NsPerOp); c.Verdict != test.time || c.Reason != test.reason {
			t.Errorf("%s: time is %s %s, want %s %s", test.name, c.Verdict, c.Reason, test.time, test.reason)
		}
		if got := r.Conclusion; got.Headline != test.headline || strings.Contains(got.Headline+got.Text, "97.9") != (test.reason == "") {
			t.Errorf("%s: %s. %s", test.name, got.Headline, got.Text)
		}
	}
}

// The noisier a machine is, the less a headline claims about time.
func TestConcludeOnNoisyMachine(t *testing.T) {
	noise := &Calibration{Floors: map[string]float64{profiler.NsPerOp: 2.76}}
	before := []float64{51.5e6, 51.6e6, 51.7e6, 51.8e6, 51.9e6, 51.7e6}
	for _, test := range []struct {
		name    string
		primary []string
		after   []float64 // of time
		want    string
	}{
		{"a saving", []string{profiler.BytesPerOp}, []float64{40e6, 160e6, 20e6, 70e6, 45e6, 55e6}, "−50.0% bytes per operation, with time not measurable here: −61.2% to +208.3%"},
		{"only time", []string{profiler.NsPerOp}, []float64{40e6, 60e6, 20e6, 70e6, 45e6, 55e6}, "Time per operation could not be judged: this machine's noise is ±276%"},
		{"within the margin", []string{profiler.BytesPerOp}, []float64{51.6e6, 51.7e6, 51.8e6, 51.6e6, 51.7e6, 51.8e6}, "−50.0% bytes per operation, with no cost in time"},
	} {
		d := profiler.Design{Variants: []profiler.VariantInfo{{Name: "fresh"}, {Name: "after"}}, Primary: test.primary}
		s := profiler.Samples{}
		add(s, "fresh", profiler.BytesPerOp, 1000, 1000, 1000, 1000, 1000, 1000)
		add(s, "after", profiler.BytesPerOp, 500, 500, 500, 500, 500, 500)
		add(s, "fresh", profiler.NsPerOp, before...)
		add(s, "after", profiler.NsPerOp, test.after...)
		r := Report{State: profiler.Done, Config: profiler.Config{Count: 6}, Primary: test.primary, Variants: []VariantReport{{Name: "fresh"}, {Name: "after"}}}
		r.Comparisons = compareVariants(d, "", s, noise)
		if got := Conclude(r, "after").Headline; got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
