package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// An experiment's title, note and tags can be edited on its page and by the API.
func TestEditTexts(t *testing.T) {
	s := newSite(t)
	s.upload("/imports", sides(jsonProfile(t), halfOf(t))...).want(t, http.StatusSeeOther, "")
	s.get("/experiments/1").want(t, http.StatusOK, `action="/experiments/1/title"`)
	s.postForm("/experiments/1/title", url.Values{"title": {" another title "}}).want(t, http.StatusSeeOther, "")
	s.get("/experiments/1").want(t, http.StatusOK, "another title")
	s.postForm("/experiments/1/title", url.Values{"title": {""}}).want(t, http.StatusUnprocessableEntity, "needs a title")
	s.postForm("/experiments/9/title", url.Values{"title": {"x"}}).want(t, http.StatusNotFound, "")
	patch := func(body string) reply {
		return s.do("PATCH", "/api/v1/experiments/1", body, "Content-Type", "application/json")
	}
	patch(`{"title":"a third","tags":["red"],"note":"n"}`).want(t, http.StatusNoContent, "")
	patch(`{"note":""}`).want(t, http.StatusNoContent, "")
	rep := s.reportOf(1)
	if rep.Title != "a third" || rep.Note != "" || len(rep.Tags) != 1 || rep.Labels["baseline"] != "before.pb.gz" {
		t.Errorf("report %+v", rep)
	}
	patch(`{"title":"`+strings.Repeat("x", 201)+`","note":"changed"}`).want(t, http.StatusUnprocessableEntity, `"location":"body.title"`)
	if rep := s.reportOf(1); rep.Note != "" {
		t.Error("a refused edit changed the note")
	}
	s.get("/api/v1/experiments?q=third").want(t, http.StatusOK, `"id":1`)
}
