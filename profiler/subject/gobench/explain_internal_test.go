package gobench

import (
	"fmt"
	"strings"
	"testing"

	"heaplab/profiler/listing"
)

// Of a long function, both versions keep the lines around the one that allocates, so that their difference is that of the
// function.
func TestLongSources(t *testing.T) {
	function := func(change string) *foundFunction {
		lines := []string{"package p", "", "func F() {"}
		for i := range 3000 {
			if i == 1500 {
				lines = append(lines, change)
			}
			lines = append(lines, fmt.Sprintf("\tuse(%d)", i))
		}
		file, err := listing.ParseFile("p.go", strings.Join(append(lines, "}", ""), "\n"))
		if err != nil {
			t.Fatal(err)
		}
		return &foundFunction{Declaration: file.Declarations[0], file: file, path: "p.go"}
	}
	before, after := function("\told()"), function("\tnew1()\n\tnew2()")
	after.hot = 1505 // new2
	was, now := sources(before, after)
	if !was.Cut || !now.Cut || strings.Count(now.Text, "\n") > maxSourceLines {
		t.Fatalf("%d and %d lines, cut %t and %t", strings.Count(was.Text, "\n"), strings.Count(now.Text, "\n"), was.Cut, now.Cut)
	}
	if line := strings.Split(now.Text, "\n")[now.Hot-now.First]; line != "\tnew2()" {
		t.Errorf("the hot line is %q", line)
	}
	changed := 0
	for _, l := range listing.Diff(was.Text, now.Text) {
		if l.Changed() {
			changed++
		}
	}
	if changed != 3 || was.First != now.First {
		t.Errorf("%d lines changed, want 3; first lines %d and %d", changed, was.First, now.First)
	}
	if gone, only := sources(nil, after); gone != nil || only == nil {
		t.Errorf("a function that is not there has %+v", gone)
	}
}

// A line that is too long to be kept leaves no source code.
func TestTooLongLine(t *testing.T) {
	file, err := listing.ParseFile("p.go", "package p\n\nvar F = func() string { return \""+strings.Repeat("x", maxSourceSize)+"\" }\n")
	if err != nil {
		t.Fatal(err)
	}
	if was, now := sources(nil, &foundFunction{Declaration: file.Declarations[0], file: file, hot: 3}); was != nil || now != nil {
		t.Errorf("%+v, %+v", was, now)
	}
}
