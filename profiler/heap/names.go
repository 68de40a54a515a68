package heap

import (
	"math"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// names are the functions and lines that a profile's locations stand for. Functions are told
// apart by name: several of pprof's can share one, such as a closure inlined at two places.
type names struct {
	functions []string
	lines     []line
	frames    [][]frame // of a location, outermost first, by its id
}

// A frame is a call: indices of a function and of the line in it.
type frame struct{ function, line int32 }

// A line is a line of source.
type line struct {
	function int32
	file     string // without folders
	number   int32  // 0 where it is not known
}

// newNames reads the locations of a profile whose ids are 1, 2, 3 and so on.
func newNames(prof *profile.Profile) *names {
	n := &names{frames: make([][]frame, len(prof.Location)+1)}
	functions, lines := map[string]int32{}, map[line]int32{}
	newFrame := func(name, file string, number int64) frame {
		function, known := functions[name]
		if !known {
			function = int32(len(n.functions))
			functions[name] = function
			n.functions = append(n.functions, name)
		}
		at := line{function, base(file), int32(min(max(number, 0), math.MaxInt32))}
		index, known := lines[at]
		if !known {
			index = int32(len(n.lines))
			lines[at] = index
			n.lines = append(n.lines, at)
		}
		return frame{function, index}
	}
	for _, loc := range prof.Location {
		frames := make([]frame, 0, max(len(loc.Line), 1))
		for _, l := range slices.Backward(loc.Line) {
			if l.Function != nil && l.Function.Name != "" {
				frames = append(frames, newFrame(l.Function.Name, l.Function.Filename, l.Line))
			} else {
				frames = append(frames, newFrame(unnamed(loc), "", 0))
			}
		}
		if len(frames) == 0 {
			frames = append(frames, newFrame(unnamed(loc), "", 0))
		}
		n.frames[loc.ID] = frames
	}
	return n
}

// unnamed is what a call without a function is called.
func unnamed(loc *profile.Location) string {
	if loc.Mapping != nil && loc.Mapping.File != "" {
		return "unknown in " + base(loc.Mapping.File)
	}
	return "unknown"
}

func base(file string) string { return file[strings.LastIndexAny(file, `/\`)+1:] }
