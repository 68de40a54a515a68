package gobench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"heaplab/profiler"
)

// A module in a sub-folder, with a link and files that are not Go, as it is in the work tree.
func newTree(t *testing.T) *tree {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"outside.go":         "package outside\n\nfunc F() {}\n",
		"sub/go.mod":         "module example.com/m.v2\n",
		"sub/m.go":           "package m\n\nfunc F() {\n}\n",
		"sub/lib/lib.go":     "package lib\r\n\r\nfunc G() {}\r\n",
		"sub/lib/x_test.go":  "package lib_test\n\nfunc BenchmarkG() {}\n",
		"sub/lib/one.go":     "//go:build one\n\npackage lib\n\nfunc Twice() {}\n",
		"sub/lib/two.go":     "//go:build !one\n\npackage lib\n\nfunc Twice() {}\n",
		"sub/lib/broken.go":  "package lib\n\nfunc {\n",
		"sub/lib/notes.txt":  "package lib\n",
		"sub/lib/-x (1).go":  "package lib\n\nfunc Odd() {}\n",
		"sub/lib/large.go":   "package lib\n\nfunc Large() {}\n//" + strings.Repeat("x", maxSourceFile),
		"sub/lib/ignored.go": "package lib\n\nfunc Ignored() {}\n",
		".gitignore":         "ignored.go\n",
	} {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	secret := filepath.Join(t.TempDir(), "secret.go")
	if err := os.WriteFile(secret, []byte("package lib\n\nfunc Secret() {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(root, "sub/lib/link.go")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("git", "init", "--quiet")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git init: %v\n%s", err, out)
	}
	r, err := openRepo(t.Context(), filepath.Join(root, "sub"), filepath.Join(t.TempDir(), "objects"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := r.dirty(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r.tree(v.Tree)
}

// Only files that git lists in the version are read, and no link is followed.
func TestTree(t *testing.T) {
	tree := newTree(t)
	for name, want := range map[string]bool{
		"sub/m.go": true, "outside.go": true, "sub/lib/lib.go": true, "sub/lib/-x (1).go": true,
		"sub/lib/link.go": false, "sub/lib/ignored.go": false, "sub/lib/broken.go": false, "sub/lib/large.go": false, "sub/lib/notes.txt": false,
		"/etc/passwd": false, "../etc/passwd": false, "sub/../outside.go": false, "./outside.go": false, "sub": false, "": false, "missing/x.go": false, "HEAD": false,
	} {
		if got := tree.open(t.Context(), name) != nil; got != want {
			t.Errorf("open(%q) finds a file: %t, want %t", name, got, want)
		}
	}
}

// Functions are found in the folder of their package, whatever file a profile names.
func TestFind(t *testing.T) {
	tree := newTree(t)
	x := explainer{ctx: t.Context(), module: "example.com/m.v2", prefix: "sub/"}
	for _, test := range []struct{ function, file, want string }{
		{"example.com/m%2ev2.F", "sub/m.go", "sub/m.go:3"},
		{"example.com/m%2ev2.F", "outside.go", "sub/m.go:3"},
		{"example.com/m%2ev2.F", "/etc/passwd", "sub/m.go:3"},
		{"example.com/m.v2/lib.G", "sub/lib/lib.go", "sub/lib/lib.go:3"},
		{"example.com/m.v2/lib.G.func1", "", "sub/lib/lib.go:3"},
		{"example.com/m.v2/lib_test.BenchmarkG", "sub/lib/x_test.go", "sub/lib/x_test.go:3"},
		{"example.com/m.v2/lib.Odd", "sub/lib/-x (1).go", "sub/lib/-x (1).go:3"},
		{"example.com/m.v2/lib.Twice", "sub/lib/two.go", "sub/lib/two.go:5"},
		{"example.com/m.v2/lib.Twice", "gram.y", ""}, // either
		{"example.com/m.v2/lib.Secret", "sub/lib/link.go", ""},
		{"example.com/m.v2/lib.Ignored", "sub/lib/ignored.go", ""},
		{"example.com/m.v2/missing.F", "sub/missing/f.go", ""},
	} {
		got := ""
		if f := x.find(tree, profiler.Frame{Function: test.function, File: test.file}, profiler.Frame{}); f != nil {
			got = fmt.Sprintf("%s:%d", f.path, f.First)
		}
		if got != test.want {
			t.Errorf("%s in %q is at %q, want %q", test.function, test.file, got, test.want)
		}
	}
}
