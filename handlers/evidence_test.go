package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/subject/builtin"
)

// A newer experiment of fewer rounds, or with other params, does not replace the evidence.
func TestEvidence(t *testing.T) {
	t.Parallel()
	slow(t)
	s := newSite(t)
	s.app.Article = []builtin.Claim{{English: "A claim", Tests: []builtin.Test{
		{Case: "known", Variant: "none", Unit: profiler.BytesPerOp},
		{Case: "known", Variant: "none", Unit: profiler.BytesPerOp, Params: profiler.Params{"order": "down"}},
	}}}
	s.run()
	const other = `{"case":"known","params":{"order":"down"},"count":7,"benchtime":"3x"}`
	pages := []string{"/cases", "/cases/known", "/article"}

	s.launch(other)
	for _, path := range pages[:2] {
		s.get(path).has(t, "Only measured with other params: ", `href="/experiments/1"`).lacks(t, "Result of ")
	}
	s.get("/article").has(t, "#1, 7 rounds, ", "holds", "other params only", "Only measured with other params: ")

	s.launch(`{"case":"known","count":6,"benchtime":"3x"}`)
	for _, path := range pages {
		s.get(path).has(t, "#2, 6 rounds, ").lacks(t, "is newer", "other params: ")
	}
	s.get("/article").has(t, "#1, 7 rounds, ")

	s.launch(quick)
	for _, path := range pages {
		s.get(path).has(t, "#2, 6 rounds, ", `href="/experiments/3">#3</a> is newer but has only 1 round.`).lacks(t, "#3, 1 round")
	}
	s.get("/article").lacks(t, "not decided")
	s.get("/experiments/new?case=known").has(t, "Scaled by the speed of experiment 2 on this machine.")
	s.get("/experiments/new?case=known&param.order=down").has(t, "Scaled by the speed of experiment 1 on this machine.")

	s.must(s.app.Store.SetPinned(t.Context(), 3, true))
	for _, path := range pages {
		s.get(path).has(t, "#3, 1 round, ").lacks(t, "is newer", "#2, 6 rounds")
	}
}

// has checks that a page has all texts.
func (r reply) has(t *testing.T, texts ...string) reply {
	t.Helper()
	for _, text := range texts {
		r.want(t, http.StatusOK, text)
	}
	return r
}

// lacks checks that a page has none of the texts.
func (r reply) lacks(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(r.content(), text) {
			t.Errorf("%s has %q: %s", r.Request.URL, text, r.content())
		}
	}
}
