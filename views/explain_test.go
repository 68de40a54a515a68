package views

import (
	"slices"
	"strings"
	"testing"

	"heaplab/profiler/report"
)

// toward makes the outcome of a metric that goes that way by a factor of 6, or stays.
func toward(unit string, way report.Direction) outcome {
	const value = 12_000_000
	o := outcome{unit: unit, before: value, after: value, verdict: report.Same}
	switch way {
	case report.Down:
		o.after, o.verdict = value/6, report.Better
	case report.Up:
		o.after, o.verdict = value*6, report.Worse
	case report.Unknown:
		o.after, o.verdict = value*1.1, report.Unclear
	}
	return o
}

func TestExplain(t *testing.T) {
	for _, test := range []struct {
		name string
		ways map[string]report.Direction
		want []string // the start of each sentence
	}{
		{"nothing is known", nil, nil},
		{"garbage alone", report.When{report.Churn: report.Down, report.Live: report.Steady}, []string{"What is saved is garbage: operations allocate less, from 11.4 MiB to 1.91 MiB, while what is in use at the peak stays at 11.4 MiB."}},
		{"both", report.When{report.Churn: report.Down, report.Live: report.Down}, []string{"Both went down"}},
		{"a cache", report.When{report.Churn: report.Down, report.Live: report.Up}, []string{"It allocates less because it keeps more"}},
		{"smaller types", report.When{report.Churn: report.Steady, report.Live: report.Down}, []string{"As much is allocated, but less of it is in use"}},
		{"recomputed", report.When{report.Churn: report.Up, report.Live: report.Down}, []string{"It allocates more in order to keep less"}},
		{"more garbage", report.When{report.Churn: report.Up, report.Live: report.Steady}, []string{"It makes more garbage"}},
		{"more, and nobody knows what is kept", report.When{report.Churn: report.Up, report.Live: report.Unknown}, []string{"It allocates more: "}},
		{"more of all", report.When{report.Churn: report.Up, report.Live: report.Up}, []string{"More is in use at the peak"}},
		{"neither", report.When{report.Churn: report.Steady, report.Live: report.Steady}, []string{"Neither what operations allocate"}},
		{"live heap not decided", report.When{report.Churn: report.Down, report.Live: report.Unknown}, nil},

		{"RSS up as collections got rarer", report.When{report.Churn: report.Down, report.Live: report.Steady, report.Rss: report.Up, report.Cycles: report.Down, report.GcCPU: report.Down}, []string{
			"What is saved is garbage",
			"Peak RSS rose, from 11.4 MiB to 68.7 MiB, because collections were 6.00 × rarer, so that garbage lay around for longer; the live heap is unchanged.",
			"Collections were 6.00 × rarer, which saves processor time",
		}},
		{"RSS up although less is live", report.When{report.Live: report.Down, report.Rss: report.Up, report.Cycles: report.Down}, []string{"Peak RSS rose, from 11.4 MiB to 68.7 MiB, although the live heap shrank: collections were 6.00 × rarer.", "Collections were 6.00 × rarer, with no clear saving"}},
		{"RSS up by files", report.When{report.Live: report.Steady, report.Rss: report.Up, report.File: report.Up, report.Anon: report.Steady}, []string{"Peak RSS rose by pages of files or shared memory"}},
		{"RSS up with what is live", report.When{report.Live: report.Up, report.Rss: report.Up}, []string{"Peak RSS rose with the live heap"}},
		{"RSS up with the room for garbage", report.When{report.Live: report.Steady, report.Rss: report.Up, report.Room: report.Up, report.Cycles: report.Steady}, []string{"Peak RSS rose, from 11.4 MiB to 68.7 MiB, with the room that the collector gives"}},
		{"RSS up for no known reason", report.When{report.Live: report.Steady, report.Rss: report.Up, report.Cycles: report.Steady}, []string{"Peak RSS rose, from 11.4 MiB to 68.7 MiB, although neither"}},
		{"mapped instead of read", report.When{report.Live: report.Down, report.Rss: report.Down, report.Anon: report.Down, report.File: report.Up}, []string{"Memory moved from the heap to pages of files"}},
		{"RSS down with what is live", report.When{report.Live: report.Down, report.Rss: report.Down}, []string{"Peak RSS fell with the live heap"}},
		{"RSS down as there is less garbage", report.When{report.Churn: report.Down, report.Live: report.Steady, report.Rss: report.Down}, []string{"What is saved is garbage", "Peak RSS fell, from 11.4 MiB to 1.91 MiB, because less garbage lies around"}},
		{"RSS down as collections got more frequent", report.When{report.Churn: report.Steady, report.Live: report.Steady, report.Rss: report.Down, report.Cycles: report.Up, report.Room: report.Down}, []string{
			"Neither", "Peak RSS fell, from 11.4 MiB to 1.91 MiB, because the collector ran more often.", "The collector ran more often, from 12,000,000 to 72,000,000 times per operation, because it has less room",
		}},
		{"RSS down with the room for garbage", report.When{report.Rss: report.Down, report.Room: report.Down}, []string{"Peak RSS fell, from 11.4 MiB to 1.91 MiB, with the room"}},
		{"RSS as it was", report.When{report.Live: report.Down, report.Rss: report.Steady}, []string{"Peak RSS stayed at 11.4 MiB although the live heap shrank"}},

		{"collections dearer", report.When{report.Cycles: report.Steady, report.GcCPU: report.Up}, []string{"Collections took more processor time"}},
		{"collections cheaper", report.When{report.Cycles: report.Unknown, report.GcCPU: report.Down}, []string{"Collections took less processor time"}},
		{"pages handed out", report.When{report.Faults: report.Up}, []string{"The kernel had to hand out more pages"}},
		{"pages read", report.When{report.Major: report.Up}, []string{"Pages had to be read from files"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var outcomes []outcome
			for unit, way := range test.ways {
				outcomes = append(outcomes, toward(unit, way))
			}
			got := report.Explain(reportOf(outcomes...), "after")
			if !slices.EqualFunc(got, test.want, strings.HasPrefix) {
				t.Errorf("sentences\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

// A rule that another of its subject always speaks before would be dead.
func TestEveryRuleCanSpeak(t *testing.T) {
	for i, r := range report.Rules {
		for _, earlier := range report.Rules[:i] {
			if earlier.Subject == r.Subject && covers(earlier.When, r.When) {
				t.Errorf("rule %d of %s never speaks: an earlier one fits wherever it does", i, r.Subject)
			}
		}
	}
}

// covers reports whether a fits wherever b does.
func covers(a, b map[string]report.Direction) bool {
	for unit, ways := range a {
		if other, ok := b[unit]; !ok || other&^ways != 0 {
			return false
		}
	}
	return true
}

func TestNoCollectionsAnyMore(t *testing.T) {
	r := reportOf(toward(report.Live, report.Steady), toward(report.Rss, report.Up), outcome{unit: report.Cycles, before: 0.5, after: 0, verdict: report.Better})
	if got := report.Explain(r, "after"); !strings.Contains(got[0], "because there were no collections any more, so that") {
		t.Errorf("%q", got)
	}
}
