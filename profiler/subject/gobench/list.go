package gobench

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/ast"
	gobuild "go/build"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/module"
)

// A Benchmark is a benchmark function of a module.
type Benchmark struct {
	Package string `json:"package" doc:"path in the module; . is its root" example:"./json"`
	Name    string `json:"name" example:"BenchmarkDecode"`
}

// A List holds the benchmarks in the test files of a work tree, also those that git does not track yet. Sub-benchmarks
// are not in it, because only running a benchmark finds them.
type List struct {
	Benchmarks []Benchmark // sorted by package and name
	Unread     int         // files that are not read
	Fault      string      // a sentence: why the list is not complete; "" if it is
	Reading    bool        // the files are being read, so this is the list of an earlier state
}

// Limits of a list.
const (
	maxTestFile   = 4 << 20 // bytes of a file
	maxTestFiles  = 50_000
	maxBenchmarks = 50_000
)

// A testFile holds what was found in a file, so that it is read again only after it has changed.
type testFile struct {
	size    int64
	changed time.Time
	names   []string // of benchmarks
	unread  string   // why it was not read, or ""
}

// A lister finds benchmarks without a build: it parses the test files. It is not for concurrent use.
type lister struct {
	dir, path string // of the module
	files     map[string]testFile
}

// read returns the list of the files as they are now.
func (l *lister) read(ctx context.Context) List {
	names, err := l.testFiles(ctx)
	if err != nil {
		return List{Fault: fmt.Sprintf("The files of the module could not be listed: %v.", err)}
	}
	var out List
	if len(names) > maxTestFiles {
		out.Unread = len(names) - maxTestFiles
		out.Fault = fmt.Sprintf("The module has %d test files, and only the first %d are read.", len(names), maxTestFiles)
		names = names[:maxTestFiles]
	}
	root, err := os.OpenRoot(l.dir) // a link in the repository must not lead out of it
	if err != nil {
		return List{Fault: fmt.Sprintf("The folder of the module cannot be opened: %v.", err)}
	}
	defer root.Close()
	known := l.files
	l.files = make(map[string]testFile, len(names))
	for _, name := range names {
		if ctx.Err() != nil {
			return out
		}
		f, found := readTestFile(root, name, known)
		if !found {
			continue
		}
		l.files[name] = f
		if f.unread != "" {
			out.Unread++
			out.Fault = cmp.Or(out.Fault, fmt.Sprintf("The file %s was not read: %s.", name, f.unread))
		}
		for _, b := range f.names {
			out.Benchmarks = append(out.Benchmarks, Benchmark{packageOf(name), b})
		}
	}
	slices.SortFunc(out.Benchmarks, func(a, b Benchmark) int {
		return cmp.Or(strings.Compare(a.Package, b.Package), strings.Compare(a.Name, b.Name))
	})
	out.Benchmarks = slices.Compact(out.Benchmarks)
	if n := len(out.Benchmarks); n > maxBenchmarks {
		out.Fault = fmt.Sprintf("The module has %d benchmarks, and only the first %d are listed.", n, maxBenchmarks)
		out.Benchmarks = out.Benchmarks[:maxBenchmarks]
	}
	return out
}

// testFiles returns the names of the test files that belong to packages of the module, relative to its folder.
func (l *lister) testFiles(ctx context.Context) ([]string, error) {
	out, err := repo{root: l.dir}.git(ctx, nil, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*_test.go", "*/go.mod")
	if err != nil {
		return nil, err
	}
	names := strings.Split(strings.TrimSuffix(out, "\x00"), "\x00")
	nested := map[string]bool{} // folders of other modules
	for _, name := range names {
		if path.Base(name) == "go.mod" {
			nested[path.Dir(name)] = true
		}
	}
	belongs := map[string]bool{}
	names = slices.DeleteFunc(names, func(name string) bool {
		dir := path.Dir(name)
		ok, known := belongs[dir]
		if !known {
			ok = l.hasPackage(dir, nested)
			belongs[dir] = ok
		}
		return !ok || !strings.HasSuffix(name, "_test.go")
	})
	slices.Sort(names)
	return slices.Compact(names), nil // a file in conflict is there more than once
}

// hasPackage reports whether a folder can have a package of the module. It is a folder that the pattern ./... matches.
func (l *lister) hasPackage(dir string, nested map[string]bool) bool {
	if module.CheckImportPath(path.Join(l.path, dir)) != nil {
		return false
	}
	for ; dir != "."; dir = path.Dir(dir) {
		switch name := path.Base(dir); {
		case nested[dir], name == "testdata", name == "vendor", strings.HasPrefix(name, "."), strings.HasPrefix(name, "_"):
			return false
		}
	}
	return true
}

func packageOf(file string) string {
	if dir := path.Dir(file); dir != "." {
		return "./" + dir
	}
	return "."
}

// readTestFile returns what is in a file, or what is known of it if it has not changed. It reports false if it is gone
// or not a file.
func readTestFile(root *os.Root, name string, known map[string]testFile) (testFile, bool) {
	info, err := root.Stat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() { // a pipe would never end
		return testFile{}, false
	}
	if err != nil {
		return testFile{unread: reason(err)}, true
	}
	f := testFile{size: info.Size(), changed: info.ModTime()}
	if old, ok := known[name]; ok && old.size == f.size && old.changed.Equal(f.changed) {
		return old, true
	}
	if f.size > maxTestFile {
		f.unread = fmt.Sprintf("it is larger than %d MiB", maxTestFile>>20)
		return f, true
	}
	source, err := readAtMost(root, name, maxTestFile)
	if err != nil {
		f.unread = reason(err)
		return f, true
	}
	f.names = benchmarksIn(path.Base(name), source)
	return f, true
}

// reason returns an error without the operation and the path.
func reason(err error) string {
	var failed *fs.PathError
	if errors.As(err, &failed) {
		return failed.Err.Error()
	}
	return err.Error()
}

func readAtMost(root *os.Root, name string, limit int64) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}

// benchmarksIn returns the names of the benchmarks in a test file. A file that cannot be parsed has those before the
// fault: a build says what the fault is.
func benchmarksIn(name string, source []byte) (names []string) {
	if !bytes.Contains(source, []byte("Benchmark")) { // most files have none, and parsing takes long
		return nil
	}
	here := gobuild.Default
	here.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(source)), nil }
	if match, err := here.MatchFile("", name); err != nil || !match { // it is for another system
		return nil
	}
	file, _ := parser.ParseFile(token.NewFileSet(), name, source, parser.SkipObjectResolution)
	if file == nil {
		return nil
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && isBenchmark(f) {
			names = append(names, f.Name.Name)
		}
	}
	return names
}

// isBenchmark reports whether go test takes a function as a benchmark. Like go test, it looks at the last part of the
// type's name only.
func isBenchmark(f *ast.FuncDecl) bool {
	rest, ok := strings.CutPrefix(f.Name.Name, "Benchmark")
	first, _ := utf8.DecodeRuneInString(rest)
	if !ok || rest != "" && unicode.IsLower(first) || f.Recv != nil || f.Type.TypeParams != nil || f.Type.Results != nil {
		return false
	}
	params := f.Type.Params.List
	if len(params) != 1 || len(params[0].Names) > 1 {
		return false
	}
	pointer, ok := params[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	switch to := pointer.X.(type) {
	case *ast.Ident:
		return to.Name == "B"
	case *ast.SelectorExpr:
		return to.Sel.Name == "B"
	}
	return false
}
