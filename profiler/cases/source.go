package cases

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"strings"
	"sync"

	"heaplab/profiler/model"
	"heaplab/profiler/model/dataset"
)

// modelSource returns a func that reads the Go text of declarations in a file of package
// model: types and functions by name, methods as Type.Method. What it reads is embedded,
// so a name that is not there is a mistake in this package, and panics.
func modelSource(file string, names ...string) func() string {
	return source(model.Sources, file, names)
}

// ownSource does the same for a file of this package.
func ownSource(file string, names ...string) func() string { return source(sources, file, names) }

// sources are the files of this package: case pages quote some of them.
//
//go:embed *.go
var sources embed.FS

// codeVersion is a digest of all code that trains: weights that other code trained are not used.
var codeVersion = sync.OnceValue(func() string {
	hash := sha256.New()
	for _, files := range []embed.FS{model.Sources, dataset.Sources, sources} {
		names, err := fs.Glob(files, "*.go") // sorted
		if err != nil {
			panic(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := files.ReadFile(name)
			if err != nil {
				panic(err)
			}
			fmt.Fprintf(hash, "%s %d\n", name, len(text))
			hash.Write(text)
		}
	}
	return hex.EncodeToString(hash.Sum(nil))
})

func source(files embed.FS, file string, names []string) func() string {
	return sync.OnceValue(func() string {
		text, err := files.ReadFile(file)
		if err != nil {
			panic(err)
		}
		source, err := declarations(string(text), names)
		if err != nil {
			panic(fmt.Errorf("source of %s: %w", file, err))
		}
		return source
	})
}

// declarations returns the named declarations of a Go file with their comments, in the
// order of names. What stands on neighbouring lines in the file stays together; the rest
// is parted by an empty line.
func declarations(text string, names []string) (string, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "", text, parser.ParseComments)
	if err != nil {
		return "", err
	}
	type lines struct{ first, last int }
	found := map[string]lines{}
	for _, decl := range file.Decls {
		name, doc := declared(decl)
		first := decl.Pos()
		if doc != nil {
			first = doc.Pos()
		}
		found[name] = lines{files.Position(first).Line, files.Position(decl.End()).Line}
	}

	all := strings.Split(text, "\n")
	var out []string
	var last int
	for _, name := range names {
		at, ok := found[name]
		if !ok {
			return "", fmt.Errorf("no declaration of %s", name)
		}
		if last != 0 && at.first != last+1 {
			out = append(out, "")
		}
		out = append(out, all[at.first-1:at.last]...)
		last = at.last
	}
	return strings.Join(out, "\n"), nil
}

// declared returns a declaration's name, of a method with its receiver's, and its comment.
func declared(decl ast.Decl) (string, *ast.CommentGroup) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			return d.Name.Name, d.Doc
		}
		return typeName(d.Recv.List[0].Type) + "." + d.Name.Name, d.Doc
	case *ast.GenDecl:
		if spec, ok := d.Specs[0].(*ast.TypeSpec); ok {
			return spec.Name.Name, d.Doc
		}
	}
	return "", nil
}

// typeName is the name of a receiver's type without pointer and type params.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.IndexExpr:
		return typeName(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}
