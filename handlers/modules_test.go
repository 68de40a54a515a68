package handlers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"heaplab/profiler"
	"heaplab/profiler/subject/gobench"
)

const modulePath = "example.com/tiny"

// newModuleSite returns a site that allows one module, and the folder of the module.
func newModuleSite(t *testing.T, files map[string]string) (*site, string) {
	t.Helper()
	s := newSite(t)
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	git(t, dir, "init", "--quiet", "--initial-branch=main")
	git(t, dir, "add", "--all")
	git(t, dir, "-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "--quiet", "-m", "first")
	modules, err := gobench.OpenModules(t.Context(), []string{dir})
	if err != nil {
		t.Fatal(err)
	}
	s.app.Modules = modules
	s.app.Queue.Subjects = append(s.app.Queue.Subjects, &gobench.Subject{Executor: s.app.Builtin.Executor, Folder: t.TempDir()})
	ended := make(chan struct{})
	go func() {
		modules.Run(t.Context())
		close(ended)
	}()
	t.Cleanup(func() { <-ended })
	return s, dir
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
}

// tiny returns the files of a module with some benchmarks in some packages.
func tiny(packages, benchmarks int) map[string]string {
	files := map[string]string{"go.mod": "module " + modulePath + "\n"}
	for p := range packages {
		text := "package p\n\nimport \"testing\"\n"
		for b := range benchmarks {
			text += fmt.Sprintf("\nfunc BenchmarkNumber%d(b *testing.B) {}\n", b)
		}
		files[fmt.Sprintf("p%d/p_test.go", p)] = text
	}
	return files
}

// whenRead requests a page until it no longer says that the files are being read.
func (s *site) whenRead(path string) reply {
	s.Helper()
	for {
		if r := s.get(path); !strings.Contains(r.body, "are being read") && !strings.Contains(r.body, `"reading":true`) {
			return r
		}
	}
}

func parse(t *testing.T, r reply) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// A page has some of the benchmarks. Links lead to all the others, and a search finds each.
func TestBenchmarksArePaged(t *testing.T) {
	s, _ := newModuleSite(t, tiny(10, 20))
	seen := map[string]bool{}
	pages := 0
	for path := "/benchmarks"; path != ""; pages++ {
		doc := parse(t, s.whenRead(path))
		doc.Find("#list li a").Each(func(_ int, a *goquery.Selection) { seen[a.AttrOr("href", "")] = true })
		path = doc.Find(`a[rel="next"]`).AttrOr("href", "")
	}
	if len(seen) != 200 || pages != 4 {
		t.Errorf("%d benchmarks on %d pages, want 200 on 4", len(seen), pages)
	}
	doc := parse(t, s.get("/benchmarks?q=P7+number19"))
	if links := doc.Find("#list li a"); links.Length() != 1 || links.AttrOr("href", "") != "/benchmarks/new?module=example.com%2Ftiny&param.bench=%5EBenchmarkNumber19%24&param.package=.%2Fp7" {
		t.Errorf("found %q", links.AttrOr("href", ""))
	}
	if text := doc.Find("#list").Text(); !strings.Contains(text, "1 of 200 benchmarks match") || !strings.Contains(text, "all 20") {
		t.Errorf("the list says %q", text)
	}
	s.get("/benchmarks?page=99&q=p3").want(t, http.StatusOK, "./p3")
	s.get("/benchmarks?page=-1").want(t, http.StatusOK, "./p0")
	s.get("/benchmarks?module=example.com/other").want(t, http.StatusNotFound, "--module")
	s.get("/benchmarks/new?module=/etc").want(t, http.StatusNotFound, "--module")
	s.get("/benchmarks/new?from=99").want(t, http.StatusNotFound, "")

	if part := s.do("GET", "/benchmarks?q=p7", "", "HX-Request", "true"); strings.Contains(part.body, "<html") || !strings.Contains(part.body, "./p7") {
		t.Errorf("the part of the page is %.300s", part.body)
	}
}

// form returns a launch of a benchmark of the module, with some of its fields changed.
func form(changes ...string) url.Values {
	values := url.Values{
		"module": {modulePath}, "param.package": {"./p0"}, "param.bench": {"^BenchmarkNumber0$"}, "versions": {"other"},
		"param.before": {"HEAD"}, "param.after": {"dirty"}, "count": {"1"}, "benchtime": {"3x"}, "title": {"mine"}, "note": {"kept"},
	}
	for i := 0; i < len(changes); i += 2 {
		values.Set(changes[i], changes[i+1])
	}
	return values
}

// launchForm launches the form as the first experiment, and returns it when it has started.
func (s *site) launchForm() profiler.Experiment {
	s.Helper()
	s.postForm("/benchmarks", form()).want(s.T, http.StatusSeeOther, "")
	e, err := s.app.Store.Experiment(s.Context(), 1)
	s.must(err)
	s.must(s.app.Store.Start(s.Context(), e.ID, time.Now(), nil))
	return e
}

// Each bad value is refused at its field, with a sentence, and the form keeps what was entered.
func TestBenchmarkFormRefuses(t *testing.T) {
	s, dir := newModuleSite(t, tiny(1, 1))
	git(t, dir, "update-ref", "refs/heads/--upload-pack=touch", "HEAD")
	for _, test := range []struct{ name, field, value, want string }{
		{"a flag as package", "param.package", "-exec=sh", ""},
		{"the parent folder", "param.package", "../other", "inside the module"},
		{"the parent folder in the middle", "param.package", "./p0/../../other", "inside the module"},
		{"an absolute package", "param.package", "/etc", "inside the module"},
		{"several packages", "param.package", "./...", "one package"},
		{"a package with a new line", "param.package", "./p0\n-exec=sh", "one package"},
		{"no benchmarks", "param.bench", "", "regular expression"},
		{"a bad pattern", "param.bench", "(", "regular expression"},
		{"a pattern with a new line", "param.bench", "A\n-test.cpuprofile=x", "regular expression"},
		{"a flag as version", "param.before", "--upload-pack=sh", "git knows no commit"},
		{"output to a file", "param.before", "--output=/tmp/x", "git knows no commit"},
		{"a version with a new line", "param.before", "HEAD\n--all", "must be"},
		{"no version", "param.after", "", "must be"},
		{"an unknown version", "param.after", "nowhere", "git knows no commit"},
		{"an unknown third version", "param.after-2", "nowhere", "git knows no commit"},
		{"a file of git", "param.before", "HEAD:go.mod", "git knows no commit"},
		{"no rounds", "count", "0", "from 1 to 100"},
		{"a flag as length", "benchtime", "-exec=sh", "must be a time"},
		{"a long run", "time_limit", "31m", "from 1s to 30m0s"},
		{"no memory", "memory_limit", "1", "at least 16MiB"},
		{"GOGC", "gogc", "$(id)", "percentage"},
		{"a long title", "title", strings.Repeat("x", 201), "200 bytes"},
		{"a bad tag", "tags", "<script>", "not a tag"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := s.postForm("/benchmarks", form(test.field, test.value))
			if test.want == "" { // it is a path, and stays one
				if r.StatusCode != http.StatusSeeOther {
					t.Errorf("%s: %s", r.Status, r.content())
				}
				return
			}
			r.want(t, http.StatusUnprocessableEntity, html.EscapeString(test.want))
			doc := parse(t, r)
			field := doc.Find(fmt.Sprintf("[name=%q]", test.field))
			if field.AttrOr("aria-invalid", "") != "true" {
				t.Errorf("the field %s is not marked: %s", test.field, r.content())
			}
			if got := field.AttrOr("value", ""); got != strings.ReplaceAll(test.value, "\n", "") && got != test.value {
				t.Errorf("the field has %q, want %q", got, test.value)
			}
			if test.field != "note" && doc.Find(`[name="note"]`).AttrOr("value", "") != "kept" {
				t.Error("the note is lost")
			}
			if strings.HasPrefix(test.field, "param.a") && doc.Find(`[name="versions"]:checked`).AttrOr("value", "") != "other" {
				t.Error("the fields of the versions are not shown")
			}
		})
	}
	r := s.postForm("/benchmarks", form("versions", "branch", "base", "--output=/tmp/x"))
	r.want(t, http.StatusUnprocessableEntity, "git knows no commit")
	if got := parse(t, r).Find(`[name="param.before"]`).AttrOr("value", ""); got != "--output=/tmp/x..." {
		t.Errorf("the field of the version has %q", got)
	}
	// Nothing but the module's path names a module, and a folder in a field is not taken.
	for _, module := range []string{"", "/", dir, "../tiny", "example.com/other", modulePath + "\n"} {
		s.postForm("/benchmarks", form("module", module)).want(t, http.StatusNotFound, "--module")
	}
	s.do("POST", "/benchmarks", form().Encode(), "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "cross-site").want(t, http.StatusForbidden, "")
	s.do("POST", "/benchmarks", form().Encode(), "Content-Type", "application/x-www-form-urlencoded", "Host", "evil.example").want(t, http.StatusMisdirectedRequest, "")
	s.do("POST", "/benchmarks", `{}`, "Content-Type", "application/json").want(t, http.StatusUnsupportedMediaType, "")
	if strings.Contains(s.log.String(), `"status":500`) {
		t.Errorf("log = %s", s.log)
	}
}

// The form and the API launch the same experiment, in the folder of the module only.
func TestBenchmarkLaunches(t *testing.T) {
	s, dir := newModuleSite(t, tiny(1, 1))
	git(t, dir, "branch", "base")
	git(t, dir, "switch", "--quiet", "-c", "faster")
	for _, test := range []struct {
		name   string
		launch func() reply
		before string
		after  string
	}{
		{"the work tree", func() reply {
			return s.postForm("/benchmarks", form("versions", "work-tree", "param.before", "nowhere"))
		}, "HEAD", "dirty"},
		{"the branch", func() reply { return s.postForm("/benchmarks", form("versions", "branch", "base", "main")) }, "main...", "HEAD"},
		{"other versions, with a gap", func() reply {
			return s.postForm("/benchmarks", form("param.before", "base", "param.after", "HEAD", "param.after-4", "main", "param.dir", "/etc"))
		}, "base", "HEAD"},
		{"the API", func() reply {
			return s.postJSON("/api/v1/experiments", `{"module":"example.com/tiny","package":"./p0","bench":"Number","versions":["base","faster"],"count":1,"title":"mine"}`)
		}, "base", "faster"},
		{"the API with its default versions", func() reply {
			return s.postJSON("/api/v1/experiments", `{"module":"example.com/tiny","package":"p0","bench":"Number","title":"mine","count":1}`)
		}, "HEAD", "dirty"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := test.launch()
			if r.StatusCode != http.StatusSeeOther && r.StatusCode != http.StatusCreated {
				t.Fatalf("%s: %s", r.Status, r.content())
			}
			var id int64
			if _, err := fmt.Sscanf(filepath.Base(r.Header.Get("Location")), "%d", &id); err != nil {
				t.Fatal(err)
			}
			e, err := s.app.Store.Experiment(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			p := e.Design.Params
			if p["before"] != test.before || p["after"] != test.after || p[gobench.ParamDir] != s.app.Modules[0].Dir || p[gobench.ParamPackage] != "./p0" || e.Design.Title != "mine" || e.Config.Count != 1 {
				t.Errorf("params = %v, title %q, %d rounds", p, e.Design.Title, e.Config.Count)
			}
			if strings.Contains(test.name, "gap") && (p["after-2"] != "main" || len(e.Design.Variants) != 3) {
				t.Errorf("params = %v", p)
			}
			clone := s.get(fmt.Sprintf("/experiments/new?from=%d", id))
			if to := clone.Header.Get("Location"); clone.StatusCode != http.StatusSeeOther || to != fmt.Sprintf("/benchmarks/new?from=%d", id) {
				t.Fatalf("clone: %s to %q", clone.Status, to)
			}
			doc := parse(t, s.get(clone.Header.Get("Location")))
			for name, want := range map[string]string{"param.before": test.before, "param.after": test.after, "title": "mine", "count": "1", "param.package": "./p0", "module": modulePath} {
				if got := doc.Find(fmt.Sprintf("[name=%q]", name)).AttrOr("value", ""); got != want {
					t.Errorf("the clone has %s = %q, want %q", name, got, want)
				}
			}
		})
	}
}

// The form launches a sweep of a setting, and the clone has its values.
func TestBenchmarkSweep(t *testing.T) {
	s, _ := newModuleSite(t, tiny(1, 1))
	refused := parse(t, s.postForm("/benchmarks", form("values", "50, 100")))
	if refused.Find(`[name="over"]`).AttrOr("aria-invalid", "") != "true" {
		t.Errorf("values without a setting: %s", refused.Text())
	}
	s.postForm("/benchmarks", form("over", "gogc", "values", "50, 100")).want(t, http.StatusSeeOther, "")
	clone := parse(t, s.get("/benchmarks/new?from=1"))
	if over, values := clone.Find(`[name="over"] option[selected]`).AttrOr("value", ""), clone.Find(`[name="values"]`).AttrOr("value", ""); over != "gogc" || values != "50, 100" {
		t.Errorf("the clone sweeps %q over %q", over, values)
	}
}

// Without --module nothing can be launched, and the page says how to allow a module.
func TestNoModules(t *testing.T) {
	s, _ := newModuleSite(t, tiny(1, 1))
	s.launchForm()
	s.finish(1)
	clone := `href="/experiments/new?from=1"`
	s.get("/experiments/1").want(t, http.StatusOK, clone)
	s.app.Modules = nil
	s.get("/benchmarks").want(t, http.StatusOK, "heaplab serve --module")
	s.postForm("/benchmarks", form()).want(t, http.StatusNotFound, "--module")
	s.get("/api/v1/modules").want(t, http.StatusOK, "[]")
	s.get("/experiments/new?from=1").want(t, http.StatusConflict, "--module")
	if page := s.get("/experiments/1"); strings.Contains(page.body, clone) {
		t.Error("the report offers to clone an experiment that cannot be cloned")
	}
}

// The API lists modules and benchmarks, and names the member of a body that has a fault.
func TestModulesInTheAPI(t *testing.T) {
	s, _ := newModuleSite(t, tiny(3, 4))
	s.whenRead("/api/v1/modules").want(t, http.StatusOK, `[{"module":"example.com/tiny","benchmarks":12,"reading":false}]`)
	type list struct {
		Items []gobench.Benchmark
		Total int
		Next  string
	}
	read := func(query string) (l list) {
		r := s.get("/api/v1/modules/benchmarks?module=example.com/tiny" + query)
		if err := json.Unmarshal([]byte(r.body), &l); err != nil {
			t.Fatalf("%v: %s", err, r.body)
		}
		return l
	}
	first := read("&limit=5&q=number")
	second := read("&limit=7&q=number&cursor=" + first.Next)
	if len(first.Items) != 5 || len(second.Items) != 7 || second.Next != "" || first.Total != 12 || second.Items[6] != (gobench.Benchmark{Package: "./p2", Name: "BenchmarkNumber3"}) {
		t.Errorf("first %+v, second %+v", first, second)
	}
	s.get("/api/v1/modules/benchmarks?module=example.com/tiny&cursor=x").want(t, http.StatusUnprocessableEntity, "cursor")
	s.get("/api/v1/modules/benchmarks?module=/etc").want(t, http.StatusNotFound, "--module")
	s.get("/api/v1/modules/benchmarks").want(t, http.StatusUnprocessableEntity, "module")

	for _, test := range []struct{ body, location string }{
		{`{"module":"/etc","package":".","bench":"."}`, "body.module"},
		{`{"module":"example.com/tiny","package":"../x","bench":"."}`, "body.package"},
		{`{"module":"example.com/tiny","package":".","bench":"("}`, "body.bench"},
		{`{"module":"example.com/tiny","package":".","bench":".","versions":["HEAD","-x"]}`, "body.versions[1]"},
		{`{"module":"example.com/tiny","package":".","bench":".","versions":["HEAD"]}`, "body.versions[1]"},
		{`{"module":"example.com/tiny","package":".","bench":".","versions":["HEAD","HEAD","HEAD","HEAD","HEAD","HEAD","HEAD","HEAD","HEAD","HEAD"]}`, "body.versions[8]"},
		{`{"module":"example.com/tiny","package":".","bench":".","count":0}`, "body.count"},
		{`{"module":"example.com/tiny","package":".","bench":".","kind":"calibration"}`, "body.kind"},
		{`{"module":"example.com/tiny","package":".","bench":".","params":{"dir":"/etc"}}`, "body.params"},
		{`{"module":"example.com/tiny","case":"known","package":".","bench":"."}`, "body.case"},
		{`{"case":"known","bench":"."}`, "body.module"},
		{`{}`, "body.case"},
	} {
		s.postJSON("/api/v1/experiments", test.body).want(t, http.StatusUnprocessableEntity, `"location":"`+test.location+`"`)
	}
	if page := s.get("/api/v1/experiments"); !strings.Contains(page.body, `"items":[]`) {
		t.Errorf("a refused launch was stored: %s", page.body)
	}
	var doc bytes.Buffer
	if err := json.Compact(&doc, []byte(s.get("/api/openapi.json").body)); err != nil || !strings.Contains(doc.String(), `"/api/v1/modules/benchmarks"`) || !strings.Contains(doc.String(), `"versions":["main...","HEAD"]`) {
		t.Errorf("the description of the API has no example of a module: %v", err)
	}
}

// A share has neither the form nor a link to it.
func TestSharesCannotLaunchBenchmarks(t *testing.T) {
	s, _ := newModuleSite(t, tiny(1, 1))
	e := s.launchForm()
	s.measure(e.ID, e.Design)
	s.get("/experiments/1").want(t, http.StatusOK, "/experiments/new?from=1")
	link := s.share(`{}`)
	for _, path := range []string{"/benchmarks", "/experiments/new"} {
		if page := s.get(link); page.StatusCode != http.StatusOK || strings.Contains(page.body, path) {
			t.Errorf("the share: %s, with a link to %s", page.Status, path)
		}
		s.get(link+path).want(t, http.StatusNotFound, "")
	}
	if r := s.postForm(link, form()); r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a launch through a share: %s", r.Status)
	}
}
