package subject

import (
	"context"
	"testing"

	"heaplab/profiler"
)

// kind is a subject that does nothing.
type kind string

func (k kind) Kind() string { return string(k) }

func (kind) Design(Launch) (profiler.Design, profiler.Faults) { return profiler.Design{}, nil }

func (kind) Prepare(context.Context, profiler.Experiment) (Artefacts, error) {
	return Artefacts{}, nil
}

func (kind) Run(context.Context, Job) (profiler.Run, error) { return profiler.Run{}, nil }

func TestRegistryFind(t *testing.T) {
	r := Registry{kind("case"), kind("command")}
	for name, want := range map[string]string{"case:pool": "case", "case": "case", "command": "command", "case:a:b": "case"} {
		if s, err := r.Find(name); err != nil || s.Kind() != want {
			t.Errorf("%q is of %v, %v; want %s", name, s, err, want)
		}
	}
	for _, name := range []string{"", "cases", "toy", ":case"} {
		if s, err := r.Find(name); err == nil || s != nil {
			t.Errorf("%q is of %v, want an error", name, s)
		}
	}
}
