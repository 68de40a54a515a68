// Package gobench measures Go benchmarks that heaplab did not write: one package of a module at two or more
// versions of its git repository.
//
// It builds the test binary of each version with an overlay of package testing, so that benchmarks are measured
// from within: see hooks. The user's files, repository and toolchain do not change.
package gobench

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/modfile"

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

// maxVersions is the largest number of versions in an experiment.
const maxVersions = 8

// designLimit limits the time that git needs to find the versions of a launch.
const designLimit = 20 * time.Second

// Design returns the design of an experiment that compares versions of a package. It stores the files of the work
// tree, if they are a version, so that later changes do not affect the experiment.
func (s *Subject) Design(l subject.Launch) (profiler.Design, profiler.Faults) {
	d := profiler.Design{
		Subject: profiler.SubjectGoBench,
		Title:   l.Title,
		Params:  profiler.Params{},
		Labels:  map[string]string{},
		Primary: []string{profiler.BytesPerOp, profiler.AllocsPerOp, profiler.LiveHeap, profiler.NsPerOp},
	}
	if l.Kind != profiler.KindComparison {
		return d, profiler.Faults{{Field: "kind", Message: "must be comparison: benchmarks of other modules have no sweeps or calibrations"}}
	}
	var faults profiler.Faults
	fail := func(name, format string, args ...any) {
		faults = append(faults, profiler.Fault{Field: "param." + name, Message: fmt.Sprintf(format, args...)})
	}
	param := func(name string) string {
		text, _ := l.Params[name].(string)
		return strings.TrimSpace(text)
	}
	dir, bench := param(ParamDir), param(ParamBench)
	if !filepath.IsAbs(dir) {
		fail(ParamDir, "must be the absolute path of a folder with a go.mod")
		return d, faults
	}
	pkg, err := cleanPackage(param(ParamPackage))
	if err != nil {
		fail(ParamPackage, "%v", err)
	}
	if _, err := regexp.Compile(bench); err != nil || bench == "" || strings.ContainsAny(bench, "\x00\n") {
		fail(ParamBench, "must be a regular expression for names of benchmarks, such as Decode")
	}
	d.Params[ParamDir], d.Params[ParamPackage], d.Params[ParamBench] = dir, pkg, bench
	d.Labels[ParamPackage], d.Labels[ParamBench] = pkg, bench
	module, err := modulePath(dir)
	if err != nil {
		fail(ParamDir, "%v", err)
		return d, faults
	}
	d.Labels[profiler.LabelModule] = module

	ctx, cancel := context.WithTimeout(context.Background(), designLimit)
	defer cancel()
	r, err := openRepo(ctx, dir, newWorkshop(s.Folder, dir).objects())
	if err != nil {
		fail(ParamDir, "%v", err)
		return d, faults
	}
	for i, name := range subject.Variants(maxVersions + 1) {
		ref, ok := l.Params[name].(string)
		if !ok {
			break
		}
		if i == maxVersions {
			fail(name, "is one too many: an experiment compares %d versions at most", maxVersions)
			break
		}
		v, err := r.version(ctx, strings.TrimSpace(ref))
		if err != nil {
			fail(name, "%v", err)
			continue
		}
		d.Variants = append(d.Variants, profiler.VariantInfo{Name: name, Title: v.title(ref), Extra: []profiler.RunKind{profiler.Allocs, profiler.Peak}})
		d.Params[name], d.Params[treeParam(name)], d.Labels[name] = ref, v.Tree, v.label(ref)
		if v.Commit != "" {
			d.Params[commitParam(name)] = v.Commit
		}
	}
	if len(faults) == 0 && len(d.Variants) < 2 {
		fail("after", "must be a version: an experiment needs at least two")
	}
	if len(faults) == 0 && d.Title == "" {
		d.Title = fmt.Sprintf("%s of %s: %s → %s", bench, path.Join(filepath.Base(dir), pkg), d.Variants[0].Title, d.Variants[len(d.Variants)-1].Title)
	}
	return d, faults
}

// modulePath returns the path of the module in a folder, as its go.mod has it.
func modulePath(dir string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return "", fmt.Errorf("there is no go.mod in %s", dir)
	}
	if name := modfile.ModulePath(text); name != "" {
		return name, nil
	}
	return "", fmt.Errorf("the go.mod in %s names no module", dir)
}

func treeParam(variant string) string   { return "tree." + variant }
func commitParam(variant string) string { return "commit." + variant }

// cleanPackage returns the path of a package in its module, such as "." or "./json".
func cleanPackage(pkg string) (string, error) {
	clean := path.Clean(pkg)
	switch {
	case strings.ContainsAny(pkg, "\x00\n") || strings.Contains(pkg, "..."):
		return "", fmt.Errorf("must be one package, such as . or ./json")
	case path.IsAbs(clean) || clean == ".." || strings.HasPrefix(clean, "../"):
		return "", fmt.Errorf("must be inside the module, such as . or ./json")
	case clean == ".":
		return ".", nil
	}
	return "./" + strings.TrimPrefix(clean, "./"), nil
}

// version returns the version that a reference names: Dirty, the merge base with "main...", or a commit.
func (r repo) version(ctx context.Context, ref string) (version, error) {
	if ref == Dirty {
		return r.dirty(ctx)
	}
	if ref == "" || strings.ContainsAny(ref, "\x00\n") {
		return version{}, fmt.Errorf("must be a branch, a tag, a commit or %s", Dirty)
	}
	if branch, ok := strings.CutSuffix(ref, mergeBaseSuffix); ok {
		return r.mergeBase(ctx, branch)
	}
	return r.resolve(ctx, ref)
}

