package listing

import "testing"

const directed = `package p

func A() {}

//line gram.y:40
func B() {
	_ = 1
}

//line /etc/passwd:1
func C() {}

func init() {}

func init() {
	_ = 2
}

var f = func() int { return 3 }
`

// Functions are found by name, and their lines by what compilers call them.
func TestFile(t *testing.T) {
	f, err := ParseFile("p.go", directed)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		function string
		at       Position
		line     int
		name     string
		first    int
	}{
		{"m/p.A", Position{"p.go", 3}, 3, "A", 3},
		{"m/p.B", Position{"gram.y", 41}, 7, "B", 5},
		{"m/p.B.func1", Position{"p.go", 7}, 0, "B", 5},
		{"m/p.C", Position{"passwd", 1}, 11, "C", 10},
		{"m/p.init.1", Position{"passwd", 6}, 16, "init", 15},
		{"m/p.init.func1", Position{"passwd", 9}, 19, "f", 19},
		{"m/p.D", Position{"p.go", 3}, 3, "", 0},
		{"m/p.A", Position{"p.go", 99}, 0, "A", 3},
	} {
		line := f.Line(test.at)
		d, ok := f.Find(test.function, line)
		if line != test.line || ok != (test.name != "") || d.Name != test.name || ok && d.First != test.first {
			t.Errorf("%s at %v: line %d, %+v, want line %d, %s from %d", test.function, test.at, line, d, test.line, test.name, test.first)
		}
	}
	if _, err := ParseFile("p.go", "package"); err == nil {
		t.Error("a broken file has no error")
	}
}

func TestPackageOf(t *testing.T) {
	for function, want := range map[string]string{
		"a.b/c.F":                "a.b/c",
		"a.b/c%2ev3.(*T[x/y]).F": "a.b/c.v3",
		"a.b/c_test.F.func1":     "a.b/c_test",
		"F":                      "",
	} {
		if got := PackageOf(function); got != want {
			t.Errorf("PackageOf(%s) = %s, want %s", function, got, want)
		}
	}
}
