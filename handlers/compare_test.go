package handlers_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	slow(t)
	s := newSite(t)
	s.get("/compare").want(t, http.StatusOK, `class="empty"`)
	s.run()
	s.launch(quick)
	s.launch(quick)
	for _, test := range []struct {
		path   string
		status int
		want   string
	}{
		{"/compare", http.StatusOK, "Choose two to eight"},
		{"/compare?id=1", http.StatusOK, "Choose two to eight"},
		{"/compare?id=1&id=2", http.StatusOK, "<title>Compare #1 and #2 "},
		{"/compare?id=1:all&id=1:none", http.StatusOK, "<title>Compare #1 all and #1 none "},
		{"/compare?id=2&id=1:none", http.StatusOK, `href="/experiments/2"`},
		{"/compare?id=1&id=9", http.StatusUnprocessableEntity, "There is no experiment 9."},
		{"/compare?id=1&id=x", http.StatusUnprocessableEntity, "&#34;x&#34;"},
		{"/compare?id=1&id=2:gone", http.StatusUnprocessableEntity, "has no variant"},
		{"/compare?id=" + strings.Join(strings.Split("123456789", ""), "&id="), http.StatusUnprocessableEntity, "9 are too many"},
		{"/compare?id=2&id=02&id=1", http.StatusOK, `href="/compare?id=1&amp;id=2"`},
		{"/compare/profile?id=1&id=2", http.StatusOK, "#2 none"},
		{"/compare/profile?id=1&id=2&before=1:half&after=2:half&view=calls", http.StatusOK, "profilertest.allocate"},
		{"/compare/profile?id=9", http.StatusUnprocessableEntity, "there is no experiment 9"},
		{"/compare/profile", http.StatusNotFound, ""},
		{"/compare/profile.svg?id=1&id=2", http.StatusOK, "<svg"},
	} {
		s.get(test.path).want(t, test.status, test.want)
	}
	// Links of the page of profiles keep the compared experiments.
	doc := document(t, s.get("/compare/profile?id=1&id=2").body)
	link, _ := doc.Find("svg.flame a").First().Attr("href")
	if !strings.HasPrefix(link, "/compare/profile?") || !strings.Contains(link, "id=1&id=2") {
		t.Errorf("link of a frame = %s", link)
	}
}
