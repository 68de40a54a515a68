package views

import (
	"testing"
)

func TestSplitFunction(t *testing.T) {
	for _, c := range []struct{ name, pkg, function string }{
		{"runtime.mallocgc", "runtime.", "mallocgc"},
		{"encoding/json.(*Decoder).refill", "encoding/json.", "(*Decoder).refill"},
		{"example.com/a/b.F.func1", "example.com/a/b.", "F.func1"},
		{"a/b.Map[example.com/c.T]", "a/b.", "Map[example.com/c.T]"},
		{"main", "", "main"},
	} {
		if pkg, function := splitFunction(c.name); pkg != c.pkg || function != c.function {
			t.Errorf("%s: %q, %q", c.name, pkg, function)
		}
	}
}

func TestShortArguments(t *testing.T) {
	for _, c := range []struct{ name, want, start, end string }{
		{"a/b.Fresh[go.shape.float32].Floats", "a/b.Fresh[…].Floats", "a/b.Fresh[…]", ".Floats"},
		{"a/b.Map[c.T[int]].Each[string]", "a/b.Map[…].Each[…]", "a/b.Map[…]", ".Each[…]"},
		{"mallocgc", "mallocgc", "mallocgc", ""},
		{"odd]name[", "odd]name[…]", "odd]name[…]", ""},
	} {
		got := shortArguments(c.name)
		if start, end := breakable(got); got != c.want || start != c.start || end != c.end {
			t.Errorf("%s: %q, parted as %q and %q", c.name, got, start, end)
		}
	}
}
