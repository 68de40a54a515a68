package views

import (
	"heaplab/profiler"
)

func isImportField(name string) bool {
	switch name {
	case profiler.ImportBaseline, profiler.ImportVariant, profiler.ImportBinary(profiler.ImportBaseline), profiler.ImportBinary(profiler.ImportVariant), "title", "note", "tags":
		return true
	}
	return false
}
