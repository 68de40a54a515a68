package heap

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// outline returns f and its descendants, one per line: name, before and after.
func outline(d *Diff, f *Frame) []string {
	var lines []string
	var walk func(f *Frame, indent string)
	walk = func(f *Frame, indent string) {
		name := map[int]string{Root: "all", Other: "(other)", missing: "missing"}[f.Function]
		if f.Function >= 0 {
			name = d.Functions[f.Function].Name
		}
		lines = append(lines, indent+name+values(f))
		for _, c := range f.Children {
			walk(c, indent+" ")
		}
	}
	walk(f, "")
	return lines
}

func values(f *Frame) string {
	s := fmt.Sprintf(" %d → %d", f.Before, f.After)
	if f.HiddenBefore {
		s += " hidden before"
	}
	if f.HiddenAfter {
		s += " hidden after"
	}
	return s
}

func TestGraph(t *testing.T) {
	d := NewDiff(digest(t, beforeStacks...), digest(t, afterStacks...))
	for _, test := range []struct {
		name             string
		selection        Selection
		callees, callers []string
	}{
		{"all", Selection{}, []string{
			"all 100 → 35",
			" main 100 → 35",
			"  handle 90 → 35",
			"   decode 60 → 5",
			"    append 60 → 0",
			"    pool 0 → 5",
			"   encode 30 → 30",
			"    append 30 → 30",
			"  append 10 → 0",
			"   append 10 → 0",
		}, nil},
		{"focus", Selection{Focus: "append"},
			[]string{"append 100 → 30", " append 10 → 0"},
			[]string{
				"append 100 → 30",
				" decode 60 → 0",
				"  handle 60 → 0",
				"   main 60 → 0",
				" encode 30 → 30",
				"  handle 30 → 30",
				"   main 30 → 30",
				" main 10 → 0",
			}},
		{"unknown focus", Selection{Focus: "gone"}, []string{"missing 0 → 0"}, []string{"missing 0 → 0"}},
		{"ignore", Selection{Ignore: regexp.MustCompile("^decode$")}, []string{
			"all 40 → 30",
			" main 40 → 30",
			"  handle 30 → 30",
			"   encode 30 → 30",
			"    append 30 → 30",
			"  append 10 → 0",
			"   append 10 → 0",
		}, nil},
		{"hide", Selection{Hide: regexp.MustCompile("code$|^main$")}, []string{
			"all 100 → 35",
			" handle 90 → 35",
			"  append 90 → 30",
			"  pool 0 → 5",
			" append 10 → 0",
			"  append 10 → 0",
		}, nil},
		{"show from", Selection{ShowFrom: regexp.MustCompile("^(de|en)code$")}, []string{
			"all 90 → 35",
			" decode 60 → 5",
			"  append 60 → 0",
			"  pool 0 → 5",
			" encode 30 → 30",
			"  append 30 → 30",
		}, nil},
		{"all filters", Selection{Focus: "append", ShowFrom: regexp.MustCompile("^handle$"), Hide: regexp.MustCompile("^encode$"), Ignore: regexp.MustCompile("^decode$")},
			[]string{"append 30 → 30"}, []string{"append 30 → 30", " handle 30 → 30"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.selection.Type = AllocSpace
			g := d.Graph(test.selection)
			if diff := cmp.Diff(test.callees, outline(d, g.Callees)); diff != "" {
				t.Errorf("callees (-want +got):\n%s", diff)
			}
			var callers []string
			if g.Callers != nil {
				callers = outline(d, g.Callers)
			}
			if diff := cmp.Diff(test.callers, callers, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("callers (-want +got):\n%s", diff)
			}
			if !g.Conserved(d) {
				t.Error("values do not add up to the profiles")
			}
		})
	}
}

