package views

import (
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/subject/builtin"
)

func TestNewerText(t *testing.T) {
	ran := func(id int64, rounds int, pinned bool) profiler.Experiment {
		return profiler.Experiment{ID: id, Config: profiler.Config{Count: rounds}, Pinned: pinned}
	}
	on := func(e profiler.Experiment, machine, benchtime string) profiler.Experiment {
		e.Environment, e.Config.Benchtime = profiler.Environment{"machine": machine}, benchtime
		return e
	}
	for _, test := range []struct {
		best, newer profiler.Experiment
		want        string
	}{
		{on(ran(1, 6, false), "here", "500ms"), on(ran(14, 20, false), "there", "500ms"), "is newer but ran on another machine."},
		{on(ran(1, 6, false), "here", "500ms"), on(ran(14, 20, false), "here", "1x"), "is newer but measured 1 operation per round instead of the default."},
		{on(ran(1, 6, true), "there", "500ms"), on(ran(14, 20, false), "here", "500ms"), "is newer and has 20 rounds, but #1 is pinned."},
		{ran(1, 6, false), ran(14, 1, false), "is newer but has only 1 round."},
		{ran(1, 6, true), ran(14, 5, true), "is newer but has only 5 rounds."},
		{ran(1, 6, true), ran(14, 6, false), "is newer and has 6 rounds, but #1 is pinned."},
		{ran(1, 2, true), ran(14, 12, false), "is newer and has 12 rounds, but #1 is pinned."},
	} {
		if got := newerText(profiler.Evidence{Best: &test.best, Newer: &test.newer, Machine: "here"}); got != test.want {
			t.Errorf("#14 %s; want: %s", got, test.want)
		}
	}
}

func TestEvidenceText(t *testing.T) {
	e := testItem(42, profiler.Done).Experiment
	e.Config.Count, e.Config.Benchtime, e.Environment = 6, "1x", profiler.Environment{"machine": "there"}
	if got := evidenceText(e, "here"); !strings.HasPrefix(got, "#42, 6 rounds, ") || !strings.HasSuffix(got, ", 1 operation per round, on another machine") {
		t.Error(got)
	}
	e.Config.Benchtime = profiler.DefaultBenchtime
	if got := evidenceText(e, "there"); strings.Contains(got, "per round") || strings.Contains(got, "machine") {
		t.Error(got)
	}
}

// A claim names a newer experiment once, even if several of its outcomes have it.
func TestArticleEvidence(t *testing.T) {
	doc := document(t, Article(testArticle()))
	claims := doc.Find(".claims > li")
	measured := claims.First()
	if got := text(measured); strings.Count(got, "#42, 6 rounds, ") != 2 || strings.Count(got, "#43 is newer but has only 1 round.") != 1 {
		t.Errorf("measured: %s", got)
	}
	containsAll(t, "unmeasured", text(claims.Last()),
		"Bytes per op of preallocated, case preallocation. Launch",
		"other params only Live heap of preallocated, case preallocation. Only measured with other params: #42 . Launch")
}

func TestCaseResults(t *testing.T) {
	evidence := testEvidence()
	for _, test := range []struct {
		name   string
		result CaseResult
		want   string
	}{
		{"measured", CaseResult{Evidence: evidence, Item: testItem(42, profiler.Done)}, "Result of #42, 6 rounds, "},
		{"newer", CaseResult{Evidence: evidence, Item: testItem(42, profiler.Done)}, "#43 is newer but has only 1 round."},
		{"other params", CaseResult{Evidence: profiler.Evidence{Other: evidence.Best}}, "Only measured with other params: #42"},
		{"unmeasured", CaseResult{}, "Not yet measured here."},
	} {
		p := CasesPage{Cases: []builtin.Case{testCase()}, Results: map[string]CaseResult{testCase().Name: test.result}}
		containsAll(t, test.name, text(document(t, Cases(p)).Find(".case-result")), test.want)
	}
}
