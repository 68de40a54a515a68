package views

import (
	"slices"
	"strings"
	"testing"

	"heaplab/profiler"
)

// toward makes the outcome of a metric that goes that way by a factor of 6, or stays.
func toward(unit string, way direction) outcome {
	const value = 12_000_000
	o := outcome{unit: unit, before: value, after: value, verdict: profiler.Same}
	switch way {
	case down:
		o.after, o.verdict = value/6, profiler.Better
	case up:
		o.after, o.verdict = value*6, profiler.Worse
	case unknown:
		o.after, o.verdict = value*1.1, profiler.Unclear
	}
	return o
}

func TestExplain(t *testing.T) {
	for _, test := range []struct {
		name string
		ways map[string]direction
		want []string // the start of each sentence
	}{
		{"nothing is known", nil, nil},
		{"garbage alone", when{churn: down, live: steady}, []string{"What is saved is garbage: operations allocate less, from 11.4 MiB to 1.91 MiB, while what is in use at the peak stays at 11.4 MiB."}},
		{"both", when{churn: down, live: down}, []string{"Both went down"}},
		{"a cache", when{churn: down, live: up}, []string{"It allocates less because it keeps more"}},
		{"smaller types", when{churn: steady, live: down}, []string{"As much is allocated, but less of it is in use"}},
		{"recomputed", when{churn: up, live: down}, []string{"It allocates more in order to keep less"}},
		{"more garbage", when{churn: up, live: steady}, []string{"It makes more garbage"}},
		{"more, and nobody knows what is kept", when{churn: up, live: unknown}, []string{"It allocates more: "}},
		{"more of all", when{churn: up, live: up}, []string{"More is in use at the peak"}},
		{"neither", when{churn: steady, live: steady}, []string{"Neither what operations allocate"}},
		{"live heap not decided", when{churn: down, live: unknown}, nil},

		{"RSS up as collections got rarer", when{churn: down, live: steady, rss: up, cycles: down, gcCPU: down}, []string{
			"What is saved is garbage",
			"Peak RSS rose, from 11.4 MiB to 68.7 MiB, because collections were 6.00 × rarer, so that garbage lay around for longer; the live heap is unchanged.",
			"Collections were 6.00 × rarer, which saves processor time",
		}},
		{"RSS up although less is live", when{live: down, rss: up, cycles: down}, []string{"Peak RSS rose, from 11.4 MiB to 68.7 MiB, although the live heap shrank: collections were 6.00 × rarer.", "Collections were 6.00 × rarer, with no clear saving"}},
		{"RSS up by files", when{live: steady, rss: up, file: up, anon: steady}, []string{"Peak RSS rose by pages of files or shared memory"}},
		{"RSS up with what is live", when{live: up, rss: up}, []string{"Peak RSS rose with the live heap"}},
		{"RSS up with the room for garbage", when{live: steady, rss: up, room: up, cycles: steady}, []string{"Peak RSS rose, from 11.4 MiB to 68.7 MiB, with the room that the collector gives"}},
		{"RSS up for no known reason", when{live: steady, rss: up, cycles: steady}, []string{"Peak RSS rose, from 11.4 MiB to 68.7 MiB, although neither"}},
		{"mapped instead of read", when{live: down, rss: down, anon: down, file: up}, []string{"Memory moved from the heap to pages of files"}},
		{"RSS down with what is live", when{live: down, rss: down}, []string{"Peak RSS fell with the live heap"}},
		{"RSS down as there is less garbage", when{churn: down, live: steady, rss: down}, []string{"What is saved is garbage", "Peak RSS fell, from 11.4 MiB to 1.91 MiB, because less garbage lies around"}},
		{"RSS down as collections got more frequent", when{churn: steady, live: steady, rss: down, cycles: up, room: down}, []string{
			"Neither", "Peak RSS fell, from 11.4 MiB to 1.91 MiB, because the collector ran more often.", "The collector ran more often, from 12,000,000 to 72,000,000 times per operation, because it has less room",
		}},
		{"RSS down with the room for garbage", when{rss: down, room: down}, []string{"Peak RSS fell, from 11.4 MiB to 1.91 MiB, with the room"}},
		{"RSS as it was", when{live: down, rss: steady}, []string{"Peak RSS stayed at 11.4 MiB although the live heap shrank"}},

		{"collections dearer", when{cycles: steady, gcCPU: up}, []string{"Collections took more processor time"}},
		{"collections cheaper", when{cycles: unknown, gcCPU: down}, []string{"Collections took less processor time"}},
		{"pages handed out", when{faults: up}, []string{"The kernel had to hand out more pages"}},
		{"pages read", when{major: up}, []string{"Pages had to be read from files"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var outcomes []outcome
			for unit, way := range test.ways {
				outcomes = append(outcomes, toward(unit, way))
			}
			got := Explain(reportOf(outcomes...), "after")
			if !slices.EqualFunc(got, test.want, strings.HasPrefix) {
				t.Errorf("sentences\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

// A rule that another of its subject always speaks before would be dead.
func TestEveryRuleCanSpeak(t *testing.T) {
	for i, r := range rules {
		for _, earlier := range rules[:i] {
			if earlier.subject == r.subject && covers(earlier.when, r.when) {
				t.Errorf("rule %d of %s never speaks: an earlier one fits wherever it does", i, r.subject)
			}
		}
	}
}

// covers reports whether a fits wherever b does.
func covers(a, b map[string]direction) bool {
	for unit, ways := range a {
		if other, ok := b[unit]; !ok || other&^ways != 0 {
			return false
		}
	}
	return true
}

func TestNoCollectionsAnyMore(t *testing.T) {
	r := reportOf(toward(live, steady), toward(rss, up), outcome{unit: cycles, before: 0.5, after: 0, verdict: profiler.Better})
	if got := Explain(r, "after"); !strings.Contains(got[0], "because there were no collections any more, so that") {
		t.Errorf("%q", got)
	}
}
