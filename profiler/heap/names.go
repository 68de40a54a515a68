package heap

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// names holds the functions and lines of a profile's locations. Functions are identified by name:
// several functions in a profile can share one, such as a closure inlined in two places.
type names struct {
	functions []string
	files     []string // of the functions; "" if unknown
	lines     []line
	frames    [][]frame // of each location, by its id; outermost first
}

// A frame is a call: the indices of its function and line.
type frame struct{ function, line int32 }

// A line is a source line.
type line struct {
	function int32
	file     string // without folders
	number   int32  // 0 if unknown
}

// newNames reads the locations of a profile. Their ids must be 1, 2, 3 and so on.
func newNames(prof *profile.Profile) *names {
	n := &names{frames: make([][]frame, len(prof.Location)+1)}
	functions, lines := map[string]int32{}, map[line]int32{}
	newFrame := func(name, file string, number int64) frame {
		function, known := functions[name]
		if !known {
			function = int32(len(n.functions))
			functions[name] = function
			n.functions = append(n.functions, name)
			n.files = append(n.files, file)
		}
		n.files[function] = cmp.Or(n.files[function], file)
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

func base(file string) string { return file[strings.LastIndexAny(file, `/\`)+1:] }
