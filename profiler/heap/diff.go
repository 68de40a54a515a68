package heap

import (
	"slices"
	"strings"
)

// A Diff holds one heap profile against another: by function, and by path of calls. Each has a
// value before and one after, so that nothing is ever negative.
type Diff struct {
	Before, After Values
	Functions     []FunctionDiff
	Nodes         []NodeDiff // parents before their children; the first is the root
	Types         []Type     // that both profiles have
}

// A Side is what one profile holds of something.
type Side struct{ Flat, Cum Values }

// A FunctionDiff is a function in both profiles.
type FunctionDiff struct {
	Name          string
	Before, After Side
}

// A NodeDiff is a path of calls in both profiles.
type NodeDiff struct {
	Parent        int // index in Nodes; of the root -1
	Function      int // index in Functions, or one of Root and Other
	Before, After Values
}

// NewDiff joins two profiles by the names of functions.
func NewDiff(before, after *Digest) *Diff {
	d := &Diff{Before: before.Totals, After: after.Totals}
	for _, t := range Types {
		if slices.Contains(before.Types, t) && slices.Contains(after.Types, t) {
			d.Types = append(d.Types, t)
		}
	}
	index := make(map[string]int, len(before.Functions))
	for i, f := range before.Functions {
		index[f.Name] = i
		d.Functions = append(d.Functions, FunctionDiff{Name: f.Name, Before: Side{f.Flat, f.Cum}})
	}
	joined := make([]int, len(after.Functions)) // where a function of after stands in d
	for i, f := range after.Functions {
		at, known := index[f.Name]
		if !known {
			at = len(d.Functions)
			d.Functions = append(d.Functions, FunctionDiff{Name: f.Name})
		}
		joined[i] = at
		d.Functions[at].After = Side{f.Flat, f.Cum}
	}
	d.joinNodes(before.Nodes, after.Nodes, joined)
	return d
}

func (d *Diff) joinNodes(before, after []Node, joined []int) {
	type call struct{ node, function int }
	index := make(map[call]int, len(before))
	for i, n := range before {
		index[call{n.Parent, n.Function}] = i
		d.Nodes = append(d.Nodes, NodeDiff{Parent: n.Parent, Function: n.Function, Before: n.Values})
	}
	place := make([]int, len(after)) // where a node of after stands in d
	for i, n := range after {
		c := call{-1, n.Function}
		if n.Parent >= 0 {
			c.node = place[n.Parent]
		}
		if n.Function >= 0 {
			c.function = joined[n.Function]
		}
		at, known := index[c]
		if !known {
			at = len(d.Nodes)
			index[c] = at
			d.Nodes = append(d.Nodes, NodeDiff{Parent: c.node, Function: c.function})
		}
		place[i] = at
		d.Nodes[at].After = n.Values
	}
}

// Named are the functions of a name, in the order of d: the one that has it whole, or else those
// that end in it after a slash or a dot, as people write names.
func (d *Diff) Named(name string) []string {
	if d.Function(name) >= 0 {
		return []string{name}
	}
	var found []string
	for _, f := range d.Functions {
		if strings.HasSuffix(f.Name, "/"+name) || strings.HasSuffix(f.Name, "."+name) {
			found = append(found, f.Name)
		}
	}
	return found
}

// Function returns the index of a function by its name, or -1.
func (d *Diff) Function(name string) int {
	return slices.IndexFunc(d.Functions, func(f FunctionDiff) bool { return f.Name == name })
}
