package heap

import "regexp"

// A Selection is which part of a Diff is looked at.
type Selection struct {
	Type     Type
	Focus    string         // a function: only stacks through it, seen from it; "" is all stacks
	Ignore   *regexp.Regexp // stacks through a function that it matches are left out
	Hide     *regexp.Regexp // functions that it matches are left out of stacks
	ShowFrom *regexp.Regexp // stacks begin at the first function that it matches; others are left out
}

// A Graph is a tree of calls with a value before and one after.
type Graph struct {
	Type    Type
	Callees *Frame // its root stands for all stacks, or for the focus
	Callers *Frame // the same root with who calls the focus, from it outwards; nil without a focus

	LeftBefore, LeftAfter int64 // what the selection leaves out

	// What is on paths that were too small to keep, so that Ignore and ShowFrom do not see which
	// functions are on them; 0 where the selection has neither.
	UnseenBefore, UnseenAfter int64
}

// A Frame is a call in a Graph, or an outer one where it stands for callers.
type Frame struct {
	Function                  int   // index in Diff.Functions, or one of Root and Other
	Before, After             int64 // with all that it leads to
	OwnBefore, OwnAfter       int64 // what it does not lead on
	Children                  []*Frame
	HiddenBefore, HiddenAfter bool // it has nothing on that side, but may be among what was too small to keep
}

