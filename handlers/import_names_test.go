package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"heaplab/profiler/report"
)

// The names that the API gives lead to their functions, whatever bytes the profile has, and pages are UTF-8.
func TestFocusOnInvalidName(t *testing.T) {
	s := newSite(t)
	p := heapOf("\xff\xfe", "gr\xf6\xdfe", "caf\u00e9", "main.main")
	s.upload("/api/v1/imports", sides(zipped(t, p), zipped(t, p))...).want(t, http.StatusCreated, "")
	var rep report.Report
	if err := json.Unmarshal([]byte(s.get("/api/v1/experiments/1").body), &rep); err != nil {
		t.Fatal(err)
	}
	if len(rep.Profiles[0].Summary.Functions) != 4 {
		t.Fatalf("functions %+v", rep.Profiles[0].Summary.Functions)
	}
	for _, f := range rep.Profiles[0].Summary.Functions {
		for _, path := range []string{"/experiments/1/profile", "/experiments/1/profile.svg"} {
			page := s.get(path + "?type=inuse_space&" + url.Values{"focus": {f.Name}}.Encode())
			page.want(t, http.StatusOK, "")
			if !utf8.ValidString(page.body) || strings.Contains(page.body, "has a function named") {
				t.Errorf("%s of %q: valid %v", path, f.Name, utf8.ValidString(page.body))
			}
		}
	}
}

// A profile without samples has an empty list of functions in the API.
func TestNoFunctionsAreAList(t *testing.T) {
	s := newSite(t)
	p := heapOf("f")
	p.Sample, p.Location, p.Function = nil, nil, nil
	s.upload("/api/v1/imports", sides(zipped(t, p), zipped(t, p))...).want(t, http.StatusCreated, "")
	r := s.get("/api/v1/experiments/1")
	r.want(t, http.StatusOK, `"functions":[]`)
	if strings.Contains(r.body, `"functions":null`) {
		t.Error("the functions are null")
	}
}
