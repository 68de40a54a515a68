package heap

import "regexp"

// A Selection says which part of a Diff a Graph shows.
type Selection struct {
	Type     Type
	Focus    string         // a function: show only stacks through it, as its callees and callers; "" shows all stacks
	Ignore   *regexp.Regexp // drop stacks that contain a matching function
	Hide     *regexp.Regexp // remove matching functions from stacks
	ShowFrom *regexp.Regexp // start stacks at the first matching function; drop stacks without one
}

// A Graph is a call tree in which each call has a value before and a value after.
type Graph struct {
	Type    Type
	Callees *Frame // the root is all stacks, or the focus
	Callers *Frame // the root is the focus, the children of a frame are its callers; nil without a focus

	Left Change // left out by the selection

	// Values on paths that were too small to keep. Ignore and ShowFrom cannot tell which functions
	// are on them. 0 if the selection has neither.
	Unseen Change
}

// A Frame is a call in a Graph.
type Frame struct {
	Function                  int    // index in Diff.Functions, or one of Root and Other
	Change                           // including children
	Own                       Change // without children
	Children                  []*Frame
	HiddenBefore, HiddenAfter bool // 0 on that side, but paths too small to keep may lead here
}

// Graph returns the stacks that s selects. The values shown and the values left out add up to
// both profiles; Conserved checks this.
func (d *Diff) Graph(s Selection) *Graph {
	b := &builder{diff: d, selection: s, focus: Root}
	if s.Focus != "" {
		b.focus = d.Function(s.Focus)
		if b.focus < 0 {
			b.focus = missing
		}
	}
	b.matches = newMatches(d, s)
	b.link()
	callees := &Frame{Function: b.focus}
	b.callers = &Frame{Function: b.focus}
	start := place{frame: callees, shown: s.ShowFrom == nil, focused: b.focus == Root}
	b.visit(0, start)
	pruned := b.pruned()
	g := &Graph{Type: s.Type, Callees: callees}
	switch {
	case s.Ignore != nil || s.ShowFrom != nil:
		g.Unseen = b.unseen()
	case b.focus >= 0:
		b.restore(callees, pruned[b.focus])
	}
	callees.sum()
	g.Left = b.left
	if b.focus != Root {
		b.callers.sum()
		g.Callers = b.callers
		if b.focus >= 0 {
			callees.hide(pruned[b.focus])
			b.callers.hideAll(pruned[b.focus])
		}
	}
	callees.markHidden(pruned, s.Focus != "" || s.Hide != nil || s.ShowFrom != nil)
	return g
}

// restore adds the values of the focus on paths that were too small to keep, so that the focus
// has its full value. The callers and callees on these paths are unknown: they become Other.
func (b *builder) restore(callees *Frame, pruned Change) {
	for _, f := range []*Frame{callees, b.callers} {
		f.child(Other).Own.Add(pruned)
	}
	b.left.sub(pruned)
}

// unseen returns the values on paths that were too small to keep.
func (b *builder) unseen() (sum Change) {
	for i, n := range b.diff.Nodes {
		if n.Function == Other {
			sum.Add(b.own[i])
		}
	}
	return sum
}

// missing is the focus if neither profile has the requested function.
const missing = -3

// A builder copies the stacks of a diff into a graph.
type builder struct {
	diff        *Diff
	selection   Selection
	focus       int
	matches     matches
	first, next []int    // first child and next sibling of each node; 0 is none
	own         []Change // of each node without its children
	outer       []int    // functions on the current path outside the focus, outermost first
	callers     *Frame   // root of Graph.Callers
	left        Change   // left out by the selection
}

// A place is the position in a graph that a path has reached.
type place struct {
	frame   *Frame
	shown   bool // the path contains a function that ShowFrom matches, or there is no ShowFrom
	focused bool // the path contains the focus, or there is no focus
}

// link fills first, next and own.
func (b *builder) link() {
	nodes := b.diff.Nodes
	b.first, b.next, b.own = make([]int, len(nodes)), make([]int, len(nodes)), make([]Change, len(nodes))
	for i := range nodes {
		b.own[i] = nodes[i].change(b.selection.Type)
	}
	for i := len(nodes) - 1; i > 0; i-- {
		parent := nodes[i].Parent
		b.own[parent].sub(nodes[i].change(b.selection.Type))
		b.next[i], b.first[parent] = b.first[parent], i
	}
}

// visit adds a node and its descendants to the graph at a place, and returns the sum of the
// values that it added.
func (b *builder) visit(node int, at place) (sum Change) {
	if at.shown && at.focused {
		sum = b.own[node]
		at.frame.Own.Add(sum)
	} else {
		b.left.Add(b.own[node])
	}
	for child := b.first[node]; child != 0; child = b.next[child] {
		sum.Add(b.step(child, at))
	}
	return sum
}

