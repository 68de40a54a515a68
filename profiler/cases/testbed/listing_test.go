package testbed

import "testing"

func TestDeclarations(t *testing.T) {
	const text = `package p

// T is a type.
type T[E any] struct{}

func (t *T[E]) A() {}
func (T[E]) B()    {}

// F is a function.
func F() {
}
`
	got, err := declarations(text, []string{"F", "T.A", "T.B"})
	const want = "// F is a function.\nfunc F() {\n}\n\nfunc (t *T[E]) A() {}\nfunc (T[E]) B()    {}"
	if err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if _, err := declarations(text, []string{"T.C"}); err == nil {
		t.Error("no error for a declaration that is not there")
	}
}
