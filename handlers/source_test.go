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

// newSourceSite is a site that knows the source of the cases of tests.
func newSourceSite(t *testing.T) *site {
	s := newSite(t)
	s.app.Code = listing.Code{Version: "v1", Packages: []listing.Package{{Path: testPackage, Files: os.DirFS("../profiler/profilertest")}}}
	s.app.Queue.Code = "v1"
	return s
}

// markedLines are the lines of a page's listing that have values, as "before, after: code". What
// little the runtime may allocate for itself in a line is rounded away.
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

// whole cuts numbers to whole ones: now and then the runtime charges something of its own to
// whoever allocates.
var whole = regexp.MustCompile(`(\d)\.\d+`)

func TestSourceLines(t *testing.T) {
	s := newSourceSite(t)
	s.run()
	report := s.launch(quick)
	if report.Environment["code"] != "v1" {
		t.Errorf("environment = %v", report.Environment)
	}
	s.get("/experiments/1").want(t, http.StatusOK, `href="/experiments/1/source?after=none"`)
	for _, test := range []struct{ query, want string }{
		{"", "4 MiB, 0 B: block := make([]byte, Block)"},
		{"?after=half", "4 MiB, 2 MiB: block := make([]byte, Block)"},
		{"?before=half&after=all", "2 MiB, 4 MiB: block := make([]byte, Block)"},
		{"?type=alloc_objects", "4, 0: block := make([]byte, Block)"},
		{"?kind=other&type=other&before=other&after=other", "4 MiB, 0 B: block := make([]byte, Block)"},
		{"?fn=" + testPackage + ".allocate", "4 MiB, 0 B: block := make([]byte, Block)"},
		{"?fn=" + testPackage + ".blocks", "4 MiB, 0 B: held = append(held, allocate())"},
		{"?fn=" + testPackage + ".blocks.func1.1", "4 MiB, 0 B: held = append(held, allocate())"},
		{"?fn=" + testPackage + ".(*work).Op", "4 MiB, 0 B: func (w *work) Op(mark func()) error            { return w.op(mark) }"},
		{"?fn=" + testPackage + ".Executor", ""},
	} {
		r := s.get("/experiments/1/source" + test.query)
		r.want(t, http.StatusOK, "Known allocations")
		if got := whole.ReplaceAllString(strings.Join(markedLines(t, r), "; "), "$1"); got != test.want {
			t.Errorf("%s: %q, want %q", test.query, got, test.want)
		}
	}
	s.get("/experiments/1/source?fn="+testPackage+".Executor").want(t, http.StatusOK, "Nothing of this function")
	// At the peak a block of the operation before may still be in use.
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

	// Lines of other code are not shown.
	s.app.Code.Version = "v2"
	for _, page := range []string{"/experiments/1/source", path + "/source", "/experiments/1/source?fn=" + testPackage + ".allocate"} {
		r := s.get(page)
		r.want(t, http.StatusOK, "The built-in code has changed since this was measured")
		if strings.Contains(r.body, "make([]byte") {
			t.Errorf("%s shows the code", page)
		}
	}
	s.do("DELETE", "/api/v1/experiments/1", "").want(t, http.StatusNoContent, "")
	s.get(path+"/source").want(t, http.StatusNotFound, "")
}

// Whatever a profile says of where its functions stand, nothing is shown but the code.
func TestSourceLinesOfMadeUpProfiles(t *testing.T) {
	s := newSourceSite(t)
	known := handMade(testPackage+".allocate", "cases.go", 75, 1)
	for _, p := range []struct {
		function, file string
		line           int64
	}{
		{testPackage + ".allocate", "/etc/passwd", 1},
		{testPackage + ".allocate", "../../x.go", 1},
		{testPackage + ".allocate", "/proc/self/environ", 1},
		{testPackage + ".allocate", "cases.go", 1 << 40},
		{testPackage + ".TestMain", "../handlers_test.go", 27},
		{"os.ReadFile", "cases.go", 75},
		{`<img src=x onerror=alert(1)>`, "cases.go", 75},
	} {
		s.keep(profiler.Environment{"code": "v1"}, handMade(p.function, p.file, p.line, 1), handMade(p.function, p.file, p.line, 2))
	}
	for id := range 7 {
		r := s.get("/experiments/" + string(rune('1'+id)) + "/source?after=half")
		r.want(t, http.StatusOK, "No built-in function is in these profiles")
		if strings.Contains(r.body, "root:") || strings.Contains(r.body, "<code>") || strings.Contains(r.body, "<img") {
			t.Errorf("experiment %d: %s", id+1, r.body)
		}
	}
	s.keep(profiler.Environment{"code": "v1"}, known, handMade(testPackage+".allocate", "/x/y/cases.go", 75, 3))
	if got := strings.Join(markedLines(t, s.get("/experiments/8/source?after=half")), "; "); got != "64 B, 192 B: block := make([]byte, Block)" {
		t.Errorf("of a profile that is right: %q", got)
	}
	s.get("/experiments/8/source?after=none").want(t, http.StatusOK, "There is no allocs profile of none")
	s.keep(nil, known, known)
	s.get("/experiments/9/source?after=half").want(t, http.StatusOK, "Which version of the built-in code was measured is not known")
}
