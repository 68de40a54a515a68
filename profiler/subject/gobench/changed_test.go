package gobench_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"heaplab/profiler/subject/gobench"
)

// The benchmarks of a package depend on its code, on that of all packages that it or its tests import, and on its own
// tests and their data.
func TestChanged(t *testing.T) {
	bench := func(pkg, imports string) string {
		return "package " + pkg + "\n\nimport (\n\t\"testing\"\n" + imports + ")\n\nfunc BenchmarkX(b *testing.B) {}\n"
	}
	const base = "\n\t_ \"example.com/m/base\"\n"
	m := newModule(t, map[string]string{
		"sub/go.mod":              "module example.com/m\n\ngo 1.24\n",
		"sub/m.go":                "package m\n\nimport _ \"example.com/m/user\"\n",
		"sub/m_test.go":           bench("m", ""),
		"sub/base/base.go":        "package base\n",
		"sub/base/base_test.go":   bench("base", ""),
		"sub/user/user.go":        "package user\n\nimport _ \"example.com/m/base\"\n",
		"sub/tests/x_test.go":     bench("tests_test", base),
		"sub/other/other.go":      "package other\n",
		"sub/other/other_test.go": bench("other", ""),
		"sub/other/testdata/in":   "1",
		"sub/tagged/tagged.go":    "//go:build tagged\n\npackage tagged\n\nimport _ \"example.com/m/other\"\n",
		"sub/tagged/x_test.go":    "//go:build tagged\n\n" + bench("tagged", ""),
	})
	for _, test := range []struct {
		name           string
		below          string
		files          map[string]string
		before, after  string
		want           []string
		ignored, newer string // ignored files, and packages without benchmarks before
	}{
		{"code", ".", map[string]string{"sub/base/base.go": "package base\n\nvar X int\n"}, "HEAD", "dirty", []string{".", "./base", "./tests"}, "", ""},
		{"a test", ".", map[string]string{"sub/base/base_test.go": bench("base", "") + "// more\n"}, "HEAD", "dirty", []string{"./base"}, "", ""},
		{"data of tests", ".", map[string]string{"sub/other/testdata/in": "2"}, "HEAD", "dirty", []string{"./other"}, "", ""},
		{"a folder", "base", map[string]string{"sub/base/base.go": "package base\n\nvar X int\n"}, "HEAD", "dirty", []string{"./base"}, "", ""},
		{"no code", ".", map[string]string{"README.md": "# M\n"}, "HEAD", "dirty", nil, "README.md", ""},
		{"go.mod", ".", map[string]string{"sub/go.mod": "module example.com/m\n\ngo 1.25\n"}, "HEAD", "dirty", []string{".", "./base", "./other", "./tests"}, "", ""},
		{"how it is built", ".", nil, "HEAD", "HEAD tags=a", []string{".", "./base", "./other", "./tests"}, "", ""},
		{"files behind a tag", ".", map[string]string{"sub/other/other.go": "package other\n\nvar X int\n"}, "HEAD tags=tagged", "dirty tags=tagged", []string{"./other", "./tagged"}, "", ""},
		{"a new package", ".", map[string]string{"sub/new/new_test.go": bench("new", base)}, "HEAD", "dirty", nil, "", "./new"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m.t = t
			m.write(test.files)
			before, _ := gobench.ParseVersion(test.before)
			after, err := gobench.ParseVersion(test.after)
			if err != nil {
				t.Fatal(err)
			}
			c, err := gobench.Changed(t.Context(), m.dir+"/sub", test.below, t.TempDir(), before, after, os.Environ())
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(c.Packages, test.want) || strings.Join(c.Files, " ") != test.ignored || strings.Join(c.New, " ") != test.newer {
				t.Errorf("%+v, want %v", c, test.want)
			}
			m.git("checkout", "--quiet", ".")
			m.git("clean", "-fdq")
		})
	}
}
