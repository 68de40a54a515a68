package gobench

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/modfile"

	"heaplab/profiler"
	"heaplab/profiler/subject"
)

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
	if l.Kind == profiler.KindCalibration {
		return d, profiler.Faults{{Field: "kind", Message: "must be comparison or sweep: benchmarks of other modules have no calibrations"}}
	}
	faults := checkSweep(l)
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
	d.Params[ParamDir], d.Params[ParamPackage], d.Params[ParamBench] = dir, pkg, bench
	d.Labels[ParamPackage] = pkg
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
	var versions []Version
	for i, name := range subject.Variants(maxVersions + 1) {
		text, ok := l.Params[name].(string)
		if !ok {
			break
		}
		if i == maxVersions {
			fail(name, "is one too many: an experiment compares %d versions at most", maxVersions)
			break
		}
		v, err := r.add(ctx, &d, name, text)
		if err != nil {
			fail(name, "%v", err)
			continue
		}
		versions = append(versions, v)
	}
	if len(faults) == 0 && len(d.Variants) < 2 {
		fail("after", "must be a version: an experiment needs at least two")
	}
	if needsBench(versions) {
		if err := checkBench(bench); err != nil {
			fail(ParamBench, "%v", err)
		}
		d.Labels[ParamBench] = bench
	}
	if len(faults) == 0 && d.Title == "" {
		d.Title = shorten(title(bench, path.Join(path.Base(module), pkg), versions))
	}
	return d, faults
}

// add adds a version to a design, under the name of its variant.
func (r repo) add(ctx context.Context, d *profiler.Design, name, text string) (Version, error) {
	v, err := ParseVersion(text)
	if err != nil {
		return v, err
	}
	at, err := r.revision(ctx, v.Ref)
	if err != nil {
		return v, err
	}
	d.Variants = append(d.Variants, profiler.VariantInfo{Name: name, Title: v.title(), Extra: []profiler.RunKind{profiler.Allocs, profiler.Peak}})
	d.Params[name], d.Params[treeParam(name)], d.Labels[name] = v.String(), at.Tree, v.label(at)
	if at.Commit != "" {
		d.Params[commitParam(name)] = at.Commit
	}
	return v, nil
}

// versionsOf returns the versions of a design, in the order of its variants.
func versionsOf(d *profiler.Design) ([]Version, error) {
	var versions []Version
	for _, info := range d.Variants {
		text, _ := d.Params[info.Name].(string)
		v, err := ParseVersion(text)
		if err != nil {
			return nil, fmt.Errorf("%s %w", info.Name, err)
		}
		versions = append(versions, v)
	}
	return versions, nil
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

// revision returns the files that a reference names: those of Dirty, of the merge base with "main...", or of a commit.
func (r repo) revision(ctx context.Context, ref string) (revision, error) {
	if ref == Dirty {
		return r.dirty(ctx)
	}
	if branch, ok := strings.CutSuffix(ref, mergeBaseSuffix); ok {
		return r.mergeBase(ctx, branch)
	}
	return r.resolve(ctx, ref)
}

// mergeBaseSuffix after a reference means the merge base of it and the current branch, as in git diff main... does.
const mergeBaseSuffix = "..."

const shortHash = 10 // characters

func (v Version) title() string {
	if v.Ref == Dirty {
		return "the work tree" + v.settings()
	}
	return v.Ref + v.settings()
}

func (v Version) label(at revision) string {
	name := fmt.Sprintf("%s (%.*s)", v.Ref, shortHash, at.Commit)
	switch {
	case at.Commit == "":
		name = fmt.Sprintf("the work tree (tree %.*s)", shortHash, at.Tree)
	case strings.HasPrefix(at.Commit, v.Ref):
		name = fmt.Sprintf("%.*s", shortHash, at.Commit)
	}
	return name + v.settings()
}

// title returns the title of an experiment: its benchmarks, if all versions have the same, and its first and last version.
func title(bench, where string, versions []Version) string {
	first, last := versions[0], versions[len(versions)-1]
	a, b := cmp.Or(first.Bench, bench), cmp.Or(last.Bench, bench)
	if a == b {
		first.Bench, last.Bench = "", ""
		if a == "." {
			a = "All benchmarks"
		}
		return fmt.Sprintf("%s of %s: %s → %s", a, where, first.title(), last.title())
	}
	return fmt.Sprintf("%s: %s → %s", where, first.title(), last.title())
}

// shorten cuts a title to the length that launches accept, because a clone has the same.
func shorten(title string) string {
	const most, ellipsis = 200, "…"
	if len(title) <= most {
		return title
	}
	return strings.ToValidUTF8(title[:most-len(ellipsis)], "") + ellipsis
}
