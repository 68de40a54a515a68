package gobench

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"heaplab/profiler"
)

// A side is a built version with the benchmarks to measure. Run reads it from a file.
type side struct {
	build
	Leaves  []leaf   `json:"leaves"`
	LeftOut []string `json:"left_out"` // benchmarks that not all versions have
}

// leftOut returns the names of the benchmarks of any side that are not among the common ones.
func leftOut(sides []side, common []leaf) (names []string) {
	for _, s := range sides {
		for _, l := range s.Leaves {
			known := slices.ContainsFunc(common, func(c leaf) bool { return c.id() == l.id() })
			if !known && !slices.Contains(names, l.Name) {
				names = append(names, l.Name)
			}
		}
	}
	return names
}

// namesOf lists the first benchmarks.
func namesOf(leaves []leaf) string {
	const most = 5
	var names []string
	for _, l := range leaves[:min(len(leaves), most)] {
		names = append(names, l.Name)
	}
	if len(leaves) > most {
		names = append(names, "…")
	}
	return strings.Join(names, ", ")
}

// pair gives the only benchmark of each side the same identity, because versions with benchmarks of their own are
// compared whatever their benchmarks are called.
func pair(sides []side, variants []profiler.VariantInfo) error {
	for i := range sides {
		if n := len(sides[i].Leaves); n != 1 {
			return &profiler.RunError{Reason: fmt.Sprintf("%d benchmarks match at %s. If a version has bench=, each must have exactly one.", n, variants[i].Name)}
		}
		sides[i].Leaves[0].Paired = true
	}
	return nil
}

// commonLeaves returns the benchmarks that all sides have, for each side. Their runs have the same number of
// operations on all sides, because what an operation allocates may depend on it.
func commonLeaves(sides []side) [][]leaf {
	out := make([][]leaf, len(sides))
	for _, first := range sides[0].Leaves {
		var row []leaf
		for _, s := range sides {
			if i := slices.IndexFunc(s.Leaves, func(l leaf) bool { return l.id() == first.id() }); i >= 0 {
				row = append(row, s.Leaves[i])
			}
		}
		if len(row) < len(sides) {
			continue
		}
		n, brief := row[0].N, row[0].Brief
		for _, l := range row {
			n, brief = min(n, l.N), min(brief, l.Brief)
		}
		for i, l := range row {
			l.N, l.Brief = n, brief
			out[i] = append(out[i], l)
		}
	}
	if len(out[0]) == 0 {
		return nil
	}
	return out
}

// maxProfiled is the largest number of benchmarks that have profiles. A profile takes up to a second on each side.
const maxProfiled = 8

// rowsOf describes the benchmarks; a single one has no name. If there are many, those have profiles whose bytes per
// operation differed most in the first run, as a share of the largest.
func rowsOf(common [][]leaf) []profiler.RowInfo {
	leaves := common[0]
	if len(leaves) == 1 {
		return []profiler.RowInfo{{Ops: leaves[0].N, Profiled: true}}
	}
	rows, order := make([]profiler.RowInfo, len(leaves)), make([]int, len(leaves))
	change := make([]float64, len(leaves))
	for i, l := range leaves {
		least, most := l.Bytes, l.Bytes
		for _, side := range common[1:] {
			least, most = min(least, side[i].Bytes), max(most, side[i].Bytes)
		}
		rows[i], order[i], change[i] = profiler.RowInfo{Name: l.Name, Ops: l.N}, i, (most-least)/max(most, leastBytes)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(change[b], change[a]) })
	for _, i := range order[:min(len(order), maxProfiled)] {
		rows[i].Profiled = true
	}
	return rows
}

// leastBytes keeps benchmarks that allocate almost nothing from the front of that order.
const leastBytes = 64
