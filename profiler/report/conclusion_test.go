package report

import (
	"fmt"
	"math"
	"strings"
	"testing"

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
		{"only garbage is saved", []outcome{{bytes, true, 1000, 0, 0, Better}, {live, true, 4096, 4096, 1, Same}}, Better, "Improved", "−100%", "after"},
		{"better and worse among the primary metrics", []outcome{{live, true, 1000, 1100, 0.002, Worse}, {bytes, true, 1000, 500, 0, Better}}, Mixed, "Mixed", "−50.0%", "after"},
		{"memory comes before time", []outcome{{ns, true, 1000, 900, 0.002, Better}, {bytes, true, 1000, 500, 0, Better}}, Better, "Improved", "−50.0%", "after"},
		{"only time is better", []outcome{{bytes, true, 1000, 1000, 0, Same}, {ns, true, 1000, 900, 0.002, Better}}, Better, "Improved", "−10.0%", "after"},
		{"the peak is the price", []outcome{{bytes, true, 1000, 500, 0, Better}, {ns, false, 1000, 1000, 1, Same}, {rss, false, 1000, 1500, 0.002, Worse}}, Better, "Improved at a price", "−50.0%", "after"},
		{"nothing is saved", []outcome{{bytes, true, 1000, 1000, 0, Same}, {allocs, true, 3, 3, 0, Same}, {ns, false, 1000, 1100, 0.3, Unclear}}, Same, "No change", "", ""},
		{"too few rounds for a test", []outcome{{bytes, true, 1000, 500, 0, Better}, {ns, true, 1000, 1100, math.NaN(), Unclear}, {rss, false, 1000, 900, math.NaN(), Unclear}}, Better, "Improved", "−50.0%", "after"},
		{"nothing is decided", []outcome{{live, true, 1000, 900, 0.09, Unclear}, {ns, false, 1000, 1000, 1, Same}}, Unclear, "Unclear", "", ""},
		{"one is the same, one is not decided", []outcome{{bytes, true, 1000, 1000, 0, Same}, {live, true, 1000, 900, 0.04, Unclear}}, Unclear, "Unclear", "", ""},
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

// Four rounds cannot give p-values small enough for a family of eight comparisons.
func TestConcludeWithTooFewRounds(t *testing.T) {
	var outcomes []outcome
	for range 8 {
		outcomes = append(outcomes, outcome{profiler.LiveHeap, true, 1000, 200, 0.029, Unclear})
	}
	r := reportOf(outcomes...)
	for i := range r.Comparisons {
		r.Comparisons[i].PAdjusted = 0.229
	}
	for count, want := range map[int]string{4: "This experiment has 8: use 6 rounds.", 6: "More rounds narrow the intervals."} {
		r.Config.Count = count
		got := Conclude(r, "after").Text
		if !strings.HasSuffix(got, want) || !strings.Contains(got, "by Holm 0.229") {
			t.Errorf("%d rounds: %s", count, got)
		}
	}
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

func TestBestVariant(t *testing.T) {
	r := reportOf(outcome{profiler.BytesPerOp, true, 1000, 500, 0, Better})
	if got := bestVariant(r); got != "after" {
		t.Errorf("of one variant that improves: %q", got)
	}
	c := comparisonOf(profiler.BytesPerOp, 1000, 100, 0, Better)
	c.Variant, c.Primary = "pool", true
	r.Variants, r.Comparisons = append(r.Variants, VariantReport{Name: "pool"}), append(r.Comparisons, c)
	if got := bestVariant(r); got != "pool" {
		t.Errorf("of 1000 to 500 and 1000 to 100: %q, want pool", got)
	}
	r.Comparisons[0].Verdict, r.Comparisons[1].Verdict = Worse, Same
	if got := bestVariant(r); got != "" {
		t.Errorf("of none that improves: %q", got)
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
