package gobench

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// hooks is a file of package testing. It measures benchmarks from within their test binary.
//
//go:embed hooks/heaplab.go.txt
var hooks []byte

// hookPattern matches the functions of hooks that are on the stack of each of its allocations.
const hookPattern = `^testing\.(\(\*)?heaplab`

// writeOverlay writes the files of an overlay for go build into dir. It replaces files of package testing in goroot.
// Neither goroot nor the user's files change. It returns the name of the overlay's file.
func writeOverlay(goroot, dir string) (string, error) {
	source := filepath.Join(goroot, "src", "testing")
	replace := map[string]string{}
	add := func(name string, content []byte) error {
		to := filepath.Join(dir, name)
		replace[filepath.Join(source, name)] = to
		return os.WriteFile(to, content, 0o600)
	}
	var loops string
	for _, file := range []struct {
		name  string
		calls []call
	}{{"benchmark.go", benchmarkCalls}, {"testing.go", testingCalls}} {
		text, err := os.ReadFile(filepath.Join(source, file.name))
		if err != nil {
			return "", err
		}
		if file.name == "benchmark.go" {
			loops = loopsFunc(text)
		}
		patched, err := insertCalls(text, file.calls)
		if err != nil {
			return "", fmt.Errorf("the testing package of this toolchain cannot be measured: %s: %w", file.name, err)
		}
		if err := add(file.name, patched); err != nil {
			return "", err
		}
	}
	if err := add("heaplab.go", append(slices.Clone(hooks), loops...)); err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "overlay.json")
	return name, os.WriteFile(name, text, 0o600)
}

// loopsFunc returns the source of heaplabLoops, which reports whether a benchmark uses B.Loop. The field that
// says so depends on the version of Go: it came with Go 1.24.
func loopsFunc(benchmark []byte) string {
	loops := "false"
	switch {
	case bytes.Contains(benchmark, []byte("b.loop.n")):
		loops = "b.loop.n > 0"
	case bytes.Contains(benchmark, []byte("b.loopN")):
		loops = "b.loopN > 0"
	}
	return "\nfunc heaplabLoops(b *B) bool { return " + loops + " }\n"
}

// A call is a call of a hook to insert into a function of package testing.
type call struct {
	function string
	hook     string // the call; RECEIVER and PARAM are replaced by the names in the source
	at       func(*ast.FuncDecl) []token.Pos
}

var benchmarkCalls = []call{
	{"runN", "heaplabBegin(RECEIVER, PARAM); ", beforeCall("ResetTimer")},
	{"runN", "; heaplabEnd(RECEIVER)", afterCall("StopTimer")},
	{"StartTimer", " heaplabOpen(RECEIVER);", atStartOfIf},
	{"StopTimer", "; heaplabClose(RECEIVER) ", atEndOfIf},
	{"ResetTimer", " heaplabReset(RECEIVER);", atStart},
}

var testingCalls = []call{{"MainStart", " heaplabStart(PARAM.WriteProfileTo);", atStart}}

// insertCalls inserts calls into a Go file. It keeps all lines, because stack traces name them. It returns an error
// unless each call has exactly one place.
func insertCalls(source []byte, calls []call) ([]byte, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	type insertion struct {
		at   int
		text string
	}
	var all []insertion
	for _, c := range calls {
		var places []insertion
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Name.Name != c.function || f.Body == nil {
				continue
			}
			for _, pos := range c.at(f) {
				places = append(places, insertion{fset.Position(pos).Offset, c.text(f)})
			}
		}
		if len(places) != 1 {
			return nil, fmt.Errorf("%s has %d places for a call of %s, not one", c.function, len(places), strings.TrimLeft(c.hook, "; "))
		}
		all = append(all, places[0])
	}
	slices.SortFunc(all, func(a, b insertion) int { return b.at - a.at })
	out := slices.Clone(source)
	for _, i := range all {
		out = slices.Insert(out, i.at, []byte(i.text)...)
	}
	return out, nil
}

func (c *call) text(f *ast.FuncDecl) string {
	receiver, param := "", ""
	if f.Recv != nil {
		receiver = f.Recv.List[0].Names[0].Name
	}
	if params := f.Type.Params.List; len(params) > 0 {
		param = params[0].Names[0].Name
	}
	return strings.NewReplacer("RECEIVER", receiver, "PARAM", param).Replace(c.hook)
}

func atStart(f *ast.FuncDecl) []token.Pos { return []token.Pos{f.Body.Lbrace + 1} }

// beforeCall returns the places before statements of a function that call a method.
func beforeCall(method string) func(*ast.FuncDecl) []token.Pos {
	return func(f *ast.FuncDecl) []token.Pos { return callsOf(f, method, ast.Stmt.Pos) }
}

func afterCall(method string) func(*ast.FuncDecl) []token.Pos {
	return func(f *ast.FuncDecl) []token.Pos { return callsOf(f, method, ast.Stmt.End) }
}

func callsOf(f *ast.FuncDecl, method string, place func(ast.Stmt) token.Pos) (places []token.Pos) {
	for _, s := range f.Body.List {
		e, ok := s.(*ast.ExprStmt)
		if !ok {
			continue
		}
		if c, ok := e.X.(*ast.CallExpr); ok {
			if fun, ok := c.Fun.(*ast.SelectorExpr); ok && fun.Sel.Name == method {
				places = append(places, place(s))
			}
		}
	}
	return places
}

// ifs returns the if statements of a function's body, without those that they contain.
func ifs(f *ast.FuncDecl) (found []*ast.IfStmt) {
	for _, s := range f.Body.List {
		if i, ok := s.(*ast.IfStmt); ok {
			found = append(found, i)
		}
	}
	return found
}

func atStartOfIf(f *ast.FuncDecl) (places []token.Pos) {
	for _, i := range ifs(f) {
		places = append(places, i.Body.Lbrace+1)
	}
	return places
}

func atEndOfIf(f *ast.FuncDecl) (places []token.Pos) {
	for _, i := range ifs(f) {
		last := i.Body.List[len(i.Body.List)-1]
		places = append(places, last.End())
	}
	return places
}
