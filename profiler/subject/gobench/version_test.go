package gobench_test

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	modules "golang.org/x/mod/module"
	"golang.org/x/mod/zip"

	"heaplab/profiler"
	"heaplab/profiler/subject"
	"heaplab/profiler/subject/gobench"
)

func TestParseVersion(t *testing.T) {
	for text, want := range map[string]gobench.Version{
		"HEAD":                         {Ref: "HEAD"},
		"main...":                      {Ref: "main..."},
		"v1=final":                     {Ref: "v1=final"},
		"it's":                         {Ref: "it's"},
		"'HEAD^{/fix it}' tags=a":      {Ref: "HEAD^{/fix it}", Tags: "a"},
		"  HEAD   toolchain=go1.25.5 ": {Ref: "HEAD", Toolchain: "go1.25.5"},
		"tags=a,b.c":                   {Ref: "dirty", Tags: "a,b.c"},
		`HEAD gcflags="-N -l"`:         {Ref: "HEAD", GCFlags: "-N -l"},
		`HEAD 'gcflags=all=-N -l=4'`:   {Ref: "HEAD", GCFlags: "all=-N -l=4"},
		"gcflags=-d=variablemakehash=n,loopvar=1":                     {Ref: "dirty", GCFlags: "-d=variablemakehash=n,loopvar=1"},
		"HEAD get=golang.org/x/text@v0.3.8 get=example.com/m/v2@v2.1": {},
		"HEAD get=golang.org/x/text@v0.3.8 get=example.com/m/v2@v2.1.0": {
			Ref: "HEAD", Get: []string{"golang.org/x/text@v0.3.8", "example.com/m/v2@v2.1.0"}},
		"HEAD bench=^BenchmarkSub$/^n=64$": {Ref: "HEAD", Bench: "^BenchmarkSub$/^n=64$"},
		`bench="a b"`:                      {Ref: "dirty", Bench: "a b"},

		"": {}, "HEAD HEAD": {}, "HEAD\ntags=a": {}, `HEAD gcflags="-N`: {}, `HEAD gcflags="-N"-l`: {}, "HEAD tags=a tags=b": {},
		"HEAD exec=x": {}, "HEAD -exec=x": {}, "HEAD ldflags=-s": {}, "HEAD toolexec=x": {},
		"toolchain=local": {}, "toolchain=../go": {}, "toolchain=go1.25.5+path": {}, "toolchain=": {}, "toolchain=go1.25.5-x": {},
		"gcflags=": {}, "gcflags=all=": {}, "gcflags=-toolexec=x": {}, "gcflags=-cpuprofile=x": {}, "gcflags=-o=x": {}, "gcflags=-importcfg=x": {},
		"gcflags=-d=ssa/all/dump=f": {}, "gcflags=-d=dumpinlfuncprops=x": {}, "gcflags=-d=loopvar=1,astdump=x": {}, "gcflags='-N -json=0,x'": {},
		"gcflags=./...=-N": {}, `'gcflags=-N "-o x"'`: {},
		"tags=-x": {}, "tags=a,,b": {}, "tags='a b'": {}, "tags=!a": {},
		"get=golang.org/x/text": {}, "get=golang.org/x/text@latest": {}, "get=golang.org/x/text@none": {}, "get=-u": {}, "get=../m@v1.0.0": {},
		"get=/m@v1.0.0": {}, "get=example.com/m/v2@v1.0.0": {}, "get=toolchain@go1.25.5": {}, "get=example.com/m@v1.0.0,-u": {},
		"bench=(": {}, "bench=": {},
	} {
		got, err := gobench.ParseVersion(text)
		if !reflect.DeepEqual(got, want) && want.Ref != "" || (err == nil) != (want.Ref != "") {
			t.Errorf("%q is %+v, %v; want %+v", text, got, err, want)
		}
	}
}

