// Package gobench measures Go benchmarks that heaplab did not write: one package of a module at two or more
// versions of its git repository.
//
// It builds the test binary of each version with an overlay of package testing, so that benchmarks are measured
// from within: see hooks. The user's files, repository and toolchain do not change.
package gobench

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/child"
	"heaplab/profiler/subject"
)

// A Subject measures benchmarks.
type Subject struct {
	Executor *child.Executor
	Folder   string // for checked-out versions and test binaries; only this subject uses it
}

// Kind returns "gobench".
func (s *Subject) Kind() string { return profiler.SubjectGoBench }

// Params of a launch, besides the versions, which have the names of their variants.
const (
	ParamDir     = "dir"     // folder of the module
	ParamPackage = "package" // path of the package in the module, such as "./json"; "." is the module's root
	ParamBench   = "bench"   // regular expression, as -bench of go test
)

// Dirty is the version of the files in the work tree.
const Dirty = "dirty"

// maxLeaves is the largest number of benchmarks in an experiment.
const maxLeaves = 100

// A target is what an experiment measures, besides its versions.
type target struct {
	dir, pkg, bench string
	workshop        workshop
}

func (s *Subject) target(d *profiler.Design) target {
	text := func(name string) string {
		value, _ := d.Params[name].(string)
		return value
	}
	t := target{dir: text(ParamDir), pkg: text(ParamPackage), bench: text(ParamBench)}
	t.workshop = newWorkshop(s.Folder, t.dir)
	return t
}

// Prepare builds the test binary of each version and finds the benchmarks that all of them have.
func (s *Subject) Prepare(ctx context.Context, e profiler.Experiment) (subject.Artefacts, error) {
	none := subject.Artefacts{}
	t := s.target(&e.Design)
	r, err := openRepo(ctx, t.dir, t.workshop.objects())
	if err != nil {
		return none, &profiler.RunError{Reason: fmt.Sprintf("The repository is no longer there: %v.", err)}
	}
	if e.Env == nil {
		return none, &profiler.RunError{Reason: "The server was restarted before this experiment began, and the environment of its benchmarks was only in memory. Launch it again."}
	}
	versions, err := versionsOf(&e.Design)
	if err != nil {
		return none, &profiler.RunError{Reason: fmt.Sprintf("The experiment has a version that cannot be read: %v.", err)}
	}
	env := e.Env
	var sides []side
	for i, v := range e.Design.Variants {
		tree, _ := e.Design.Params[treeParam(v.Name)].(string)
		b, err := s.build(ctx, t, r, i, versions[i], tree, env, v.Name)
		if err != nil {
			return none, err
		}
		found, err := s.discover(ctx, e, t, b, cmp.Or(versions[i].Bench, t.bench), v.Name)
		if err != nil {
			return none, err
		}
		sides = append(sides, side{build: b, Leaves: found})
	}
	if slices.ContainsFunc(versions, func(v Version) bool { return v.Bench != "" }) {
		if err := pair(sides, e.Design.Variants); err != nil {
			return none, err
		}
	}
	common := commonLeaves(sides)
	switch {
	case len(common) == 0:
		return none, &profiler.RunError{Reason: "No benchmark that matches is in all versions."}
	case e.Sweep != nil && len(common[0]) > 1:
		return none, &profiler.RunError{Reason: fmt.Sprintf("A sweep is about one benchmark, and %d match: %s. Choose one with --bench.", len(common[0]), namesOf(common[0]))}
	case len(common[0]) > maxLeaves:
		return none, &profiler.RunError{Reason: fmt.Sprintf("%d benchmarks match %s, and an experiment measures %d at most. Choose fewer.", len(common[0]), t.bench, maxLeaves)}
	}
	out := leftOut(sides, common[0])
	found := subject.Artefacts{Files: map[subject.Cell]string{}, Rows: rowsOf(common)}
	for i, v := range e.Design.Variants {
		sides[i].Leaves, sides[i].LeftOut = common[i], out
		text, err := json.Marshal(sides[i])
		if err != nil {
			return none, err
		}
		name := filepath.Join(t.workshop.side(i), "side.json")
		if err := os.WriteFile(name, text, 0o600); err != nil {
			return none, err
		}
		found.Files[subject.Cell{Variant: v.Name}] = name
		for _, row := range found.Rows {
			found.Files[subject.Cell{Variant: v.Name, Row: row.Name}] = name
		}
		for _, row := range sweepRows(&e) {
			found.Files[subject.Cell{Variant: v.Name, Row: row}] = name
		}
	}
	return found, nil
}

// discover runs the benchmarks of a version once, and returns those without sub-benchmarks.
func (s *Subject) discover(ctx context.Context, e profiler.Experiment, t target, b build, bench, variant string) ([]leaf, error) {
	results, _, err := s.run(ctx, order{
		side: side{build: b}, mode: modeMeasure, env: e.Env, config: e.Config,
		flags: []string{"-test.bench=" + bench, "-test.benchtime=" + e.Config.Benchtime},
		who:   "The first run of " + variant,
	})
	if err != nil {
		return nil, err
	}
	if len(results) == 0 {
		return nil, &profiler.RunError{Reason: fmt.Sprintf("No benchmark of %s that matches %s ran at %s: there is none, or it was skipped.", t.pkg, bench, variant)}
	}
	leaves := make([]leaf, len(results))
	for i, r := range results {
		leaves[i] = r.leaf
		leaves[i].Bytes = float64(r.bytes) / float64(r.N)
		leaves[i].Brief = max(1, min(r.N, share(r.N, int64(briefly), r.ns), share(r.N, mostStops, r.stops)))
	}
	return leaves, nil
}

// Limits of the operations of a run that records each allocation, or that collects the heap every few milliseconds.
const (
	briefly   = 250 * time.Millisecond // that they take without
	mostStops = 1000                   // of the timer
)

// share returns the part of n operations that takes as much as budget, if all take used.
func share(n, budget, used int64) int64 {
	return int64(float64(n) * float64(budget) / float64(max(used, 1)))
}

// Run measures one version.
func (s *Subject) Run(ctx context.Context, job subject.Job) (profiler.Run, error) {
	text, err := os.ReadFile(job.Artefact)
	if err != nil {
		return profiler.Run{}, err
	}
	var of side
	if err := json.Unmarshal(text, &of); err != nil {
		return profiler.Run{}, err
	}
	o := order{side: of, env: job.Experiment.Env, config: job.Experiment.Config, task: job.Task, who: fmt.Sprintf("The %s run of %s", job.Task.Kind, job.Task.Variant)}
	if row, sweep := job.Task.Row, job.Experiment.Sweep; sweep != nil {
		o.config, _ = sweep.Config(o.config, sweep.Value(row))
		o.who += " at " + row
	} else if row != "" {
		o.Leaves = slices.DeleteFunc(o.Leaves, func(l leaf) bool { return l.Name != row })
		o.who += " at " + row
	}
	switch job.Task.Kind {
	case profiler.Measure:
		return s.measure(ctx, o)
	case profiler.Allocs:
		o.mode = modeAllocs
	case profiler.Peak:
		o.mode = modePeak
	default:
		return profiler.Run{}, fmt.Errorf("a benchmark has no run of kind %q", job.Task.Kind)
	}
	return s.profile(ctx, o)
}
