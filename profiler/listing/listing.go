// Package listing shows heap profiles line by line in Go source. The source is built into the
// program; the package does not read files.
package listing

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strings"
)

// Code is the source of packages that are built into this program.
type Code struct {
	Version  string // hash of the source: line numbers differ between versions
	Packages []Package
}

// A Package is the source of one package.
type Package struct {
	Path  string // import path
	Files fs.FS  // its files, in one folder
}

// A Declaration is a top-level declaration of a file, such as a function, a type or a variable.
type Declaration struct {
	Package     string // import path
	File        string
	Name        string // Type.Method for a method; may be ""
	Function    bool
	First, Last int // lines in the file, including the doc comment
}

// String returns the package and the name.
func (d Declaration) String() string { return d.Package + "." + d.Name }

// Parse returns the declarations of a Go file in order.
func Parse(text string) ([]Declaration, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "", text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	return declarations(files, file), nil
}

// declarations returns the declarations of a file. Their lines are those of its text, also if it has //line directives.
func declarations(files *token.FileSet, file *ast.File) []Declaration {
	var all []Declaration
	line := func(pos token.Pos) int { return files.PositionFor(pos, false).Line }
	for _, decl := range file.Decls {
		d := Declaration{Last: line(decl.End())}
		first := decl.Pos()
		var doc *ast.CommentGroup
		d.Name, doc = declared(decl)
		if doc != nil {
			first = doc.Pos()
		}
		d.First = line(first)
		_, d.Function = decl.(*ast.FuncDecl)
		all = append(all, d)
	}
	return all
}

// declared returns the name and the comment of a declaration.
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

// typeName returns the name of a receiver's type without pointer and type parameters.
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

// Find returns the declaration of a function by its name in profiles, and reports whether it was found.
// It ignores type arguments. For a closure it returns the enclosing function.
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

// A file is a file of a package. A file that is missing or is not built into programs has no
// declarations.
type file struct {
	lines        []string
	declarations []Declaration
}

// open reads and parses a file.
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

// splitName splits a function's name in profiles into the import path of its package and the rest, such
// as "Type.Method" or "Func.func1". It removes type arguments and pointers.
func splitName(function string) (pkg, name string) {
	plain := plainName(function)
	slash := strings.LastIndexByte(plain, '/') + 1
	before, after, ok := strings.Cut(plain[slash:], ".")
	if !ok {
		return "", plain
	}
	return plain[:slash] + before, after
}

// plainName removes type arguments and the pointers of receivers from a function's name.
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

// covers reports whether a function with that name, in the declaration's package, can be part of the
// declaration. The name of a closure contains the name of the enclosing function, even if that function
// is inlined elsewhere. The name of a closure in a variable does not contain the name of the variable.
func (d Declaration) covers(name string) bool {
	if !d.Function {
		return strings.HasPrefix(name, "init.") || strings.HasPrefix(name, "glob.")
	}
	return strings.Contains("."+strings.ReplaceAll(name, "-", ".")+".", "."+d.Name+".")
}
