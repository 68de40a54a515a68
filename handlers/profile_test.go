package handlers_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

func document(t *testing.T, body string) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// onlyBefore matches the text of a function that allocates only in the baseline. The runtime
// sometimes charges an allocation of its own to it, so it is 4 MiB or a little more.
var onlyBefore = regexp.MustCompile(`profilertest\.allocate: was 4(\.00)? MiB/op, now 0 \(gone\)`)

// The pages of a real experiment show what its operations allocated.
func TestProfilePages(t *testing.T) {
	s := newSite(t)
	s.run()
	s.launch(quick)
	const path = "/experiments/1/profile"

	page := s.get(path)
	page.want(t, http.StatusOK, "is accounted for")
	doc := document(t, page.body)
	frames := doc.Find("svg.flame title").Map(func(_ int, s *goquery.Selection) string { return s.Text() })
	if !strings.HasPrefix(frames[0], "all: was 4") || !onlyBefore.MatchString(strings.Join(frames, "\n")) {
		t.Errorf("frames:\n%s", strings.Join(frames, "\n"))
	}
	link, ok := doc.Find("svg.flame a").Last().Attr("href")
	if !ok {
		t.Fatal("no frame is a link")
	}
	focused := s.get(link)
	focused.want(t, http.StatusOK, "Callers")
	if got := document(t, focused.body).Find("svg.flame").Length(); got != 1 {
		t.Errorf("%d graphs of a function", got)
	}

	for _, test := range []struct {
		query  string
		status int
		want   string
	}{
		{"?after=half&view=calls", http.StatusOK, "profilertest.allocate"},
		{"?view=top", http.StatusOK, "of the change"},
		{"?view=top&q=allocate&sort=function&per=share", http.StatusOK, "profilertest.allocate"},
		{"?kind=peak", http.StatusOK, "In use: was"},
		{"?view=variants", http.StatusOK, `id="variants-h"`},
		{"?kind=peak&type=churn_objects", http.StatusOK, "Churned objects"},
		{"?width=change&depth=3&hide=^runtime", http.StatusOK, "depth limit"},
		{"?focus=allocate", http.StatusOK, "profilertest.allocate and"},
		{"?focus=nothing", http.StatusOK, "function named nothing"},
		{"?ignore=.", http.StatusOK, "filters"},
		{"?ignore=(", http.StatusUnprocessableEntity, "missing closing )"},
		{"?q=" + strings.Repeat("a", 501), http.StatusUnprocessableEntity, "500 bytes"},
		{"?hide=(a{1,100}b){1,10}", http.StatusUnprocessableEntity, "too complex"},
		{"?after=%3Cscript%3E", http.StatusUnprocessableEntity, "not a valid choice"},
		{"?type=cpu", http.StatusUnprocessableEntity, "not a valid choice"},
		{"?depth=-1", http.StatusUnprocessableEntity, "number from 1"},
		{"?view=top&by=package", http.StatusOK, "profiler/profilertest"},
		{"?view=top&sort=", http.StatusOK, "profilertest.allocate"},
		{"?label=bytes", http.StatusOK, "bytes: 1048576"},
		{"?label=nothing", http.StatusOK, "all: was 4"},
	} {
		s.get(path+test.query).want(t, test.status, test.want)
	}

	picture := s.get(path + ".svg?focus=heaplab/profiler/profilertest.allocate")
	picture.want(t, http.StatusOK, "profilertest.allocate: was 4")
	if got := picture.Header.Get("Content-Security-Policy"); !strings.Contains(got, "sandbox") || picture.Header.Get("Content-Type") != "image/svg+xml" {
		t.Errorf("content type of the picture = %s, policy = %q", picture.Header.Get("Content-Type"), got)
	}
	s.get(path+".svg?ignore=(").want(t, http.StatusUnprocessableEntity, "regular expression")
	s.get("/experiments/2/profile").want(t, http.StatusNotFound, "")
	s.get("/experiments/1").want(t, http.StatusOK, `href="/experiments/1/profile"`)
}

// A share without profiles shows everything about them, but not their files.
func TestProfilesOfAShare(t *testing.T) {
	slow(t)
	s := newSite(t)
	s.run()
	s.launch(quick)
	r := s.postJSON("/api/v1/experiments/1/shares", `{}`)
	r.want(t, http.StatusCreated, "url")
	path := r.body[strings.Index(r.body, "/s/"):]
	path = path[:strings.IndexByte(path, '"')]

	rep := s.get(path)
	rep.want(t, http.StatusOK, path+"/profile?focus=")
	page := s.get(path + "/profile")
	page.want(t, http.StatusOK, "profilertest.allocate: was 4")
	if strings.Contains(page.body, "/experiments/") || page.Header.Get("Cache-Control") != "no-store" {
		t.Error("a shared page links to private pages, or may be cached")
	}
	if labelled := s.get(path + "/profile?label=bytes"); strings.Contains(labelled.body, "bytes: ") || strings.Contains(labelled.body, "label=bytes") {
		t.Error("a shared page shows labels")
	}
	s.get(path+"/profile.svg").want(t, http.StatusOK, "<svg")
	s.get("/s/none/profile").want(t, http.StatusNotFound, "")
}
