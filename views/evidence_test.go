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
	for _, test := range []struct {
		best, newer profiler.Experiment
		want        string
	}{
		{ran(1, 6, false), ran(14, 1, false), "is newer but has only 1 round."},
		{ran(1, 6, true), ran(14, 5, true), "is newer but has only 5 rounds."},
		{ran(1, 6, true), ran(14, 6, false), "is newer and has 6 rounds, but #1 is pinned."},
		{ran(1, 2, true), ran(14, 12, false), "is newer and has 12 rounds, but #1 is pinned."},
	} {
		if got := newerText(test.best, test.newer); got != test.want {
			t.Errorf("#14 %s; want: %s", got, test.want)
		}
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
