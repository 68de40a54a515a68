// Command child measures the cases of profilertest.
package main

import (
	"heaplab/profiler/child"
	"heaplab/profiler/profilertest"
	"heaplab/profiler/subject/builtin"
)

func main() {
	child.Child(builtin.Jobs(func(builtin.Folders) []builtin.Case { return profilertest.Cases }))
}
