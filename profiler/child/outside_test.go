package child

import (
	"testing"

	"github.com/google/pprof/profile"
)

func TestMayLieBelow(t *testing.T) {
	stack := func(names ...string) *profile.Sample { // innermost first
		s := &profile.Sample{}
		for _, name := range names {
			s.Location = append(s.Location, &profile.Location{Line: []profile.Line{{Function: &profile.Function{Name: name}}}})
		}
		return s
	}
	inlined := stack("op", "outer")
	inlined.Location[0].Line = append(inlined.Location[0].Line, profile.Line{Function: &profile.Function{Name: "a/caller.f"}})
	deep := stack(make([]string, deepest)...)
	for _, test := range []struct {
		name   string
		sample *profile.Sample
		want   bool
	}{
		{"an operation", stack("op", "a/caller.(*T).f", "main"), true},
		{"an operation with an inlined caller", inlined, true},
		{"a goroutine", stack("op", "goroutine"), false},
		{"a similar name", stack("a/callers.f", "a/caller/b.f"), false},
		{"no stack", stack(), false},
		{"a stack that may be cut off", deep, true},
		{"no function", &profile.Sample{Location: []*profile.Location{{Line: []profile.Line{{}}}}}, false},
	} {
		if got := mayLieBelow(test.sample, "a/caller"); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}
