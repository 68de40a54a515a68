// Command child measures the cases of profilertest.
package main

import (
	"heaplab/profiler"
	"heaplab/profiler/profilertest"
)

func main() { profiler.Child(func(profiler.Folders) []profiler.Case { return profilertest.Cases }) }
