package testbed

import "runtime"

// HeapAfter returns the heap in use after that many collections, in bytes.
func HeapAfter(collections int) uint64 {
	for range collections {
		runtime.GC()
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
