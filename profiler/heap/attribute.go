package heap

// An Attributed is what one call path allocates itself, attributed to the innermost function on it that is chosen.
// Functions are indices in Diff.Functions.
type Attributed struct {
	Function int
	Caller   int // the chosen function before it on the path; or Root
	Callee   int // the function that Function calls on the path, or Function if it allocates itself; or Other
	Change
}

// Attributed returns the values of type t of all paths that lead through a chosen function.
func (d *Diff) Attributed(t Type, chosen func(FunctionDiff) bool) []Attributed {
	is := make([]bool, len(d.Functions))
	for i, f := range d.Functions {
		is[i] = chosen(f)
	}
	all := make([]Attributed, len(d.Nodes)) // Function is Root where no chosen function leads
	for i, n := range d.Nodes {
		own := n.change(t)
		if n.Parent < 0 {
			all[i] = Attributed{Root, Root, Other, own}
			continue
		}
		above := all[n.Parent]
		all[n.Parent].Change.sub(own)
		switch {
		case n.Function >= 0 && is[n.Function]:
			all[i] = Attributed{n.Function, above.Function, n.Function, own}
			if above.Function == n.Function { // it recurs
				all[i].Caller = above.Caller
			}
		case above.Callee == above.Function:
			all[i] = Attributed{above.Function, above.Caller, n.Function, own}
		default:
			all[i] = Attributed{above.Function, above.Caller, above.Callee, own}
		}
	}
	var out []Attributed
	for _, a := range all {
		if a.Function >= 0 {
			out = append(out, a)
		}
	}
	return out
}

// Attribute sums the values of type t by function. Each allocation counts for the innermost function on its path that
// is chosen. The sums are by index in d.Functions. What no chosen function leads to is left out.
func (d *Diff) Attribute(t Type, chosen func(FunctionDiff) bool) []Change {
	sums := make([]Change, len(d.Functions))
	for _, a := range d.Attributed(t, chosen) {
		sums[a.Function].Add(a.Change)
	}
	return sums
}
