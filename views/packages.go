package views

import (
	"slices"

	"heaplab/profiler/heap"
)

// packageFunctions returns the functions of the package of the query, or all.
func (p *ProfilePage) packageFunctions() []heap.FunctionDiff {
	if p.Query.Package == "" {
		return p.Diff.Functions
	}
	return slices.DeleteFunc(slices.Clone(p.Diff.Functions), func(f heap.FunctionDiff) bool {
		return heap.Package(f.Name, f.File) != p.Query.Package
	})
}
