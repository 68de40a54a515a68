package views

import (
	"heaplab/profiler"
)

func isImportField(name string) bool {
	switch name {
	case profiler.ImportBaseline, profiler.ImportVariant, "title", "note", "tags":
		return true
	}
	return false
}
