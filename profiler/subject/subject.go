// Package subject defines what experiments measure: built-in cases, commands, imported profiles.
// Each kind of subject is a folder of its own.
package subject

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"heaplab/profiler"
)

// A Subject is something whose variants can be measured. It designs experiments and runs their
// children.
type Subject interface {
	// Kind is the first part of the names of its subjects, see profiler.Design: "case" owns
	// "case:pool", "command" owns "command".
	Kind() string

	// Design checks a launch and returns what it compares. The field of a fault is "subject",
	// "param.NAME", "sweep", or the field of the launch that it is about.
	Design(Launch) (profiler.Design, profiler.Faults)

	// Prepare does what an experiment needs once, before its first run: train, check out, build.
	// If the subject is to blame for an error, it is a *profiler.RunError.
	Prepare(context.Context, profiler.Experiment) (Artefacts, error)

	// Run runs one child. Errors are as those of Prepare; if ctx ended, the error is its cause.
	Run(context.Context, Job) (profiler.Run, error)
}

// A Launch asks for an experiment.
type Launch struct {
	Subject string // name of what is measured, such as "case:pool"
	Title   string // what to call the experiment; "" leaves it to the subject
	Kind    profiler.Kind
	Params  map[string]any // text, or decoded JSON, by name
	Config  profiler.Config
	Sweep   *profiler.Sweep // of a sweep
}

// Artefacts are files or folders that Prepare made.
type Artefacts map[Cell]string

// A Cell is one variant in one row.
type Cell struct{ Variant, Row string }

// A Job is one child to run.
type Job struct {
	Experiment profiler.Experiment
	Task       profiler.Task
	Artefact   string // made by Prepare for the task's variant and row, or ""
	Calls      int64  // the most operations that a measure run of the variant did so far
}

// A Registry holds the subjects of a program.
type Registry []Subject

// Find returns the subject that owns a name.
func (r Registry) Find(name string) (Subject, error) {
	kind, _, _ := strings.Cut(name, ":")
	i := slices.IndexFunc(r, func(s Subject) bool { return s.Kind() == kind })
	if i < 0 {
		return nil, fmt.Errorf("this program cannot measure %q", name)
	}
	return r[i], nil
}