// step adds the paths through a node, from the place of its parent, like visit.
func (b *builder) step(node int, at place) Change {
	n := &b.diff.Nodes[node]
	f := n.Function
	if b.matches.ignored(f) {
		b.left.Add(n.change(b.selection.Type))
		return Change{}
	}
	at.shown = at.shown || b.matches.starts(f)
	switch {
	case !at.shown || b.matches.hidden(f) && f != b.focus:
		return b.visit(node, at)
	case at.focused:
		at.frame = at.frame.child(f)
		return b.visit(node, at)
	case f != b.focus:
		b.outer = append(b.outer, f)
		sum := b.visit(node, at)
		b.outer = b.outer[:len(b.outer)-1]
		return sum
	}
	at.focused = true
	sum := b.visit(node, at)
	caller := b.callers
	for i := len(b.outer) - 1; i >= 0; i-- {
		caller = caller.child(b.outer[i])
	}
	caller.Own.Add(sum)
	return sum
}

// child returns the child of f with that function. It adds one if there is none.
func (f *Frame) child(function int) *Frame {
	for _, c := range f.Children {
		if c.Function == function {
			return c
		}
	}
	c := &Frame{Function: function}
	f.Children = append(f.Children, c)
	return c
}

// sum sets Before and After of f and its descendants, and removes frames in which both are 0.
func (f *Frame) sum() {
	f.Change = f.Own
	kept := f.Children[:0]
	for _, c := range f.Children {
		c.sum()
		f.Add(c.Change)
		if !c.zero() {
			kept = append(kept, c)
		}
	}
	f.Children = kept
}

// pruned returns the values of each function on paths that were too small to keep: its total minus
// its value in the tree. If a function recurs, only its outermost call counts.
func (b *builder) pruned() []Change {
	left := make([]Change, len(b.diff.Functions))
	for i := range b.diff.Functions {
		left[i] = b.diff.Functions[i].Cum(b.selection.Type)
	}
	onPath := make([]int, len(left))
	var walk func(node int)
	walk = func(node int) {
		n := &b.diff.Nodes[node]
		if n.Function >= 0 {
			if onPath[n.Function]++; onPath[n.Function] == 1 {
				left[n.Function].sub(n.change(b.selection.Type))
			}
		}
		for child := b.first[node]; child != 0; child = b.next[child] {
			walk(child)
		}
		if n.Function >= 0 {
			onPath[n.Function]--
		}
	}
	walk(0)
	return left
}

// hide marks f as hidden on each side where it is 0 and pruned is not.
func (f *Frame) hide(pruned Change) {
	f.HiddenBefore = f.Before == 0 && pruned.Before != 0
	f.HiddenAfter = f.After == 0 && pruned.After != 0
}

// hideAll hides callers of the focus: f and its descendants. pruned is that of the focus, because
// any caller may be on the paths of the focus that were too small to keep.
func (f *Frame) hideAll(pruned Change) {
	f.hide(pruned)
	for _, c := range f.Children {
		c.hideAll(pruned)
	}
}

// markHidden marks the descendants of f that may have a value in a profile although they show 0:
// their function is on paths that were too small to keep, and such paths may lead here. If the
// selection merged paths, they may lead anywhere; if not, only here if f has a child Other or is
// hidden itself.
func (f *Frame) markHidden(pruned []Change, merged bool) {
	var other Change
	for _, c := range f.Children {
		if c.Function == Other {
			other = c.Change
		}
	}
	for _, c := range f.Children {
		if c.Function >= 0 {
			c.hide(pruned[c.Function])
			c.HiddenBefore = c.HiddenBefore && (merged || other.Before != 0 || f.HiddenBefore)
			c.HiddenAfter = c.HiddenAfter && (merged || other.After != 0 || f.HiddenAfter)
		}
		c.markHidden(pruned, merged)
	}
}

// Conserved reports whether the graph adds up: no value is negative; the values shown and left out
// sum to both profiles; the callers have the value of the focus; and the flat values of all
// functions sum to both profiles.
func (g *Graph) Conserved(d *Diff) bool {
	sum, flat := g.Left, Change{}
	ok := g.Callees.addOwn(&sum)
	if g.Callers != nil {
		ok = ok && g.Callers.Before == g.Callees.Before && g.Callers.After == g.Callees.After
	}
	for i := range d.Functions {
		flat.Add(d.Functions[i].Flat(g.Type))
	}
	total := d.Total(g.Type)
	return ok && sum.equal(total) && flat.equal(total)
}

// addOwn adds the own values of f and its descendants to sum, and reports whether none is negative.
func (f *Frame) addOwn(sum *Change) bool {
	sum.Add(f.Own)
	ok := f.Own.Before >= 0 && f.Own.After >= 0
	for _, c := range f.Children {
		ok = c.addOwn(sum) && ok
	}
	return ok
}

// matches says which functions each filter of a selection matches, by index in Diff.Functions.
type matches struct{ ignore, hide, show []bool }

func newMatches(d *Diff, s Selection) matches {
	match := func(pattern *regexp.Regexp) []bool {
		if pattern == nil {
			return nil
		}
		found := make([]bool, len(d.Functions))
		for i, f := range d.Functions {
			found[i] = f.Matches(pattern)
		}
		return found
	}
	return matches{match(s.Ignore), match(s.Hide), match(s.ShowFrom)}
}

func (m matches) ignored(f int) bool { return f >= 0 && m.ignore != nil && m.ignore[f] }
func (m matches) hidden(f int) bool  { return f >= 0 && m.hide != nil && m.hide[f] }
func (m matches) starts(f int) bool  { return f >= 0 && m.show != nil && m.show[f] }
