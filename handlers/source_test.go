package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"heaplab/profiler"
	"heaplab/profiler/listing"
)

const testPackage = "heaplab/profiler/profilertest"

// newSourceSite returns a site with the source code of the test cases.
func newSourceSite(t *testing.T) *site {
	s := newSite(t)
	s.app.Code = listing.Code{Version: "v1", Packages: []listing.Package{{Path: testPackage, Files: os.DirFS("../profiler/profilertest")}}}
	s.app.Builtin.Code = "v1"
	return s
}

// markedLines returns the lines of a listing that have values, as "before, after: code". It rounds
// away small allocations of the runtime itself.
func markedLines(t *testing.T, r reply) []string {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	doc.Find(".listing .marked").Each(func(_ int, row *goquery.Selection) {
		cells := row.Find("td")
		lines = append(lines, cells.Eq(0).Text()+", "+cells.Eq(1).Text()+": "+strings.TrimSpace(row.Find("code").Text()))
	})
	for i := range lines {
		lines[i] = strings.ReplaceAll(lines[i], ".00 MiB", " MiB")
	}
	return lines
}

// whole matches the fraction of a number: the runtime sometimes charges an allocation of its own to
// a line.
var whole = regexp.MustCompile(`(\d)\.\d+`)

func TestSourceLines(t *testing.T) {
	t.Parallel()
	slow(t)
	s := newSourceSite(t)
	s.run()
	rep := s.launch(quick)
	if rep.Environment["code"] != "v1" {
		t.Errorf("environment = %v", rep.Environment)
	}
	s.get("/experiments/1").want(t, http.StatusOK, `href="/experiments/1/source?after=none"`)
	for _, test := range []struct{ query, want string }{
		{"", "4 MiB, 0 B: block := make([]byte, Block)"},
		{"?after=half", "4 MiB, 2 MiB: block := make([]byte, Block)"},
		{"?before=half&after=all", "2 MiB, 4 MiB: block := make([]byte, Block)"},
		{"?type=alloc_objects", "4, 0: block := make([]byte, Block)"},
		{"?kind=other&type=other&before=other&after=other", "4 MiB, 0 B: block := make([]byte, Block)"},
		{"?fn=" + testPackage + ".allocate", "4 MiB, 0 B: block := make([]byte, Block)"},
		{"?fn=" + testPackage + ".allocating", "4 MiB, 0 B: held = append(held, allocate())"},
		{"?fn=" + testPackage + ".allocating.func1.1", "4 MiB, 0 B: held = append(held, allocate())"},
		{"?fn=" + testPackage + ".(*work).Op", "4 MiB, 0 B: func (w *work) Op(mark func()) error            { return w.op(mark) }"},
		{"?fn=" + testPackage + ".Executor", ""},
	} {
		r := s.get("/experiments/1/source" + test.query)
		r.want(t, http.StatusOK, "Known allocations")
		if got := whole.ReplaceAllString(strings.Join(markedLines(t, r), "; "), "$1"); got != test.want {
			t.Errorf("%s: %q, want %q", test.query, got, test.want)
		}
	}
	// At the peak, a block of the previous operation can still be in use.
	peak := s.get("/experiments/1/source?kind=peak")
	if got := strings.Join(markedLines(t, peak), "; "); !strings.HasSuffix(got, " MiB, 0 B: block := make([]byte, Block)") {
		t.Errorf("at the peak: %q", got)
	}
	for _, fn := range []string{"os.ReadFile", testPackage + ".nothing", "evil/" + testPackage + ".allocate", "../../x.go", "/etc/passwd", "main.main"} {
		s.get("/experiments/1/source?fn="+url.QueryEscape(fn)).want(t, http.StatusNotFound, "")
	}
	s.get("/experiments/2/source").want(t, http.StatusNotFound, "")

	var share struct {
		ID  int64
		URL string
	}
	if err := json.Unmarshal([]byte(s.postJSON("/api/v1/experiments/1/shares", `{}`).body), &share); err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(share.URL, s.url)
	s.get(path).want(t, http.StatusOK, `href="`+path+`/source?after=none"`)
	shared := s.get(path + "/source?after=half")
	if got := strings.Join(markedLines(t, shared), "; "); whole.ReplaceAllString(got, "$1") != "4 MiB, 2 MiB: block := make([]byte, Block)" || strings.Contains(shared.body, "/experiments") {
		t.Errorf("shared: %q, %.500s", got, shared.body)
	}
	s.get(path+"/source?fn=os.ReadFile").want(t, http.StatusNotFound, "")

	// No lines are shown if the code has changed.
	s.app.Code.Version = "v2"
	for _, page := range []string{"/experiments/1/source", path + "/source", "/experiments/1/source?fn=" + testPackage + ".allocate"} {
		r := s.get(page)
		r.want(t, http.StatusOK, "code has changed")
		if strings.Contains(r.body, "make([]byte") {
			t.Errorf("%s shows the code", page)
		}
	}
	s.do("DELETE", "/api/v1/experiments/1", "").want(t, http.StatusNoContent, "")
	s.get(path+"/source").want(t, http.StatusNotFound, "")
}

// A profile cannot make the page show anything but the code, whatever files and lines it names.
func TestSourceLinesOfForgedProfiles(t *testing.T) {
	s := newSourceSite(t)
	line := lineOf(t, "../profiler/profilertest/cases.go", "block := make(")
	known := handMade(testPackage+".allocate", "cases.go", line, 1)
	for _, p := range []struct {
		function, file string
		line           int64
	}{
		{testPackage + ".allocate", "/etc/passwd", 1},
		{testPackage + ".allocate", "../../x.go", 1},
		{testPackage + ".allocate", "/proc/self/environ", 1},
		{testPackage + ".allocate", "cases.go", 1 << 40},
		{testPackage + ".TestMain", "../handlers_test.go", 27},
		{"os.ReadFile", "cases.go", line},
		{`<img src=x onerror=alert(1)>`, "cases.go", line},
	} {
		s.keep(profiler.Environment{"code": "v1"}, handMade(p.function, p.file, p.line, 1), handMade(p.function, p.file, p.line, 2))
	}
	for id := range 7 {
		r := s.get("/experiments/" + string(rune('1'+id)) + "/source?after=half")
		r.want(t, http.StatusOK, `id="none-h"`)
		if strings.Contains(r.body, "root:") || strings.Contains(r.body, "<code>") || strings.Contains(r.body, "<img") {
			t.Errorf("experiment %d: %s", id+1, r.body)
		}
	}
	s.keep(profiler.Environment{"code": "v1"}, known, handMade(testPackage+".allocate", "/x/y/cases.go", line, 3))
	if got := strings.Join(markedLines(t, s.get("/experiments/8/source?after=half")), "; "); got != "64 B, 192 B: block := make([]byte, Block)" {
		t.Errorf("a valid profile: %q", got)
	}
	s.get("/experiments/8/source?after=none").want(t, http.StatusOK, "There is no allocs profile of none")
	s.keep(nil, known, known)
	s.get("/experiments/9/source?after=half").want(t, http.StatusOK, "not known")
}

// lineOf returns the number of the first line of a file that contains a text.
func lineOf(t *testing.T, file, text string) int64 {
	t.Helper()
	b, err := os.ReadFile(file)
	before, _, found := strings.Cut(string(b), text)
	if err != nil || !found {
		t.Fatalf("%s has no line with %q: %v", file, text, err)
	}
	return int64(strings.Count(before, "\n") + 1)
}
