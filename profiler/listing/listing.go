// Package source holds Go source against heap profiles, line by line. The source is that of
// packages which are built into the program: no file is read from a path.
package listing

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strings"
)

// Code is the source of some packages, as it was built into this program.
type Code struct {
	Version  string // a digest of it: lines of other versions are others
	Packages []Package
}

// A Package is the source of one package.
type Package struct {
	Path  string // its import path
	Files fs.FS  // all in one folder
}

// A Declaration is what stands at the top of a file: a function, a type, a variable.
type Declaration struct {
	Package     string // import path
	File        string
	Name        string // of a method with its receiver's type, as Type.Method; may be ""
	Function    bool
	First, Last int // lines of the file, its comment among them
}

// String is a declaration's name with its package.
func (d Declaration) String() string { return d.Package + "." + d.Name }

// Parse lists the declarations of a Go file, in its order.
func Parse(text string) ([]Declaration, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "", text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var all []Declaration
	for _, decl := range file.Decls {
		d := Declaration{Last: files.Position(decl.End()).Line}
		first := decl.Pos()
		var doc *ast.CommentGroup
		d.Name, doc = declared(decl)
		if doc != nil {
			first = doc.Pos()
		}
		d.First = files.Position(first).Line
		_, d.Function = decl.(*ast.FuncDecl)
		all = append(all, d)
	}
	return all, nil
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
		switch spec := d.Specs[0].(type) {
		case *ast.TypeSpec:
			return spec.Name.Name, d.Doc
		case *ast.ValueSpec:
			return spec.Names[0].Name, d.Doc
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
	case *ast.IndexListExpr:
		return typeName(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// Find returns the declaration of a function by its name in profiles, whose type arguments and
// closures are not looked at. What is not in the code is not found.
func (c Code) Find(function string) (Listing, bool) {
	pkg, name := splitName(function)
	var found Listing
	for _, p := range c.Packages {
		if p.Path != pkg {
			continue
		}
		names, err := fs.Glob(p.Files, "*.go")
		if err != nil {
			return Listing{}, false
		}
		for _, file := range names {
			f := p.open(file)
			for _, d := range f.declarations {
				if d.Function && d.covers(name) && len(d.Name) > len(found.Name) {
					found = f.listing(d)
				}
			}
		}
	}
	return found, found.Name != ""
}

// A file is a file of a package. One that is not there, or that no function of a built program
// can come from, has no declarations.
type file struct {
	lines        []string
	declarations []Declaration
}

func (p Package) open(name string) *file {
	f := &file{}
	if path.Base(name) != name || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
		return f
	}
	text, err := fs.ReadFile(p.Files, name)
	if err != nil {
		return f
	}
	all, err := Parse(string(text))
	if err != nil {
		return f
	}
	for _, d := range all {
		d.Package, d.File = p.Path, name
		f.declarations = append(f.declarations, d)
	}
	f.lines = strings.Split(string(text), "\n")
	return f
}

// splitName parts a function's name in profiles into its package's import path and its name in
// that, such as "Type.Method" or "Func.func1": without type arguments and pointers.
func splitName(function string) (pkg, name string) {
	plain := plainName(function)
	slash := strings.LastIndexByte(plain, '/') + 1
	before, after, ok := strings.Cut(plain[slash:], ".")
	if !ok {
		return "", plain
	}
	return plain[:slash] + before, after
}

// plainName leaves the type arguments and the pointers of receivers out of a function's name.
func plainName(function string) string {
	var b strings.Builder
	depth := 0
	for _, r := range function {
		switch {
		case r == '[':
			depth++
		case r == ']' && depth > 0:
			depth--
		case depth == 0:
			b.WriteRune(r)
		}
	}
	return strings.NewReplacer(".(*", ".", ").", ".").Replace(b.String())
}

// covers reports whether a function of that name, in the declaration's package, can stand in
// it. Closures are named after the function around them, be it inlined elsewhere or not, and
// those of variables after none.
func (d Declaration) covers(name string) bool {
	if !d.Function {
		return strings.HasPrefix(name, "init.") || strings.HasPrefix(name, "glob.")
	}
	return strings.Contains("."+strings.ReplaceAll(name, "-", ".")+".", "."+d.Name+".")
}
