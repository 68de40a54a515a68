// Package cases holds the optimisations that heaplab measures out of the box, one file a
// case.
package cases

import "heaplab/profiler"

// All are the cases, in the order in which pages list them.
var All = []profiler.Case{
	preallocation,
	precision,
	pruning,
}
