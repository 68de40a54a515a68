package child

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"heaplab/profiler/heap"
)

func TestShortName(t *testing.T) {
	for _, name := range []string{"", "main.f", strings.Repeat("x", longestName)} {
		if got := shortName(name); got != name {
			t.Errorf("a name of %d bytes became %q", len(name), got)
		}
	}
	long := strings.Repeat("é", longestName)
	one, two := shortName("x"+long+"[int]"), shortName("x"+long+"y"+long+"[int]")
	for _, got := range []string{one, two} {
		if len(got) > longestName || !utf8.ValidString(got) || !strings.HasPrefix(got, "xé") || !strings.HasSuffix(got, "é[int]") {
			t.Errorf("short name = %q", got)
		}
	}
	if one == two {
		t.Error("two names have the same short name")
	}
}

func TestCheckBulk(t *testing.T) {
	digest := func(nodes, nameLength int) *heap.Digest {
		d := &heap.Digest{Functions: []heap.Function{{Name: strings.Repeat("f", nameLength)}}, Nodes: []heap.Node{{Function: heap.Root}}}
		for range nodes {
			d.Nodes = append(d.Nodes, heap.Node{Function: 0})
		}
		return d
	}
	for _, test := range []struct {
		name string
		d    *heap.Digest
		ok   bool
	}{
		{"small", digest(100, 10), true},
		{"many call paths", digest(maxMarkup/markup, 0), false},
		{"long names on few call paths", digest(3000, longestName), true},
		{"long names on many call paths", digest(4000, longestName), false},
		{"many lines", &heap.Digest{Lines: make([]heap.Line, maxMarkup/lineBulk+1)}, false},
	} {
		err := checkBulk(test.d)
		var fault heap.Fault
		if (err == nil) != test.ok || err != nil && !errors.As(err, &fault) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}