// Graph selects stacks. Nothing is drawn that is not there: what it shows and what it leaves
// out add up to both profiles, which Conserved checks.
func (d *Diff) Graph(s Selection) *Graph {
	b := &builder{diff: d, selection: s, focus: Root}
	if s.Focus != "" {
		b.focus = d.Function(s.Focus)
		if b.focus < 0 {
			b.focus = nowhere
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
		g.UnseenBefore, g.UnseenAfter = b.unseen()
	case b.focus >= 0:
		b.restore(callees, pruned[b.focus])
	}
	callees.sum()
	g.LeftBefore, g.LeftAfter = b.left.before, b.left.after
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

// restore gives the focus what it has on paths that were too small to keep, with callers and
// calls that are not known: its whole is.
func (b *builder) restore(callees *Frame, pruned own) {
	for _, f := range []*Frame{callees, b.callers} {
		other := f.child(Other)
		other.OwnBefore += pruned.before
		other.OwnAfter += pruned.after
	}
	b.left.before -= pruned.before
	b.left.after -= pruned.after
}

// unseen is what is on paths that were too small to keep.
func (b *builder) unseen() (before, after int64) {
	for i, n := range b.diff.Nodes {
		if n.Function == Other {
			before += b.own[i].before
			after += b.own[i].after
		}
	}
	return before, after
}

// nowhere is the focus where the profiles lack the function that was asked for.
const nowhere = -3

// A builder carries the stacks of a diff over into a graph.
type builder struct {
	diff        *Diff
	selection   Selection
	focus       int
	matches     matches
	first, next []int // child and sibling of each node; 0 is none
	own         []own
	outer       []int  // functions before the focus, outermost first
	callers     *Frame // what stacks through the focus came by
	left        own    // what the selection leaves out
}

// own is what ends at a node.
type own struct{ before, after int64 }

func (o *own) add(p own) {
	o.before += p.before
	o.after += p.after
}

// A place is where in a graph a stack has led so far.
type place struct {
	frame   *Frame
	shown   bool // a function that ShowFrom matches has been passed, or there is no such filter
	focused bool // the focus has been passed, or there is none
}

func (b *builder) link() {
	nodes := b.diff.Nodes
	b.first, b.next, b.own = make([]int, len(nodes)), make([]int, len(nodes)), make([]own, len(nodes))
	for i := len(nodes) - 1; i >= 0; i-- {
		v := own{nodes[i].Before.Of(b.selection.Type), nodes[i].After.Of(b.selection.Type)}
		b.own[i].before += v.before
		b.own[i].after += v.after
		if i > 0 {
			parent := nodes[i].Parent
			b.own[parent].before -= v.before
			b.own[parent].after -= v.after
			b.next[i], b.first[parent] = b.first[parent], i
		}
	}
}

// visit carries over what ends at a node and below, and returns how much that is.
func (b *builder) visit(node int, at place) (sum own) {
	if at.shown && at.focused {
		sum = b.own[node]
		at.frame.OwnBefore += sum.before
		at.frame.OwnAfter += sum.after
	} else {
		b.left.add(b.own[node])
	}
	for child := b.first[node]; child != 0; child = b.next[child] {
		sum.add(b.step(child, at))
	}
	return sum
}

// step goes on to a node from the place of its parent.
func (b *builder) step(node int, at place) own {
	n := b.diff.Nodes[node]
	f := n.Function
	if b.matches.ignored(f) {
		b.left.add(own{n.Before.Of(b.selection.Type), n.After.Of(b.selection.Type)})
		return own{}
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
	caller.OwnBefore += sum.before
	caller.OwnAfter += sum.after
	return sum
}

// child returns the frame of a function below f.
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

// sum adds up what each frame leads to, and drops what leads to nothing.
func (f *Frame) sum() {
	f.Before, f.After = f.OwnBefore, f.OwnAfter
	kept := f.Children[:0]
	for _, c := range f.Children {
		c.sum()
		f.Before += c.Before
		f.After += c.After
		if c.Before != 0 || c.After != 0 {
			kept = append(kept, c)
		}
	}
	f.Children = kept
}

// pruned is what each function has on paths that were too small to keep: its whole less what the
// tree holds, where it recurs of its outermost call.
func (b *builder) pruned() []own {
	left := make([]own, len(b.diff.Functions))
	for i, f := range b.diff.Functions {
		left[i] = own{f.Before.Cum.Of(b.selection.Type), f.After.Cum.Of(b.selection.Type)}
	}
	onPath := make([]int, len(left))
	var walk func(node int)
	walk = func(node int) {
		n := b.diff.Nodes[node]
		if n.Function >= 0 {
			if onPath[n.Function]++; onPath[n.Function] == 1 {
				left[n.Function].before -= n.Before.Of(b.selection.Type)
				left[n.Function].after -= n.After.Of(b.selection.Type)
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

// hide marks a frame that has nothing on a side on which its function may have something.
func (f *Frame) hide(pruned own) {
	f.HiddenBefore = f.Before == 0 && pruned.before != 0
	f.HiddenAfter = f.After == 0 && pruned.after != 0
}

// hideAll does so for a frame and all that it leads to: callers of the focus, of which any may be
// on the paths that it was pruned from.
func (f *Frame) hideAll(pruned own) {
	f.hide(pruned)
	for _, c := range f.Children {
		c.hideAll(pruned)
	}
}

// markHidden finds the frames of which one profile may have something that it did not keep by
// itself: the function is on such paths, and they may lead here. Where a selection has merged
// paths that may be anywhere; else it takes calls from here that were too small.
func (f *Frame) markHidden(pruned []own, merged bool) {
	var other own
	for _, c := range f.Children {
		if c.Function == Other {
			other = own{c.Before, c.After}
		}
	}
	for _, c := range f.Children {
		if c.Function >= 0 {
			c.hide(pruned[c.Function])
			c.HiddenBefore = c.HiddenBefore && (merged || other.before != 0 || f.HiddenBefore)
			c.HiddenAfter = c.HiddenAfter && (merged || other.after != 0 || f.HiddenAfter)
		}
		c.markHidden(pruned, merged)
	}
}

// Conserved reports whether all parts of the graph are there: none is negative, with what the
// selection leaves out they sum to the whole of both profiles, callers bring what the focus has,
// and so do all functions sum to the whole, which are added up by themselves.
func (g *Graph) Conserved(d *Diff) bool {
	whole := own{d.Before.Of(g.Type), d.After.Of(g.Type)}
	parts, flat := own{g.LeftBefore, g.LeftAfter}, own{}
	ok := g.Callees.addParts(&parts)
	if g.Callers != nil {
		ok = ok && g.Callers.Before == g.Callees.Before && g.Callers.After == g.Callees.After
	}
	for _, f := range d.Functions {
		flat.add(own{f.Before.Flat.Of(g.Type), f.After.Flat.Of(g.Type)})
	}
	return ok && parts == whole && flat == whole
}

// addParts adds what ends at each frame, and reports whether none of it is negative.
func (f *Frame) addParts(sum *own) bool {
	sum.add(own{f.OwnBefore, f.OwnAfter})
	ok := f.OwnBefore >= 0 && f.OwnAfter >= 0
	for _, c := range f.Children {
		ok = c.addParts(sum) && ok
	}
	return ok
}

// matches are which functions the filters of a selection match, by index in Diff.Functions.
type matches struct{ ignore, hide, show []bool }

func newMatches(d *Diff, s Selection) matches {
	match := func(pattern *regexp.Regexp) []bool {
		if pattern == nil {
			return nil
		}
		found := make([]bool, len(d.Functions))
		for i, f := range d.Functions {
			found[i] = pattern.MatchString(f.Name)
		}
		return found
	}
	return matches{match(s.Ignore), match(s.Hide), match(s.ShowFrom)}
}

func (m matches) ignored(f int) bool { return f >= 0 && m.ignore != nil && m.ignore[f] }
func (m matches) hidden(f int) bool  { return f >= 0 && m.hide != nil && m.hide[f] }
func (m matches) starts(f int) bool  { return f >= 0 && m.show != nil && m.show[f] }