// The text of a version reads as the same version.
func FuzzVersion(f *testing.F) {
	for _, text := range []string{"HEAD", "it's tags=a", `"a='b" bench='c d'`, `'HEAD^{/x y}' gcflags="-N -l" get=golang.org/x/text@v0.3.8`, `a=b='c`, `bench="'x y"`, "bench=\"'\"", `0"="'"`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := gobench.ParseVersion(text)
		if err != nil {
			return
		}
		if again, err := gobench.ParseVersion(v.String()); err != nil || !reflect.DeepEqual(again, v) {
			t.Errorf("%q is %+v, and %q is %+v, %v", text, v, v.String(), again, err)
		}
	})
}

// proxy returns a folder that GOPROXY can name, with two versions of a module.
func proxy(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "proxy")
	at := filepath.Join(dir, "example.com", "dep", "@v")
	write := func(name, content string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const mod = "module example.com/dep\n\ngo 1.24\n"
	for version, size := range map[string]string{"v1.0.0": "64", "v1.1.0": "512"} {
		source := filepath.Join(t.TempDir(), version)
		write(filepath.Join(source, "go.mod"), mod)
		write(filepath.Join(source, "dep.go"), "package dep\n\n//go:noinline\nfunc Make() []byte { return make([]byte, "+size+") }\n")
		write(filepath.Join(at, version+".mod"), mod)
		write(filepath.Join(at, version+".info"), `{"Version":"`+version+`"}`)
		file, err := os.Create(filepath.Join(at, version+".zip"))
		if err != nil {
			t.Fatal(err)
		}
		if err := zip.CreateFromDir(file, modules.Version{Path: "example.com/dep", Version: version}, source); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// The sides of an experiment can differ in how one version is built.
func TestSettings(t *testing.T) {
	t.Setenv("GOPROXY", "file://"+proxy(t))
	t.Setenv("GOSUMDB", "off")
	t.Setenv("GOFLAGS", "-modcacherw")
	t.Setenv("GOMODCACHE", filepath.Join(t.TempDir(), "mod"))
	m := newModule(t, map[string]string{
		"go.mod":      "module example.com/sides\n\ngo 1.24\n\nrequire example.com/dep v1.0.0\n",
		"go.sum":      "",
		"small.go":    "//go:build !large\n\npackage sides\n\nconst size = 128\n",
		"large.go":    "//go:build large\n\npackage sides\n\nconst size = 1024\n",
		"dep_test.go": "package sides\n\nimport (\n\t\"testing\"\n\n\t\"example.com/dep\"\n)\n\nvar kept []byte\n\nfunc BenchmarkDep(b *testing.B) {\n\tfor range b.N {\n\t\tkept = dep.Make()\n\t}\n}\n",
		"sides_test.go": "package sides\n\nimport \"testing\"\n\nfunc BenchmarkTag(b *testing.B) {\n\tfor range b.N {\n\t\tkept = make([]byte, size)\n\t}\n}\n\n" +
			"func BenchmarkEscape(b *testing.B) {\n\tfor range b.N {\n\t\tp := small()\n\t\tsum += p[0]\n\t}\n}\n\nvar sum byte\n\nfunc small() *[256]byte { return new([256]byte) }\n",
	})
	m.git("update-index", "--add", "--cacheinfo", "160000,"+m.git("rev-parse", "HEAD")+",lib") // a submodule
	m.git("-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "--quiet", "-m", "second")
	const dep = " get=example.com/dep@v1.0.0"
	sides := []struct {
		version string
		want    float64
	}{
		{"tags=large bench=Tag" + dep, 1024},
		{"HEAD gcflags=-l bench=Escape" + dep, 256},
		{"HEAD get=example.com/dep@v1.1.0 bench=Dep", 512},
	}
	var versions []string
	for _, s := range sides {
		versions = append(versions, s.version)
	}
	b, err := launch(t, m, "", versions...)
	if err != nil {
		t.Fatal(err)
	}
	for i, variant := range subject.Variants(len(sides)) {
		run := b.run(profiler.Allocs, variant)
		if got := float64(run.SelfCheck.TotalAlloc) / float64(run.Calls); math.Abs(got-sides[i].want) > 8 {
			t.Errorf("B/op of %s = %v, want %v", sides[i].version, got, sides[i].want)
		}
		if got := run.Environment[profiler.EnvSubmodules]; got != "lib" && strings.HasPrefix(sides[i].version, "HEAD") {
			t.Errorf("submodules %q", got)
		}
	}
	if text := strings.Join(b.subject.Reproduce(b.e)[0].Lines, "\n"); !strings.Contains(text, "--before 'dirty tags=large get=example.com/dep@v1.0.0 bench=Tag'") {
		t.Errorf("%s", text)
	}
	for _, test := range []struct{ name, version, reason string }{
		{"a module that go.mod does not name", "HEAD get=example.com/other@v1.0.0 bench=Tag", "does not require example.com/other"},
		{"a version that there is not", "HEAD get=example.com/dep@v1.9.0 bench=Tag", "go get of before"},
		{"no toolchain", "HEAD toolchain=go1.1.1 bench=Tag", "GOTOOLCHAIN=go1.1.1 go version"},
		{"two benchmarks", "HEAD get=example.com/dep@v1.0.0 bench=Tag|Dep", "2 benchmarks match at before"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := launch(t, m, "", test.version, "HEAD bench=Tag"+dep); err == nil || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("error %v, want %q", err, test.reason)
			}
		})
	}
}

func TestVersionFaults(t *testing.T) {
	m := shapes(t)
	s := &gobench.Subject{Folder: t.TempDir()}
	d, faults := s.Design(subject.Launch{Kind: profiler.KindComparison, Params: map[string]any{
		gobench.ParamDir: m.dir, gobench.ParamPackage: ".", "before": "HEAD bench=Count", "after": "HEAD bench=Tiny tags=x",
	}})
	if len(faults) > 0 || d.Params["after"] != "HEAD tags=x bench=Tiny" || !strings.HasSuffix(d.Labels["after"], " tags=x bench=Tiny") {
		t.Errorf("params %v, labels %v, faults %v", d.Params, d.Labels, faults)
	}
	d, faults = s.Design(subject.Launch{Kind: profiler.KindComparison, Params: map[string]any{
		gobench.ParamDir: m.dir, gobench.ParamPackage: ".", gobench.ParamBench: strings.Repeat("é", 300), "before": "HEAD", "after": "HEAD",
	}})
	if n := len(d.Title); len(faults) > 0 || n > 200 || n < 190 || !utf8.ValidString(d.Title) {
		t.Errorf("title %q of %d bytes, faults %v", d.Title, n, faults)
	}
	for _, test := range []struct{ sweep, want string }{
		{"GOGC=50,100", ""}, {"GOMEMLIMIT=64MiB,off", ""}, {"GOGC=50,x", "x: must be a percentage"}, {"GOGC=0,1", "0: must be"},
		{"GOMEMLIMIT=1MiB,1024KiB", "are the same value"}, {"tags=a,b", "compare several versions"}, {"gcflags=-N,-l", "compare several versions"},
	} {
		sweep, err := profiler.ParseSweep(test.sweep)
		if err != nil {
			t.Fatal(err)
		}
		_, faults := s.Design(subject.Launch{Kind: profiler.KindSweep, Sweep: sweep, Config: profiler.DefaultConfig(0), Params: map[string]any{
			gobench.ParamDir: m.dir, gobench.ParamPackage: ".", gobench.ParamBench: "Count", "before": "HEAD", "after": "HEAD",
		}})
		if got := faults.For("sweep"); !strings.Contains(got, test.want) || (got == "") != (test.want == "") {
			t.Errorf("%s: %q, want %q", test.sweep, got, test.want)
		}
	}
	for field, params := range map[string]map[string]any{
		"param.after": {gobench.ParamBench: "Count", "before": "HEAD", "after": "HEAD gcflags=-o=/tmp/x"},
		"param.bench": {"before": "HEAD bench=Count", "after": "HEAD"},
	} {
		params[gobench.ParamDir], params[gobench.ParamPackage] = m.dir, "."
		if _, faults := s.Design(subject.Launch{Kind: profiler.KindComparison, Params: params}); faults.For(field) == "" {
			t.Errorf("faults %v, want one of %s", faults, field)
		}
	}
}
