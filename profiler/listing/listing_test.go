package listing

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"heaplab/profiler/heap"
)

const text = `package p

import "fmt"

// T is a type.
type T[E any] struct{}

// A has a comment.
func (t *T[E]) A(n int) []E {
	return make([]E, n)
}

func (T[E]) Again() {}

func F() func() []int {
	return func() []int { return make([]int, 1) }
}

var table = []func() any{
	func() any { return new(int) },
}
`

var code = Code{Packages: []Package{{"a.b/c/p", fstest.MapFS{
	"p.go":      {Data: []byte(text)},
	"p_test.go": {Data: []byte("package p\n\nfunc G() {}\n")},
	"broken.go": {Data: []byte("package p\n\nfunc")},
}}}}

func TestParse(t *testing.T) {
	got, err := Parse(text)
	want := []Declaration{
		{First: 3, Last: 3},
		{Name: "T", First: 5, Last: 6},
		{Name: "T.A", Function: true, First: 8, Last: 11},
		{Name: "T.Again", Function: true, First: 13, Last: 13},
		{Name: "F", Function: true, First: 15, Last: 17},
		{Name: "table", First: 19, Last: 21},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, (-want +got):\n%s", err, diff)
	}
}

func TestFind(t *testing.T) {
	for function, want := range map[string]string{
		"a.b/c/p.F":            "F",
		"a.b/c/p.F.func1":      "F",
		"a.b/c/p.init.F.func2": "F",
		"a.b/c/p.(*T[go.shape.struct { x.Y }]).A": "T.A",
		"a.b/c/p.(*T[...]).A-fm":                  "T.A",
		"a.b/c/p.T[go.shape.[]uint8].Again.func1": "T.Again",
		"a.b/c/p.(*T[a.b/c/q.R[int]]).Again":      "T.Again",
		"a.b/c/p.T":                               "",
		"a.b/c/p.G":                               "",
		"a.b/c/p.table":                           "",
		"a.b/c/p/q.F":                             "",
		"evil/a.b/c/p.F":                          "",
		"b/c/p.F":                                 "",
		"F":                                       "",
		"":                                        "",
		"a.b/c/p.":                                "",
		"a.b/c/p.../../F":                         "",
		"a.b/c/p[x].F":                            "F",
		"a.b/c/p.FF":                              "",
		"a.b/c/p.(*T[go.shape.int]).A.deferwrap1": "T.A",
	} {
		l, ok := code.Find(function)
		if l.Name != want || ok != (want != "") {
			t.Errorf("%s: found %q, %v, want %q", function, l.Name, ok, want)
		}
	}
}

func allocated(bytes int64) heap.Values { return heap.Values{AllocSpace: bytes, AllocObjects: 1} }

// digest returns a digest of lines. Each line has the values of its function.
func digest(lines ...heap.Line) *heap.Digest {
	d := &heap.Digest{Functions: []heap.Function{
		{Name: "a.b/c/p.(*T[go.shape.int]).A", Flat: allocated(30), Cum: allocated(30)},
		{Name: "a.b/c/p.(*T[go.shape.string]).A", Flat: allocated(7), Cum: allocated(7)},
		{Name: "a.b/c/p.F.func1", Flat: allocated(8), Cum: allocated(8)},
		{Name: "a.b/c/p.F", Cum: allocated(9)},
		{Name: "a.b/c/p.init.func1", Flat: allocated(5), Cum: allocated(5)},
		{Name: "os.ReadFile", Flat: allocated(99), Cum: allocated(99)},
	}}
	for _, line := range lines {
		line.Flat, line.Cum = d.Functions[line.Function].Flat, d.Functions[line.Function].Cum
		d.Lines = append(d.Lines, line)
	}
	return d
}

func TestAnnotate(t *testing.T) {
	before := digest(
		heap.Line{Function: 0, File: "p.go", Line: 10}, heap.Line{Function: 1, File: "p.go", Line: 10},
		heap.Line{Function: 2, File: "p.go", Line: 16}, heap.Line{Function: 3, File: "p.go", Line: 16},
		heap.Line{Function: 4, File: "p.go", Line: 20},
	)
	got := code.Annotate(before, digest(heap.Line{Function: 1, File: "p.go", Line: 10}))
	var names []string
	for _, l := range got {
		names = append(names, l.String())
		if len(l.Lines) != l.Last-l.First+1 || l.Lines[0].Number != l.First || l.File != "p.go" {
			t.Errorf("%s has lines %+v", l.Name, l.Lines)
		}
	}
	if diff := cmp.Diff([]string{"a.b/c/p.T.A", "a.b/c/p.F", "a.b/c/p.table"}, names); diff != "" {
		t.Fatalf("declarations (-want +got):\n%s", diff)
	}
	two := func(bytes int64) heap.Values { return heap.Values{AllocSpace: bytes, AllocObjects: 2} }
	a, f := got[0], got[1]
	if want := (Values{heap.Side{Flat: two(37), Cum: two(37)}, heap.Side{Flat: allocated(7), Cum: allocated(7)}}); a.Values != want || a.Lines[2].Values != want {
		t.Errorf("T.A holds %+v, its line %+v, want %+v", a.Values, a.Lines[2], want)
	}
	if a.Lines[2].Text != "\treturn make([]E, n)" || a.Lines[1].Values != (Values{}) {
		t.Errorf("lines of T.A are %+v", a.Lines)
	}
	if len(a.Functions) != 2 || a.Functions[0] != "a.b/c/p.(*T[go.shape.int]).A" {
		t.Errorf("functions of T.A are %q", a.Functions)
	}
	// The closure is on a line of the function that called it, so 9 counts and not 17.
	if want := (heap.Side{Flat: allocated(8), Cum: allocated(9)}); f.Before != want || f.Lines[1].Before != want {
		t.Errorf("F holds %+v, its line %+v, want %+v", f.Before, f.Lines[1].Before, want)
	}
}

// Annotate ignores lines that are outside of their function in the code.
func TestAnnotateIgnoresOtherCode(t *testing.T) {
	for name, line := range map[string]heap.Line{
		"another line":         {Function: 0, File: "p.go", Line: 16},
		"between declarations": {Function: 0, File: "p.go", Line: 12},
		"beyond the end":       {Function: 0, File: "p.go", Line: 1 << 30},
		"line 0":               {Function: 0, File: "p.go"},
		"a missing file":       {Function: 0, File: "passwd", Line: 1},
		"a path":               {Function: 0, File: "../../x.go", Line: 1},
		"a folder":             {Function: 0, File: ".", Line: 1},
		"a test":               {Function: 3, File: "p_test.go", Line: 3},
		"invalid Go":           {Function: 3, File: "broken.go", Line: 3},
		"another package":      {Function: 5, File: "p.go", Line: 10},
		"a variable's name":    {Function: 3, File: "p.go", Line: 20},
	} {
		if got := code.Annotate(digest(line), digest()); len(got) > 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
