package report

import (
	"fmt"
	"strings"
	"testing"

	"heaplab/profiler/profilertest/golden"
)

// TestExplain checks which subjects are explained; the sentences are in a golden file.
func TestExplain(t *testing.T) {
	var sentences strings.Builder
	for _, test := range []struct {
		name string
		when directions
		want string // subjects
	}{
		{"nothing was measured", nil, ""},
		{"garbage alone", directions{churn: down, live: steady}, "saved"},
		{"garbage and live heap", directions{churn: down, live: down}, "saved"},
		{"a cache", directions{churn: down, live: up}, "saved"},
		{"smaller types", directions{churn: steady, live: down}, "saved"},
		{"recomputed", directions{churn: up, live: down}, "saved"},
		{"more garbage", directions{churn: up, live: steady}, "saved"},
		{"more garbage, live heap unknown", directions{churn: up, live: unknown}, "saved"},
		{"more of both", directions{churn: up, live: up}, "saved"},
		{"neither", directions{churn: steady, live: steady}, "saved"},
		{"live heap not decided", directions{churn: down, live: unknown}, ""},

		{"RSS up because collections are rarer", directions{churn: down, live: steady, rss: up, cycles: down, gcCPU: down}, "saved rss gc"},
		{"RSS up although less is live", directions{live: down, rss: up, cycles: down}, "rss gc"},
		{"RSS up by files", directions{live: steady, rss: up, file: up, anon: steady}, "rss"},
		{"RSS up with the live heap", directions{live: up, rss: up}, "rss"},
		{"RSS up with the room for garbage", directions{live: steady, rss: up, room: up, cycles: steady}, "rss"},
		{"RSS up for no known reason", directions{live: steady, rss: up, cycles: steady}, "rss"},
		{"mapped instead of read", directions{live: down, rss: down, anon: down, file: up}, "rss"},
		{"RSS down with the live heap", directions{live: down, rss: down}, "rss"},
		{"RSS down because there is less garbage", directions{churn: down, live: steady, rss: down}, "saved rss"},
		{"RSS down because collections are more frequent", directions{churn: steady, live: steady, rss: down, cycles: up, room: down}, "saved rss gc"},
		{"RSS down with the room for garbage", directions{rss: down, room: down}, "rss"},
		{"RSS unchanged", directions{live: down, rss: steady}, "rss"},

		{"collections take longer", directions{cycles: steady, gcCPU: up}, "gc"},
		{"collections take less time", directions{cycles: unknown, gcCPU: down}, "gc"},
		{"more minor faults", directions{faults: up}, "faults"},
		{"more major faults", directions{major: up}, "faults"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var outcomes []outcome
			for unit, direction := range test.when {
				outcomes = append(outcomes, toward(unit, direction))
			}
			r := reportOf(outcomes...)
			var subjects []string
			for _, rule := range matching(r, "after") {
				subjects = append(subjects, rule.subject)
			}
			if got := strings.Join(subjects, " "); got != test.want {
				t.Errorf("explains %q, want %q", got, test.want)
			}
			fmt.Fprintf(&sentences, "# %s\n", test.name)
			for _, sentence := range Explain(r, "after") {
				fmt.Fprintln(&sentences, sentence)
			}
			fmt.Fprintln(&sentences)
		})
	}
	golden.Check(t, "explanations.txt", sentences.String())
}

// A rule is dead if an earlier rule of its subject matches whenever it does.
func TestNoRuleIsDead(t *testing.T) {
	for i, r := range rules {
		for _, earlier := range rules[:i] {
			if earlier.subject == r.subject && covers(earlier.when, r.when) {
				t.Errorf("rule %d of %s never applies: an earlier rule always matches first", i, r.subject)
			}
		}
	}
}

// covers reports whether a matches whenever b does.
func covers(a, b directions) bool {
	for unit, ways := range a {
		if other, ok := b[unit]; !ok || other&^ways != 0 {
			return false
		}
	}
	return true
}

func TestExplainWithoutCollections(t *testing.T) {
	r := reportOf(toward(live, steady), toward(rss, up), outcome{unit: cycles, before: 0.5, after: 0, verdict: Better})
	if got := Explain(r, "after"); len(got) == 0 || !strings.Contains(got[0], "no collection ended") {
		t.Errorf("%q", got)
	}
}
