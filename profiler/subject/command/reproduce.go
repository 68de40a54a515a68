package command

import (
	"fmt"

	"heaplab/profiler"
	"heaplab/profiler/child"
	"heaplab/profiler/subject"
)

// Reproduce returns the command line of heaplab exec that compares the same commands again.
func (s *Subject) Reproduce(e profiler.Experiment) []subject.Command {
	labels := e.Design.Labels
	var flags []string
	if labels[ParamGCTrace] != "" {
		flags = append(flags, "--gctrace")
	}
	if labels[ParamNoTrace] != "" {
		flags = append(flags, "--no-trace")
	}
	defaults := profiler.DefaultConfig(child.TotalMemory())
	if e.Config.TimeLimit != defaults.TimeLimit {
		flags = append(flags, fmt.Sprintf("--time-limit %v", e.Config.TimeLimit))
	}
	if e.Config.MemoryLimit != defaults.MemoryLimit {
		flags = append(flags, "--memory-limit "+profiler.FormatSize(e.Config.MemoryLimit))
	}
	for i, name := range subject.Variants(maxCommands) {
		line, ok := labels[name]
		switch {
		case !ok:
		case i == 0:
			flags = append(flags, "--before "+quote(line))
		default:
			flags = append(flags, "--after "+quote(line))
		}
	}
	lines := subject.Lines(fmt.Sprintf("./heaplab exec --count %d", e.Config.Count), flags)
	if dir := labels[ParamDir]; dir != "" {
		lines = append([]string{"cd " + quote(dir)}, lines...)
	}
	return []subject.Command{{Title: "Run the whole experiment again", Lines: lines}}
}

// quote quotes a command line even if it is one word.
func quote(line string) string {
	if q := subject.Quote(line); q != line {
		return q
	}
	return "'" + line + "'"
}
