package listing

import (
	"go/parser"
	"go/token"
	"path"
	"strings"
)

// A Position is a line as compilers and profiles name it. Directives such as //line expr.y:12 change both parts.
type Position struct {
	File string // without folders
	Line int
}

// A File is a Go file with its functions.
type File struct {
	Lines        []string
	Declarations []Declaration

	positions map[Position]int
}

// ParseFile parses a Go file. Its name has no folders.
func ParseFile(name, text string) (*File, error) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	files := token.NewFileSet()
	tree, err := parser.ParseFile(files, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	f := &File{Lines: splitLines(text), Declarations: declarations(files, tree), positions: map[Position]int{}}
	tokens := files.File(tree.FileStart)
	for n := 1; n <= tokens.LineCount(); n++ {
		p := tokens.PositionFor(tokens.LineStart(n), true)
		at := Position{path.Base(p.Filename), p.Line}
		if _, known := f.positions[at]; !known {
			f.positions[at] = n
		}
	}
	return f, nil
}

// Line returns the number of a line in the file, from 1, or 0 if the file does not have it.
func (f *File) Line(p Position) int { return f.positions[p] }

// Find returns the declaration that contains a function, by its name in profiles. If several can, such as functions
// init, it returns the one with that line of the file.
func (f *File) Find(function string, line int) (Declaration, bool) {
	_, name := splitName(function)
	var found Declaration
	ok, inFound := false, false
	for _, d := range f.Declarations {
		within := d.First <= line && line <= d.Last
		if !d.covers(name) || !d.Function && !within || inFound && !within {
			continue
		}
		if !ok || within && !inFound || len(d.Name) > len(found.Name) {
			found, ok, inFound = d, true, within
		}
	}
	return found, ok
}

// Text returns the lines of a declaration.
func (f *File) Text(d Declaration) string {
	return strings.Join(f.Lines[d.First-1:d.Last], "\n") + "\n"
}

// PackageOf returns the import path of a function's package, by its name in profiles. The linker escapes dots in its
// last element.
func PackageOf(function string) string {
	pkg, _ := splitName(function)
	return strings.ReplaceAll(pkg, "%2e", ".")
}
