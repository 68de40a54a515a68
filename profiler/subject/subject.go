// Package subject defines the interface of subjects: the built-in cases, commands and imported
// profiles that experiments measure. Each kind of subject has its own package.
package subject

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"heaplab/profiler"
)

// A Subject designs experiments and runs their children.
type Subject interface {
	// Kind returns the first part of subject names, see profiler.Design: "case" for "case:pool",
	// "command" for "command".
	Kind() string

	// Design checks a launch and returns its design. The field of a fault is "subject",
	// "param.NAME", "sweep", or a field of the launch.
	Design(Launch) (profiler.Design, profiler.Faults)

	// Prepare does the work that an experiment needs once before its first run, such as training
	// or building. If the subject causes an error, the error is a *profiler.RunError.
	Prepare(context.Context, profiler.Experiment) (Artefacts, error)

	// Run runs one child. Its errors are like those of Prepare. If ctx has ended, the error is its
	// cause.
	Run(context.Context, Job) (profiler.Run, error)
}

// A Configurer is a Subject to which some settings do not apply.
type Configurer interface {
	// Configure returns the settings of an experiment without those that do not apply.
	Configure(profiler.Config) profiler.Config
}

// A Versioned is a Subject whose runs execute code that can change.
type Versioned interface {
	// Version identifies the code, or is "" if it is not known.
	Version() string
}

// An Explainer is a Subject that has the source code of what it measures.
type Explainer interface {
	// Explain returns what the source code says about each function, after the last run and while the artefacts of
	// Prepare are there. The Notes of an explanation say what could not be found out.
	Explain(context.Context, profiler.Experiment, []profiler.ChangedFunction) ([]profiler.Explanation, error)
}

// A Launch asks for an experiment.
type Launch struct {
	Subject string // such as "case:pool"
	Title   string // of the experiment; if it is "", the subject chooses one
	Kind    profiler.Kind
	Params  map[string]any // by name; text or decoded JSON
	Config  profiler.Config
	Sweep   *profiler.Sweep // nil if it is not a sweep
}

// Artefacts is what Prepare made and found.
type Artefacts struct {
	Files map[Cell]string    // names of files or folders
	Rows  []profiler.RowInfo // for profiler.Design.Rows; nil if the design has all rows
}

// A Cell is one variant in one row.
type Cell struct{ Variant, Row string }

// A Job is one child to run.
type Job struct {
	Experiment profiler.Experiment
	Task       profiler.Task
	Artefact   string // from Prepare, for the variant and row of the task; or ""
	Calls      int64  // the largest number of operations of a measure run of the variant so far
}

// A Registry holds the subjects of a program.
type Registry []Subject

// Find returns the subject for a name such as "case:pool".
func (r Registry) Find(name string) (Subject, error) {
	kind, _, _ := strings.Cut(name, ":")
	i := slices.IndexFunc(r, func(s Subject) bool { return s.Kind() == kind })
	if i < 0 {
		return nil, fmt.Errorf("this program cannot measure %q", name)
	}
	return r[i], nil
}
