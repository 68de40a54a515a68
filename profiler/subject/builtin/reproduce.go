package builtin

import (
	"fmt"
	"maps"
	"slices"

	"heaplab/profiler"
	"heaplab/profiler/child"
	"heaplab/profiler/subject"
)

// Reproduce returns the commands that run an experiment of a case again, and that measure its bytes and
// allocations with go test.
func (s *Subject) Reproduce(e profiler.Experiment) []subject.Command {
	out := []subject.Command{{Title: "Run the whole experiment again", Lines: runCommand(e)}}
	if e.Kind == profiler.KindComparison {
		out = append(out, subject.Command{
			Title: "Measure bytes and allocations per operation with go test",
			Lines: []string{
				settings(e.Config) + " \\",
				fmt.Sprintf("go test ./profiler/cases -run '^$' -bench 'Cases/^%s$/' \\", e.Design.Case()),
				fmt.Sprintf("  -benchmem -benchtime %s -count %d \\", e.Config.Benchtime, e.Config.Count),
				"  -params " + subject.Quote(e.Design.Params.String()),
			},
		})
	}
	return out
}

// settings returns the runtime settings of a Config as a shell sets them for a Go program.
func settings(c profiler.Config) string {
	text := "GOGC=" + c.GOGC
	if c.GOMEMLIMIT != "" {
		text += " GOMEMLIMIT=" + c.GOMEMLIMIT
	}
	if c.GOMAXPROCS > 0 {
		text += fmt.Sprintf(" GOMAXPROCS=%d", c.GOMAXPROCS)
	}
	return text
}

// runCommand returns the command line that runs an experiment again. Settings that have their default
// are left out.
func runCommand(e profiler.Experiment) []string {
	command := "run"
	if e.Kind == profiler.KindCalibration {
		command = "calibrate"
	}
	c, defaults := e.Config, profiler.DefaultConfig(child.TotalMemory())
	swept := ""
	if e.Sweep != nil {
		swept = e.Sweep.Over
	}
	var flags []string
	if swept != "gogc" {
		flags = append(flags, "--gogc "+c.GOGC)
	}
	if c.GOMEMLIMIT != "" && swept != "gomemlimit" && c.GOMEMLIMIT != defaults.GOMEMLIMIT {
		flags = append(flags, "--gomemlimit "+c.GOMEMLIMIT)
	}
	if c.GOMAXPROCS > 0 && swept != "gomaxprocs" && c.GOMAXPROCS != defaults.GOMAXPROCS {
		flags = append(flags, fmt.Sprintf("--gomaxprocs %d", c.GOMAXPROCS))
	}
	if c.TimeLimit != defaults.TimeLimit {
		flags = append(flags, fmt.Sprintf("--time-limit %v", c.TimeLimit))
	}
	if c.MemoryLimit != defaults.MemoryLimit {
		flags = append(flags, "--memory-limit "+profiler.FormatSize(c.MemoryLimit))
	}
	if e.Sweep != nil {
		flags = append(flags, "--sweep "+subject.Quote(e.Sweep.String()))
	}
	for _, name := range slices.Sorted(maps.Keys(e.Design.Params)) {
		if name != swept {
			flags = append(flags, "--param "+subject.Quote(fmt.Sprintf("%s=%v", name, e.Design.Params[name])))
		}
	}
	return subject.Lines(fmt.Sprintf("./heaplab %s %s --count %d --benchtime %s", command, e.Design.Case(), c.Count, c.Benchtime), flags)
}
