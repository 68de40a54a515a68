package report

import (
	"fmt"
	"strings"
	"testing"

	"heaplab/profiler"
)

// medians of one variant by unit.
type medians map[string]float64

// manyVariants returns the report of six rounds of "fresh" and other variants, whose values spread by
// a thousandth around the given medians.
func manyVariants(primary []string, fresh medians, others ...medians) Report {
	e := profiler.Experiment{ID: 1, Kind: profiler.KindComparison, State: profiler.Done, Config: profiler.Config{Count: 6}}
	e.Design = profiler.Design{Subject: "case:c", Primary: primary}
	var runs []profiler.Run
	for i, v := range append([]medians{fresh}, others...) {
		name := "fresh"
		if i > 0 {
			name = fmt.Sprintf("v%d", i)
		}
		e.Design.Variants = append(e.Design.Variants, profiler.VariantInfo{Name: name})
		for round := range 6 {
			run := profiler.Run{Task: profiler.Task{Kind: profiler.Measure, Variant: name, Round: round}}
			for unit, median := range v {
				run.Measurements = append(run.Measurements, profiler.Measurement{Unit: unit, Value: median * (1 + 0.0004*float64(round-2))})
			}
			runs = append(runs, run)
		}
	}
	return NewReport(e, runs, nil)
}

func TestRecommend(t *testing.T) {
	const (
		bytes, live, retained, ns, rss, mark = profiler.BytesPerOp, profiler.LiveHeap, profiler.Retained, profiler.NsPerOp, profiler.PeakRSS, profiler.MarkRSS
		ki, mi                               = 1 << 10, 1 << 20
	)
	for _, test := range []struct {
		name           string
		primary        []string
		fresh          medians
		others         []medians
		best, runnerUp string
		text           string // part of the conclusion
	}{
		{
			"mmap: streamed beats mapped in both", []string{mark, live, ns},
			medians{mark: 130 * mi, live: 128 * mi, ns: 580e6},
			[]medians{{mark: 1.95 * mi, live: 66 * ki, ns: 2.98e6}, {mark: 14 * mi, live: 66 * ki, ns: 12.1e6}},
			"v1", "v2", "Best of 2: v1. The runner-up is v2: RSS at the mark 14.0 MiB instead of 1.95 MiB and time per operation 12.1 ms instead of 2.98 ms.",
		},
		{
			"pool: the freelist retains much, the sync.Pool little", []string{bytes, live, retained, ns},
			medians{bytes: 352 * ki, live: 4 * mi, retained: 100, ns: 21e6},
			[]medians{{bytes: 1, live: 7.1 * mi, retained: 3 * mi, ns: 4e6}, {bytes: 90, live: 4 * mi, retained: 19.6 * ki, ns: 4e6}},
			"v2", "v1", "live heap 7.10 MiB instead of 4.00 MiB and retained after a burst 3.00 MiB instead of 19.6 KiB",
		},
		{
			"a large saving with a small price beats a tiny one without", []string{bytes, ns},
			medians{bytes: 100 * ki, ns: 1e6},
			[]medians{{bytes: 99 * ki, ns: 1e6}, {bytes: 1 * ki, ns: 1.1e6}},
			"v2", "v1", "",
		},
		{
			"lost accuracy comes last", []string{live},
			medians{live: 64 * mi, profiler.Accuracy: 0.98},
			[]medians{{live: 4 * mi, profiler.Accuracy: 0.60}, {live: 32 * mi, profiler.Accuracy: 0.98}},
			"v2", "v1", "",
		},
		{
			"of almost equal variants, the one without a price", []string{live},
			medians{live: 435 * ki, profiler.MaxAbsErr: 0},
			[]medians{{live: 232 * ki, profiler.MaxAbsErr: 0.0018}, {live: 234 * ki, profiler.MaxAbsErr: 5e-8}},
			"v2", "v1", "",
		},
		{
			"memory comes before time", []string{ns, live},
			medians{live: 64 * mi, ns: 1e6},
			[]medians{{live: 64 * mi, ns: 0.1e6}, {live: 32 * mi, ns: 1e6}},
			"v2", "", "Best of 2: v2.",
		},
		{
			"the price is a metric that is not primary", []string{bytes},
			medians{bytes: 100 * ki, rss: 30 * mi},
			[]medians{{bytes: 10 * ki, rss: 300 * mi}, {bytes: 12 * ki, rss: 30 * mi}},
			"v2", "v1", "peak RSS 300.1 MiB instead of 30.0 MiB",
		},
		{
			"equals", []string{bytes},
			medians{bytes: 100 * ki},
			[]medians{{bytes: 10 * ki}, {bytes: 10 * ki}},
			"v1", "v2", "The runner-up, v2, does not clearly differ.",
		},
		{"none improves", []string{bytes}, medians{bytes: 100 * ki}, []medians{{bytes: 100 * ki}, {bytes: 200 * ki}}, "", "", ""},
		{"one variant", []string{bytes}, medians{bytes: 100 * ki}, []medians{{bytes: 50 * ki}}, "v1", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := manyVariants(test.primary, test.fresh, test.others...)
			got := r.Conclusion
			if got.Best != test.best || got.RunnerUp != test.runnerUp {
				t.Errorf("best %q and runner-up %q, want %q and %q", got.Best, got.RunnerUp, test.best, test.runnerUp)
			}
			if test.best != "" && got.Variant != test.best {
				t.Errorf("the conclusion is about %q, want the best", got.Variant)
			}
			if !strings.Contains(got.Text, test.text) {
				t.Errorf("%q lacks %q", got.Text, test.text)
			}
		})
	}
}

// The best of the variants is named also on the page of another one.
func TestRecommendationOnOtherVariant(t *testing.T) {
	r := manyVariants([]string{profiler.BytesPerOp}, medians{profiler.BytesPerOp: 1e6}, medians{profiler.BytesPerOp: 1e3}, medians{profiler.BytesPerOp: 1e5})
	if got := Conclude(r, "v2").Text; !strings.Contains(got, "The best of 2 is v1, not v2.") {
		t.Errorf("%q", got)
	}
}

// A saving of a small part of the process is named as such.
func TestProcessShare(t *testing.T) {
	const ki, mi = 1 << 10, 1 << 20
	for _, test := range []struct {
		name          string
		unit          string
		before, after float64
		want          string
	}{
		{"small", profiler.LiveHeap, 435 * ki, 258 * ki, "That is 177.0 KiB of a 29.0 MiB process: 0.6%."},
		{"large", profiler.LiveHeap, 20 * mi, 5.5 * mi, "That is 50.0% of the process's peak RSS, 29.0 MiB."},
		{"allocations are not part of a process", profiler.BytesPerOp, 435 * ki, 258 * ki, ""},
	} {
		r := manyVariants([]string{test.unit}, medians{test.unit: test.before, profiler.PeakRSS: 29 * mi}, medians{test.unit: test.after, profiler.PeakRSS: 29 * mi})
		text := r.Conclusion.Text
		if little := SavesLittle(r, "v1"); little != (test.name == "small") {
			t.Errorf("%s: saves little %v", test.name, little)
		}
		if test.want == "" && strings.Contains(text, "That is") || !strings.Contains(text, test.want) {
			t.Errorf("%s: %q, want %q", test.name, text, test.want)
		}
	}
}
