package weights

import (
	"cmp"
	"slices"
	"strings"
)

// maxGroups limits the number of groups. The last one holds the rest.
const maxGroups = 300

// OtherLayers is the name of the group that holds the rest.
const OtherLayers = "all others"

// A grouping sums weights by a name.
type grouping struct {
	groups []Group
	most   int
	byName map[string]int
	index  []int // for each weight, its group
}

func newGrouping(most int) *grouping { return &grouping{most: most, byName: map[string]int{}} }

func (g *grouping) add(w *weight, name string) {
	i, known := g.byName[name]
	if !known && len(g.groups) >= g.most-1 {
		name = OtherLayers
		i, known = g.byName[name]
	}
	if !known {
		i = len(g.groups)
		g.byName[name] = i
		g.groups = append(g.groups, Group{Name: name})
	}
	g.index = append(g.index, i)
	group := &g.groups[i]
	group.Tensors++
	group.Parameters += w.n
	group.Bytes += w.Bytes
}

// sort sorts the groups.
func (g *grouping) sort(compare func(a, b Group) int) {
	order := make([]int, len(g.groups)) // for each new index, the old one
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return compare(g.groups[i], g.groups[j]) })
	groups, place := make([]Group, len(order)), make([]int, len(order))
	for to, from := range order {
		groups[to], place[from] = g.groups[from], to
	}
	g.groups = groups
	for i := range g.index {
		g.index[i] = place[g.index[i]]
	}
}

// byBlock compares layers by name, block 2 before block 10. OtherLayers comes last.
func byBlock(a, b Group) int {
	if (a.Name == OtherLayers) != (b.Name == OtherLayers) {
		if a.Name == OtherLayers {
			return 1
		}
		return -1
	}
	x, y := a.Name, b.Name
	for x != "" && y != "" {
		n, m := digitsAt(x), digitsAt(y)
		c := 0
		switch {
		case n == 0 || m == 0:
			n, m = 1, 1
			c = cmp.Compare(x[0], y[0])
		default: // without leading zeros, a number with more digits is larger
			c = cmp.Or(cmp.Compare(n, m), cmp.Compare(x[:n], y[:m]))
		}
		if c != 0 {
			return c
		}
		x, y = x[n:], y[m:]
	}
	return cmp.Compare(len(x), len(y))
}

// digitsAt returns the number of digits at the start of s.
func digitsAt(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }

// bySize compares groups by bytes, the largest first.
func bySize(a, b Group) int { return cmp.Compare(b.Bytes, a.Bytes) }

func (g *grouping) changes() []Change {
	out := make([]Change, len(g.groups))
	for i := range out {
		out[i].Name = g.groups[i].Name
	}
	return out
}
