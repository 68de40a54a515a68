package handlers_test

import (
	"net/http"
	"strings"
	"testing"
)

// Imports can be compared with each other and their profiles shown.
func TestCompareImports(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.upload("/imports", severalSides(t)...).want(t, http.StatusSeeOther, "")
	s.upload("/imports", sides(jsonProfile(t), halfOf(t))...).want(t, http.StatusSeeOther, "")
	s.upload("/imports", append(sides(jsonProfile(t), halfOf(t)), part{"baseline_count", "", []byte("10")}, part{"variant_count", "", []byte("10")})...).want(t, http.StatusSeeOther, "")
	s.get("/experiments/1").want(t, http.StatusOK, "/compare?id=1")
	page := s.get("/compare?id=1&id=2")
	for _, want := range []string{"Allocated bytes", "Bytes in use", "Imported profiles are of whole processes", "#1", "#2"} {
		page.want(t, http.StatusOK, want)
	}
	for _, text := range []string{"The param", "NaN", "same params"} {
		if strings.Contains(page.body, text) {
			t.Errorf("the comparison says %q", text)
		}
	}
	s.get("/compare?id=1:baseline&id=1:variant").want(t, http.StatusOK, "−50")
	s.get("/compare?id=3:baseline&id=3:variant").want(t, http.StatusOK, "Values are per request.")
	s.get("/compare?id=2&id=3").want(t, http.StatusOK, "The unit of values is whole profiles in #2, and request in #3.")
	s.get("/compare/profile?id=1&id=2&before=1:baseline&after=2:baseline").want(t, http.StatusOK, "Per profile")
	s.get("/compare/profile.svg?id=1&id=2").want(t, http.StatusOK, "<svg")
}
