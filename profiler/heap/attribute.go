package heap

// Attribute sums the values of type t by function. Each allocation counts for the innermost function on its path that
// is chosen. The sums are by index in d.Functions. What no chosen function leads to is left out.
func (d *Diff) Attribute(t Type, chosen func(FunctionDiff) bool) []Change {
	sums := make([]Change, len(d.Functions))
	is := make([]bool, len(d.Functions))
	for i, f := range d.Functions {
		is[i] = chosen(f)
	}
	own := make([]Change, len(d.Nodes))
	nearest := make([]int, len(d.Nodes))
	for i, n := range d.Nodes {
		own[i] = n.change(t)
		if n.Parent < 0 {
			nearest[i] = Root
			continue
		}
		own[n.Parent].sub(own[i])
		if nearest[i] = nearest[n.Parent]; n.Function >= 0 && is[n.Function] {
			nearest[i] = n.Function
		}
	}
	for i, f := range nearest {
		if f >= 0 {
			sums[f].Add(own[i])
		}
	}
	return sums
}