// A function that was too small to keep in one profile is hidden there; it is not new.
func TestHidden(t *testing.T) {
	before := digest(t, stack{[]string{"large", "main"}, 1_000_000_000}, stack{[]string{"small", "main"}, 50})
	for i := range before.Nodes { // as if its number of objects were too small to keep, too
		if n := &before.Nodes[i]; n.Function >= 0 && before.Functions[n.Function].Name == "small" {
			n.Function = Other
		}
	}
	after := digest(t, stack{[]string{"small", "main"}, 60}, stack{[]string{"new", "main"}, 70})
	d := NewDiff(before, after)
	got := outline(d, d.Graph(Selection{Type: AllocSpace}).Callees)
	want := []string{
		"all 1000000050 → 130",
		" main 1000000050 → 130",
		"  large 1000000000 → 0",
		"  (other) 50 → 0",
		"  small 0 → 60 hidden before",
		"  new 0 → 70",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// One profile has much of the focus, all of it on paths that were too small to keep. The focus has
// its full value, and its callers are hidden, not new.
func TestFocusOnSmallPaths(t *testing.T) {
	stacks := []stack{{[]string{"big", "main"}, 1_600_000_000}}
	for i := range 2000 {
		stacks = append(stacks, stack{[]string{"leaf", fmt.Sprint("h", i), "main"}, 160_000})
	}
	p := newProfile(stacks...)
	for _, s := range p.Sample { // without objects: only bytes count
		s.Value[0], s.Value[2], s.Value[3] = 0, 0, 0
	}
	before, err := NewDigest(p)
	if err != nil {
		t.Fatal(err)
	}
	d := NewDiff(before, digest(t, stack{[]string{"leaf", "a", "main"}, 320}))
	g := d.Graph(Selection{Type: AllocSpace, Focus: "leaf"})
	for _, f := range []*Frame{g.Callees, g.Callers} {
		if f.Before != 320_000_000 || f.After != 320 || f.HiddenBefore || f.HiddenAfter {
			t.Errorf("%+v, want the full value of the focus", f)
		}
	}
	for _, f := range []*Frame{g.Callers.Children[0], g.Callers.Children[0].Children[0]} {
		if f.Before != 0 || f.After != 320 || !f.HiddenBefore || f.HiddenAfter {
			t.Errorf("%+v, want a caller hidden before", f)
		}
	}
	if !g.Conserved(d) {
		t.Error("values do not add up to the profiles")
	}
	ignoring := d.Graph(Selection{Type: AllocSpace, Ignore: regexp.MustCompile("^leaf$")})
	if ignoring.Left != (Change{After: 320}) || ignoring.Unseen != (Change{Before: 320_000_000}) || !ignoring.Conserved(d) {
		t.Errorf("ignoring leaf: left out %+v, unseen %+v", ignoring.Left, ignoring.Unseen)
	}
	if g := d.Graph(Selection{Type: AllocSpace, ShowFrom: regexp.MustCompile("^leaf$")}); !g.Callees.Children[0].HiddenBefore {
		t.Error("show from leaf: leaf is not hidden before")
	}
}

// A graph with any function of a real profile as its focus shows the values of the function table.
// Most functions are partly on paths that were too small to keep.
func TestFocusHasValuesOfTable(t *testing.T) {
	d := NewDiff(readDigest(t, readFile(t, encodingJSON)), digest(t, stack{[]string{"main.main"}, 100}))
	pruned := 0
	for _, f := range d.Functions {
		for _, typ := range d.Types {
			g := d.Graph(Selection{Type: typ, Focus: f.Name})
			if !g.Callees.equal(f.Cum(typ)) || g.Left.Before < 0 || g.Left.After < 0 || !g.Conserved(d) {
				t.Errorf("%s, %s: %+v, want %+v", f.Name, typ, g.Callees.Change, f.Cum(typ))
			}
			for _, c := range g.Callers.Children {
				if c.Function == Other {
					pruned++
				}
			}
		}
	}
	if pruned == 0 {
		t.Error("no function was on a path too small to keep, so the test checks nothing")
	}
}
