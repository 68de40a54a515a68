package profilertest

import (
	"context"
	"errors"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/subject"
)

// A Toy is a subject that no other package knows. It calls a function instead of a child, and its runs
// return values for two rows: "small" halves from before to after, "large" stays.
type Toy struct{ Prepared int }

// Kind returns "toy".
func (t *Toy) Kind() string { return "toy" }

// Design refuses the param "fail".
func (t *Toy) Design(l subject.Launch) (profiler.Design, profiler.Faults) {
	if l.Params["fail"] != nil {
		return profiler.Design{}, profiler.Faults{{Field: "param.fail", Message: "is not for toys"}}
	}
	return profiler.Design{
		Subject:  "toy",
		Title:    "Toys",
		Variants: []profiler.VariantInfo{{Name: "before"}, {Name: "after"}},
		Primary:  []string{profiler.BytesPerOp},
		Labels:   map[string]string{"colour": "red"},
	}, nil
}

// Prepare builds the variant after.
func (t *Toy) Prepare(context.Context, profiler.Experiment) (subject.Artefacts, error) {
	t.Prepared++
	return subject.Artefacts{Files: map[subject.Cell]string{{Variant: "after"}: "built"}}, nil
}

// Run needs what Prepare built.
func (t *Toy) Run(_ context.Context, job subject.Job) (profiler.Run, error) {
	run := profiler.Run{Task: job.Task, Started: time.Now(), Duration: time.Second, Calls: 1}
	small := 1000.0
	if job.Task.Variant == "after" {
		if job.Artefact != "built" {
			return run, errors.New("the artefact is missing")
		}
		small = 500
	}
	run.Measurements = []profiler.Measurement{
		{Row: "small", Unit: profiler.BytesPerOp, Value: small},
		{Row: "large", Unit: profiler.BytesPerOp, Value: 4096},
	}
	return run, nil
}
