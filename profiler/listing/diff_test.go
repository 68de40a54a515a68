package listing

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// written writes lines with their numbers.
func written(lines []DiffLine) string {
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "%d %d%s%s\n", l.Before, l.After, l.Sign(), l.Text)
	}
	return b.String()
}

func TestDiff(t *testing.T) {
	for _, test := range []struct{ before, after, want string }{
		{"", "", ""},
		{"a\nb\n", "a\nb", "1 1 a\n2 2 b\n"},
		{"a\nb\nc\n", "a\nx\nc\n", "1 1 a\n2 0-b\n0 2+x\n3 3 c\n"},
		{"", "a\n", "0 1+a\n"},
		{"a\n", "", "1 0-a\n"},
		{"\n", "\n\n", "0 1+\n1 2 \n"},
	} {
		if diff := cmp.Diff(test.want, written(Diff(test.before, test.after))); diff != "" {
			t.Errorf("%q, %q (-want +got):\n%s", test.before, test.after, diff)
		}
	}
}

// The two sides of a difference are the texts, and lines that did not change are equal.
func TestDiffKeepsTexts(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := func() string {
		var b strings.Builder
		for range random.IntN(30) {
			fmt.Fprintln(&b, strings.Repeat("x", random.IntN(4)))
		}
		return b.String()
	}
	for range 500 {
		before, after := text(), text()
		lines := Diff(before, after)
		was, _ := SideOf(lines, false)
		now, _ := SideOf(lines, true)
		if was != before || now != after {
			t.Fatalf("the difference of %q and %q is of %q and %q", before, after, was, now)
		}
	}
}

func TestWindow(t *testing.T) {
	var lines []DiffLine
	for i := range 10 {
		lines = append(lines, DiffLine{i + 1, i + 1, "1234"})
	}
	for _, test := range []struct{ i, most, size, first, last int }{
		{5, 3, 100, 5, 7}, {0, 3, 100, 1, 3}, {9, 3, 100, 8, 10}, {-1, 2, 100, 1, 2}, {5, 100, 15, 5, 7}, {5, 100, 1000, 1, 10},
	} {
		got := Window(lines, test.i, test.most, test.size)
		if len(got) == 0 || got[0].Before != test.first || got[len(got)-1].Before != test.last {
			t.Errorf("%+v: %v", test, got)
		}
	}
	if got := Window(lines, 5, 3, 4); len(got) > 0 {
		t.Errorf("lines that are too long: %v", got)
	}
}

func TestHunks(t *testing.T) {
	var before, after []string
	for i := range 20 {
		before = append(before, fmt.Sprint(i))
		after = append(after, fmt.Sprint(i))
	}
	after[3], after[15] = "x", "y"
	var got []string
	for _, h := range Hunks(Diff(strings.Join(before, "\n"), strings.Join(after, "\n")), 1, DiffLine.Changed) {
		got = append(got, written(h))
	}
	want := []string{"3 3 2\n4 0-3\n0 4+x\n5 5 4\n", "15 15 14\n16 0-15\n0 16+y\n17 17 16\n"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
