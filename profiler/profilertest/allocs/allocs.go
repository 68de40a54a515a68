// Package allocs counts allocations in tests.
package allocs

import (
	"runtime"
	"runtime/debug"
	"testing"
)

// PerRun is testing.AllocsPerRun without collections. The count is of the whole process, and the
// first collections of a process start workers, which allocate.
func PerRun(runs int, f func()) float64 {
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	return testing.AllocsPerRun(runs, f)
}
