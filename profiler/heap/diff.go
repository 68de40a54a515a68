package heap

import (
	"regexp"
	"slices"
	"strings"
)

// A Diff joins two heap profiles by function and by call path. It keeps the values before and
// after, not their difference, so no value is negative.
type Diff struct {
	Before, After           Values
	BeforeError, AfterError Errors
	Functions               []FunctionDiff
	Nodes                   []NodeDiff // parents before children; the first is the root
	Types                   []Type     // the types that both profiles have
	TypeNames               TypeNames  // see Digest
}

// A Side holds the values of a function in one profile.
type Side struct {
	Flat, Cum           Values
	FlatError, CumError Errors
}

func (f *Function) side() Side { return Side{f.Flat, f.Cum, f.FlatError, f.CumError} }

// A FunctionDiff is a function in both profiles. No two have the same Name.
type FunctionDiff struct {
	Name          string // the name after, or before if the function is gone
	File          string // path of its source file; "" if unknown
	Was           string // the name before, if it differs. A closure that is gone can have the name of another one after; its Name then says so.
	JoinedBy      Rule   // why Was is the same function; "" if the names are the same
	Before, After Side
}

// A NodeDiff is a call path in both profiles.
type NodeDiff struct {
	Parent                  int // index in Nodes; -1 for the root
	Function                int // index in Functions, or one of Root and Other
	Before, After           Values
	BeforeError, AfterError Errors
}

// NewDiff joins two profiles by function name, and by the rules for names that differ.
func NewDiff(before, after *Digest) *Diff {
	d := &Diff{Before: before.Totals, After: after.Totals, BeforeError: before.Error, AfterError: after.Error}
	d.TypeNames = before.TypeNames
	d.Types = Common(before.Types, after.Types, before.TypeNames, after.TypeNames)
	d.joinNodes(before.Nodes, after.Nodes, d.joinFunctions(before, after))
	return d
}

// joinFunctions fills d.Functions, and returns the index in it of each function of after.
func (d *Diff) joinFunctions(before, after *Digest) []int {
	pairs, usurped := joinFunctions(before, after)
	size := len(before.Functions)
	for _, p := range pairs {
		if p.before < 0 {
			size++
		}
	}
	d.Functions = make([]FunctionDiff, 0, size)
	for _, f := range before.Functions {
		d.Functions = append(d.Functions, FunctionDiff{Name: f.Name, File: f.File, Before: f.side()})
	}
	joined := make([]int, len(after.Functions))
	for i, p := range pairs {
		f, at := after.Functions[i], p.before
		if at < 0 {
			at = len(d.Functions)
			d.Functions = append(d.Functions, FunctionDiff{Name: f.Name, File: f.File})
		}
		joined[i] = at
		to := &d.Functions[at]
		to.After, to.JoinedBy = f.side(), p.rule
		if to.Name != f.Name {
			to.Name, to.Was = f.Name, to.Name
		}
	}
	for _, i := range usurped {
		f := &d.Functions[i]
		f.Name, f.Was = f.Name+" (before)", f.Name
	}
	return joined
}

func (d *Diff) joinNodes(before, after []Node, joined []int) {
	d.Nodes = make([]NodeDiff, 0, max(len(before), len(after))+len(after)/8)
	for _, n := range before {
		d.Nodes = append(d.Nodes, NodeDiff{Parent: n.Parent, Function: n.Function, Before: n.Values, BeforeError: n.Error})
	}
	calls := newCallIndex(before)
	place := make([]int, len(after)) // index in d.Nodes of each node of after
	for i, n := range after {
		parent, function := -1, n.Function
		if n.Parent >= 0 {
			parent = place[n.Parent]
		}
		if function >= 0 {
			function = joined[function]
		}
		at := calls.find(parent, function)
		if at < 0 {
			at = len(d.Nodes)
			d.Nodes = append(d.Nodes, NodeDiff{Parent: parent, Function: function})
		}
		place[i] = at
		d.Nodes[at].After, d.Nodes[at].AfterError = n.Values, n.Error
	}
}

// A callIndex finds the calls in a call tree. The nodes below one are few, because each has at least a thousandth of a
// total, so that a search is faster than a map.
type callIndex struct {
	nodes       []Node
	first, next []int32 // first child and next sibling of each node; 0 is none
}

func newCallIndex(nodes []Node) callIndex {
	x := callIndex{nodes, make([]int32, len(nodes)), make([]int32, len(nodes))}
	for i := len(nodes) - 1; i > 0; i-- {
		parent := nodes[i].Parent
		x.next[i], x.first[parent] = x.first[parent], int32(i)
	}
	return x
}

// find returns the index of the node that a node calls with a function, or -1. The node -1 calls the root.
func (x *callIndex) find(node, function int) int {
	if node < 0 {
		return min(len(x.nodes), 1) - 1
	}
	if node < len(x.nodes) {
		for i := x.first[node]; i != 0; i = x.next[i] {
			if x.nodes[i].Function == function {
				return int(i)
			}
		}
	}
	return -1
}

// Common returns the types that two profiles have in common. Their producers must not give them different names,
// unless both names are known to mean the same.
func Common(a, b []Type, namesA, namesB TypeNames) []Type {
	var common []Type
	for _, t := range Types {
		if slices.Contains(a, t) && slices.Contains(b, t) && namesA.Own(t) == namesB.Own(t) {
			common = append(common, t)
		}
	}
	return common
}

// Named returns the names of the functions that match name: the function with exactly this name, after or
// before, or else all functions whose name ends in it after a slash or a dot, in the order of d.
func (d *Diff) Named(name string) []string {
	if i := d.Function(name); i >= 0 {
		return []string{d.Functions[i].Name}
	}
	var found []string
	for _, f := range d.Functions {
		if f.hasName(func(s string) bool { return strings.HasSuffix(s, "/"+name) || strings.HasSuffix(s, "."+name) }) {
			found = append(found, f.Name)
		}
	}
	return found
}

// Function returns the index of the function with that name, or else of the one that had that name before, or -1.
func (d *Diff) Function(name string) int {
	at := slices.IndexFunc(d.Functions, func(f FunctionDiff) bool { return f.Name == name })
	if at < 0 && name != "" {
		at = slices.IndexFunc(d.Functions, func(f FunctionDiff) bool { return f.Was == name })
	}
	return at
}

// Matches reports whether the name of f after or before matches a pattern.
func (f FunctionDiff) Matches(pattern *regexp.Regexp) bool { return f.hasName(pattern.MatchString) }

func (f FunctionDiff) hasName(is func(string) bool) bool {
	return is(f.Name) || f.Was != "" && is(f.Was)
}
