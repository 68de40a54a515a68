package gobench_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"heaplab/profiler/subject/gobench"
)

// listed returns the module in a folder whose files are read until the test ends.
func listed(t *testing.T, dir string) *gobench.Module {
	t.Helper()
	ms, err := gobench.OpenModules(t.Context(), []string{dir})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		ms.Run(ctx)
		close(ended)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return ms[0]
}

// benchmarks returns the list when it has been read, and its benchmarks as text.
func benchmarks(t *testing.T, m *gobench.Module) (gobench.List, []string) {
	t.Helper()
	list := m.Benchmarks(t.Context())
	for list.Reading {
		list = m.Benchmarks(t.Context())
	}
	var out []string
	for _, b := range list.Benchmarks {
		out = append(out, b.Package+" "+b.Name)
	}
	return list, out
}

// The list has the benchmarks that go test would find in packages of the module, and no others.
func TestBenchmarksAreFoundWithoutABuild(t *testing.T) {
	other := "windows"
	if runtime.GOOS == other {
		other = "linux"
	}
	const one = "import \"testing\"\n\nfunc %s(b *testing.B) {}\n"
	file := func(names ...string) string {
		text := "package x\n\nimport t \"testing\"\n"
		for _, name := range names {
			text += fmt.Sprintf("\nfunc Benchmark%s(b *t.B) {}\n", name)
		}
		return text
	}
	m := newModule(t, map[string]string{
		"go.mod":                       "module example.com/list\n",
		"root_test.go":                 file("Root", "", "_Under", "Ünder", "lower"),
		"json/a_test.go":               "package json_test\n" + fmt.Sprintf(one, "BenchmarkOutside"),
		"json/b_test.go":               "package json\n\nimport . \"testing\"\n\nfunc BenchmarkDot(*B) {}\n\nfunc (x T) BenchmarkMethod(b *B) {}\n\nfunc BenchmarkTwo(a, b *B) {}\n\nfunc BenchmarkValue(b B) {}\n\nfunc BenchmarkResult(b *B) int { return 0 }\n\nfunc BenchmarkGeneric[T any](b *B) {}\n\nfunc BenchmarkTest(t *T) {}\n\n// func BenchmarkComment(b *B) {}\nvar s = `func BenchmarkText(b *B) {}`\n",
		"json/plain.go":                "package json\n" + fmt.Sprintf(one, "BenchmarkNoTestFile"),
		"json/o_test.go":               "//go:build " + other + "\n\n" + file("OtherSystem"),
		"json/z_" + other + "_test.go": file("OtherName"),
		"broken/a_test.go":             file("BeforeTheFault") + "\nfunc broken( {\n",
		"testdata/a_test.go":           file("Testdata"), "vendor/v/a_test.go": file("Vendor"), "_hidden/a_test.go": file("Hidden"),
		".dot/a_test.go": file("Dot"), "_a_test.go": file("Underscore"), "two words/a_test.go": file("NoImportPath"),
		"new\nline/a_test.go": file("NewLine"), "-exec=sh/a_test.go": file("Flag"),
		"nested/go.mod": "module example.com/nested\n", "nested/in/a_test.go": file("Nested"),
		".gitignore": "ignored_test.go\n", "gone_test.go": file("Gone"),
	})
	m.write(map[string]string{"untracked_test.go": file("Untracked"), "ignored_test.go": file("Ignored")})
	outside := filepath.Join(t.TempDir(), "outside_test.go")
	if err := os.WriteFile(outside, []byte(file("OutsideOfTheModule")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(m.dir, "link_test.go")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(m.dir, "gone_test.go")); err != nil {
		t.Fatal(err)
	}
	module := listed(t, m.dir)
	list, got := benchmarks(t, module)
	want := []string{". Benchmark", ". BenchmarkRoot", ". BenchmarkUntracked", ". Benchmark_Under", ". BenchmarkÜnder", "./broken BenchmarkBeforeTheFault", "./json BenchmarkDot", "./json BenchmarkOutside"}
	if !slices.Equal(got, want) {
		t.Errorf("benchmarks = %q\nwant %q", got, want)
	}
	if list.Unread != 1 || !strings.Contains(list.Fault, "link_test.go was not read") {
		t.Errorf("%d unread: %q", list.Unread, list.Fault)
	}
	if found := list.Search(" json DOT "); len(found) != 1 || found[0].Name != "BenchmarkDot" {
		t.Errorf("found %v", found)
	}

	m.write(map[string]string{"root_test.go": file("RootChanged")})
	for deadline := time.Now().Add(time.Minute); !slices.Contains(got, ". BenchmarkRootChanged"); _, got = benchmarks(t, module) {
		if time.Now().After(deadline) {
			t.Fatalf("after a change: %q", got)
		}
	}
	if slices.Contains(got, ". BenchmarkRoot") {
		t.Errorf("after a change: %q", got)
	}
}

// 10,000 benchmarks in 200 packages are read in the background, and read again only where they changed.
func TestManyBenchmarks(t *testing.T) {
	files := map[string]string{"go.mod": "module example.com/many\n"}
	for p := range 200 {
		text := "package p\n\nimport \"testing\"\n"
		for b := range 50 {
			text += fmt.Sprintf("\nfunc BenchmarkNumber%d(b *testing.B) {}\n", b)
		}
		files[fmt.Sprintf("p%d/p_test.go", p)] = text
	}
	module := listed(t, newModule(t, files).dir)
	soon, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	module.Benchmarks(soon) // returns before the files are read
	start := time.Now()
	list, _ := benchmarks(t, module)
	t.Logf("%d benchmarks in %v", len(list.Benchmarks), time.Since(start))
	if len(list.Benchmarks) != 10_000 || list.Fault != "" {
		t.Errorf("%d benchmarks; %s", len(list.Benchmarks), list.Fault)
	}
	if n := len(list.Search("p199 number49")); n != 1 {
		t.Errorf("%d benchmarks match, want 1", n)
	}
}

// A folder that cannot be a module's is refused in words.
func TestModulesAreChecked(t *testing.T) {
	good := newModule(t, map[string]string{"go.mod": "module example.com/good\n", "sub/go.mod": "module example.com/good\n", "bad/go.mod": "module \"a b\"\n", "none/x.go": "package x\n"}).dir
	bare := t.TempDir()
	if err := os.WriteFile(filepath.Join(bare, "go.mod"), []byte("module example.com/bare\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		dirs []string
		want string // part of the error, or ""
	}{
		{[]string{good}, ""},
		{[]string{good, good + "/."}, ""},
		{[]string{good, good + "/sub"}, "are the same module"},
		{[]string{good + "/none"}, "there is no go.mod"},
		{[]string{good + "/bad"}, "names no module"},
		{[]string{good + "/nothing"}, "is not a folder"},
		{[]string{good + "/go.mod"}, "is not a folder"},
		{[]string{bare}, "is not in a git repository"},
	} {
		ms, err := gobench.OpenModules(t.Context(), test.dirs)
		if got := fmt.Sprint(err); test.want == "" && (err != nil || len(ms) != 1) || !strings.Contains(got, test.want) && test.want != "" {
			t.Errorf("%q: %d modules, %v, want %q", test.dirs, len(ms), err, test.want)
		}
	}
}

// A form offers the branch that the current one left, what changed, and references under names that git understands.
func TestChoices(t *testing.T) {
	m := newModule(t, map[string]string{"go.mod": "module example.com/choices\n"})
	module := listed(t, m.dir)
	if c := module.Choices(t.Context()); c.Branch != "main" || c.Base != "" || c.Changed != 0 || !slices.Equal(c.Refs, []string{"main"}) {
		t.Errorf("choices on main = %+v", c)
	}
	m.git("switch", "--quiet", "-c", "faster")
	m.write(map[string]string{"a.go": "package choices\n"})
	m.commit("second")
	m.git("update-ref", "refs/heads/-x", "HEAD")
	m.git("branch", "dirty")
	m.git("tag", "v1")
	m.write(map[string]string{"a.go": "package choices // changed\n", "b.go": "package choices\n"})
	index := func() string {
		content, err := os.ReadFile(filepath.Join(m.dir, ".git", "index"))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	before := index()
	c := module.Choices(t.Context())
	if benchmarks(t, module); index() != before {
		t.Error("the index of the repository has changed")
	}
	if c.Branch != "faster" || c.Base != "main" || c.Own != 1 || c.Changed != 2 {
		t.Errorf("choices on a branch = %+v", c)
	}
	slices.Sort(c.Refs)
	if want := []string{"-x", "faster", "main", "refs/heads/dirty", "v1"}; !slices.Equal(c.Refs, want) {
		t.Errorf("references = %q, want %q", c.Refs, want)
	}
}
