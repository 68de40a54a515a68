package gobench

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"heaplab/profiler"
	"heaplab/profiler/listing"
)

// Toolchains of several versions say in other words where they put the values of one file. They are read alike.
func TestPlacements(t *testing.T) {
	dir := filepath.Join("testdata", "escapes")
	text, err := os.ReadFile(filepath.Join(dir, "code.go.txt"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := listing.ParseFile("a.go", string(text))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"Show: x": "passed to fmt.Sprintf", "Show: n": "passed to fmt.Sprintf",
		"Ptr: x":   "returned",
		"Buf: big": "too large for the stack", "Buf: &Item{...}": "captured by a closure", "Buf: make([]byte, 64)": "captured by a closure",
		"Buf: func literal": "converted to an interface",
		"Gen: v":            "returned",
	}
	for _, version := range []string{"go1.24", "go1.25", "go1.26"} {
		out, err := os.Open(filepath.Join(dir, version+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		all, rest, err := parsePlacements(out)
		if err != nil || rest != "" {
			t.Fatalf("%s: rest %q, %v", version, rest, err)
		}
		got := map[string]string{}
		for _, d := range file.Declarations {
			f := foundFunction{Declaration: d, file: file}
			for _, p := range f.placements(all) {
				if p.heap && !strings.HasPrefix(p.code, "make([]byte, n)") { // the reason differs: it depends on the optimiser
					got[d.Name+": "+p.code] = p.reason
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", version, diff)
		}
	}
}

// Output of the compiler that is cut off, strange or an error gives no placements, and no failure.
func TestStrangePlacements(t *testing.T) {
	for _, test := range []struct{ name, out, rest string }{
		{"nothing", "", ""},
		{"an error", "# example.com/x\n./x.go:3:4: undefined: y\nsome failure", "some failure"},
		{"no number", "./x.go:a:b: x escapes to heap\n", "./x.go:a:b: x escapes to heap"},
		{"a step without a value", "./x.go:1:1:     from x (return) at ./x.go:1:1\n", ""},
		{"another message", "./x.go:1:1: x will be kept alive\n", ""},
	} {
		if all, rest, err := parsePlacements(strings.NewReader(test.out)); len(all) > 0 || rest != test.rest || err != nil {
			t.Errorf("%s: %+v, rest %q, %v", test.name, all, rest, err)
		}
	}
	if _, _, err := parsePlacements(strings.NewReader(strings.Repeat("x", maxCompilerLine+1))); err == nil {
		t.Error("a line without end gives no error")
	}
}

// Values are found in the other version by their source code, whatever their line. Only those that moved to or from the
// heap are reported.
func TestChangedEscapes(t *testing.T) {
	function := func(lines ...string) *foundFunction {
		text := "package p\n\nfunc F() {\n" + strings.Join(lines, "\n") + "\n}\n"
		file, err := listing.ParseFile("p.go", text)
		if err != nil {
			t.Fatal(err)
		}
		return &foundFunction{Declaration: file.Declarations[0], file: file}
	}
	at := func(line int, code, source string, heap bool) placement {
		return placement{line: line, code: code, source: source, heap: heap}
	}
	before := function("a := T{}", "b := &T{}", "c := new(T)", "d := new(T)")
	after := function("// New.", "a := T{}", "b := &T{}", "c := new(U)", "e := new(T)")
	got := changedEscapes([2][]placement{
		{at(5, "&T{}", "b := &T{}", false), at(6, "new(T)", "c := new(T)", true), at(7, "new(T)", "d := new(T)", true)},
		{at(5, "a", "a := T{}", true), at(6, "&T{}", "b := &T{}", true), at(7, "new(U)", "c := new(U)", true), at(8, "new(T)", "e := new(T)", true)},
	}, [2]*foundFunction{before, after})
	place := func(line int, heap bool) *profiler.Placement { return &profiler.Placement{Line: line, Heap: heap} }
	want := []profiler.Escape{
		{Code: "a", Before: place(4, false), After: place(5, true)},
		{Code: "&T{}", Before: place(5, false), After: place(6, true)},
		{Code: "new(U)", After: place(7, true)},
		{Code: "new(T)", Before: place(7, true)}, // the first one is matched with that of e
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A function of another version, or none, is no fault.
func TestChangedEscapesOfOneSide(t *testing.T) {
	got := changedEscapes([2][]placement{nil, {{line: 3, code: "x", heap: true}, {line: 4, code: "y"}}}, [2]*foundFunction{nil, {}})
	if len(got) != 1 || got[0].Code != "x" || got[0].Before != nil {
		t.Errorf("escapes = %+v", got)
	}
}
