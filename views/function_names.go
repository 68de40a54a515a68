package views

import (
	"strings"

	"heaplab/profiler/heap"
)

// splitFunction splits a function's name into package and name.
func splitFunction(name string) (pkg, function string) { return heap.SplitName(name) }

// shortArguments removes the type arguments of generic functions, which are often longer than the name.
func shortArguments(name string) string {
	if !strings.Contains(name, "[") {
		return name
	}
	var b strings.Builder
	depth := 0
	for _, r := range name {
		if r == '[' {
			if depth++; depth == 1 {
				b.WriteString("[…]")
			}
		}
		if depth == 0 {
			b.WriteRune(r)
		}
		if r == ']' && depth > 0 {
			depth--
		}
	}
	return b.String()
}

// breakable splits a function's name before its last dot, where a line may break.
func breakable(name string) (start, end string) {
	if dot := strings.LastIndexByte(name, '.'); dot > 0 {
		return name[:dot], name[dot:]
	}
	return name, ""
}
