package heap

import (
	"slices"
	"strings"
)

// A Diff joins two heap profiles by function and by call path. It keeps the values before and
// after, not their difference, so no value is negative.
type Diff struct {
	Before, After Values
	Functions     []FunctionDiff
	Nodes         []NodeDiff // parents before children; the first is the root
	Types         []Type     // the types that both profiles have
}

// A Side holds the values of a function in one profile.
type Side struct{ Flat, Cum Values }

// A FunctionDiff is a function in both profiles.
type FunctionDiff struct {
	Name          string
	File          string // see Function
	Before, After Side
}

// A NodeDiff is a call path in both profiles.
type NodeDiff struct {
	Parent        int // index in Nodes; -1 for the root
	Function      int // index in Functions, or one of Root and Other
	Before, After Values
}

// NewDiff joins two profiles by function name.
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
		d.Functions = append(d.Functions, FunctionDiff{Name: f.Name, File: f.File, Before: Side{f.Flat, f.Cum}})
	}
	joined := make([]int, len(after.Functions)) // index in d.Functions of each function of after
	for i, f := range after.Functions {
		at, known := index[f.Name]
		if !known {
			at = len(d.Functions)
			d.Functions = append(d.Functions, FunctionDiff{Name: f.Name, File: f.File})
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
	place := make([]int, len(after)) // index in d.Nodes of each node of after
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

// Named returns the names of the functions that match name: the function with exactly this name,
// or else all functions whose name ends in it after a slash or a dot, in the order of d.
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

// Function returns the index of the function with that name, or -1.
func (d *Diff) Function(name string) int {
	return slices.IndexFunc(d.Functions, func(f FunctionDiff) bool { return f.Name == name })
}