// mergeBaseSuffix after a reference means the merge base of it and the current branch, as in git diff main... does.
const mergeBaseSuffix = "..."

const shortHash = 10 // characters

func (v version) title(ref string) string {
	if v.Commit == "" {
		return "the work tree"
	}
	return ref
}

func (v version) label(ref string) string {
	if v.Commit == "" {
		return fmt.Sprintf("the work tree (tree %.*s)", shortHash, v.Tree)
	}
	if strings.HasPrefix(v.Commit, ref) {
		return fmt.Sprintf("%.*s", shortHash, v.Commit)
	}
	return fmt.Sprintf("%s (%.*s)", ref, shortHash, v.Commit)
}

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

// A side is a built version with the benchmarks to measure. Run reads it from a file.
type side struct {
	build
	Leaves  []leaf   `json:"leaves"`
	LeftOut []string `json:"left_out"` // benchmarks that not all versions have
}

// Prepare builds the test binary of each version and finds the benchmarks that all of them have.
func (s *Subject) Prepare(ctx context.Context, e profiler.Experiment) (subject.Artefacts, error) {
	t := s.target(&e.Design)
	r, err := openRepo(ctx, t.dir, t.workshop.objects())
	if err != nil {
		return nil, &profiler.RunError{Reason: fmt.Sprintf("The repository is no longer there: %v.", err)}
	}
	if e.Env == nil {
		return nil, &profiler.RunError{Reason: "The server was restarted before this experiment began, and the environment of its benchmarks was only in memory. Run heaplab bench again."}
	}
	env := e.Env
	var sides []side
	for i, v := range e.Design.Variants {
		tree, _ := e.Design.Params[treeParam(v.Name)].(string)
		b, err := s.build(ctx, t, r, i, version{Tree: tree}, env, v.Name)
		if err != nil {
			return nil, err
		}
		found, err := s.discover(ctx, e, t, b, env, v.Name)
		if err != nil {
			return nil, err
		}
		sides = append(sides, side{build: b, Leaves: found})
	}
	common := commonLeaves(sides)
	switch {
	case len(common) == 0:
		return nil, &profiler.RunError{Reason: "No benchmark that matches is in all versions."}
	case len(common[0]) > maxLeaves:
		return nil, &profiler.RunError{Reason: fmt.Sprintf("%d benchmarks match %s, and an experiment measures %d at most. Choose fewer.", len(common[0]), t.bench, maxLeaves)}
	}
	out := leftOut(sides, common[0])
	files := subject.Artefacts{}
	for i, v := range e.Design.Variants {
		sides[i].Leaves, sides[i].LeftOut = common[i], out
		text, err := json.Marshal(sides[i])
		if err != nil {
			return nil, err
		}
		name := filepath.Join(t.workshop.side(i), "side.json")
		if err := os.WriteFile(name, text, 0o600); err != nil {
			return nil, err
		}
		files[subject.Cell{Variant: v.Name}] = name
	}
	return files, nil
}

// leftOut returns the names of the benchmarks of any side that are not among the common ones.
func leftOut(sides []side, common []leaf) (names []string) {
	for _, s := range sides {
		for _, l := range s.Leaves {
			known := slices.ContainsFunc(common, func(c leaf) bool { return c.Name == l.Name })
			if !known && !slices.Contains(names, l.Name) {
				names = append(names, l.Name)
			}
		}
	}
	return names
}

// discover runs the benchmarks of a version once, and returns those without sub-benchmarks.
func (s *Subject) discover(ctx context.Context, e profiler.Experiment, t target, b build, env []string, variant string) ([]leaf, error) {
	results, _, err := s.run(ctx, order{
		side: side{build: b}, mode: modeMeasure, env: env, config: e.Config,
		flags: []string{"-test.bench=" + t.bench, "-test.benchtime=" + e.Config.Benchtime},
		who:   "The first run of " + variant,
	})
	if err != nil {
		return nil, err
	}
	if len(results) == 0 {
		return nil, &profiler.RunError{Reason: fmt.Sprintf("No benchmark of %s that matches %s ran at %s: there is none, or it was skipped.", t.pkg, t.bench, variant)}
	}
	leaves := make([]leaf, len(results))
	for i, r := range results {
		leaves[i] = r.leaf
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

// commonLeaves returns the benchmarks that all sides have, for each side. Their runs have the same number of
// operations on all sides, because what an operation allocates may depend on it.
func commonLeaves(sides []side) [][]leaf {
	out := make([][]leaf, len(sides))
	for _, first := range sides[0].Leaves {
		var row []leaf
		for _, s := range sides {
			if i := slices.IndexFunc(s.Leaves, func(l leaf) bool { return l.Name == first.Name }); i >= 0 {
				row = append(row, s.Leaves[i])
			}
		}
		if len(row) < len(sides) {
			continue
		}
		n, brief := row[0].N, row[0].Brief
		for _, l := range row {
			n, brief = min(n, l.N), min(brief, l.Brief)
		}
		for i, l := range row {
			l.N, l.Brief = n, brief
			out[i] = append(out[i], l)
		}
	}
	if len(out[0]) == 0 {
		return nil
	}
	return out
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
	if job.Task.Kind != profiler.Measure && len(of.Leaves) > 1 { // a profile is of one benchmark
		return profiler.Run{Task: job.Task, Started: time.Now(), Calls: 1}, nil
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
