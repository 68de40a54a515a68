package views

import (
	"strings"
	"testing"
)

func TestSplitIdea(t *testing.T) {
	long := strings.Repeat("x", ideaStart) + "."
	for _, test := range []struct{ idea, start, rest string }{
		{"", "", ""},
		{"One.", "One.", ""},
		{"One. Two.", "One. Two.", ""},
		{long, long, ""},
		{long + " Two. Three.", long, "Two. Three."},
		{"One. " + long + " Three.", "One.", long + " Three."},
	} {
		if start, rest := splitIdea(test.idea); start != test.start || rest != test.rest {
			t.Errorf("%q: start %q, rest %q", test.idea, start, rest)
		}
	}
}
