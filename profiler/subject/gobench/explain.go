package gobench

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/listing"
)

// Limits of the source code that an explanation keeps.
const (
	maxSourceLines = 400
	maxSourceSize  = 32 << 10 // bytes
)

// explainLimit limits the time that explanations may take, most of it in the compiler.
const explainLimit = 3 * time.Minute

// Explain finds functions in the source code of the versions, and asks the compiler of both which of their values it puts
// on the heap. It needs the folders that Prepare made.
func (s *Subject) Explain(ctx context.Context, e profiler.Experiment, functions []profiler.ChangedFunction) ([]profiler.Explanation, error) {
	limited, cancel := context.WithTimeout(ctx, explainLimit)
	defer cancel()
	t := s.target(&e.Design)
	r, err := openRepo(limited, t.dir, t.workshop.objects())
	if err != nil {
		return nil, fmt.Errorf("the repository is no longer there: %w", err)
	}
	x := explainer{ctx: limited, module: e.Design.Labels[profiler.LabelModule], prefix: r.prefix, sides: map[string]*sourceSide{}}
	versions, err := versionsOf(&e.Design)
	if err != nil {
		return nil, err
	}
	forge := r.forge(limited)
	for i, v := range e.Design.Variants {
		hash, _ := e.Design.Params[treeParam(v.Name)].(string)
		side := &sourceSide{tree: r.tree(hash), compiler: s.compiler(limited, t, r.prefix, i, versions[i], e.Env), name: v.Name}
		if commit, _ := e.Design.Params[commitParam(v.Name)].(string); commit != "" && forge != nil && r.published(limited, commit) {
			side.link = func(file string, line int) string { return forge(commit, file, line) }
		}
		x.sides[v.Name] = side
	}
	var out []profiler.Explanation
	for _, f := range functions {
		out = append(out, x.explain(x.sides[e.Design.Baseline()], x.sides[f.Variant], f))
	}
	return out, context.Cause(ctx)
}

// An explainer finds functions in source code.
type explainer struct {
	ctx    context.Context
	module string // path
	prefix string // of the module's folder in the repository, such as "sub/"
	sides  map[string]*sourceSide
}

// A sourceSide is a version with its files, its compiler and the addresses of its lines.
type sourceSide struct {
	*tree
	*compiler
	name string
	link func(file string, line int) string // address of a line; nil if there is none
}

// A foundFunction is a function in a file of a version.
type foundFunction struct {
	listing.Declaration
	file *listing.File
	path string // in the repository
	hot  int    // line, or 0
}

// explain returns what the source code says about a function.
func (x *explainer) explain(before, after *sourceSide, s profiler.ChangedFunction) profiler.Explanation {
	out := profiler.Explanation{Variant: s.Variant, Row: s.Row, Function: s.After.Function}
	was, now := x.find(before.tree, s.Before, s.After), x.find(after.tree, s.After, s.Before)
	if out.Before, out.After = sources(was, now); out.Before == nil && out.After == nil {
		out.Notes = append(out.Notes, x.missing(was, now))
		return out
	}
	var placed [2][]placement
	for i, side := range []*sourceSide{before, after} {
		f := []*foundFunction{was, now}[i]
		if f == nil {
			continue
		}
		source := []*profiler.Source{out.Before, out.After}[i]
		if side.link != nil {
			source.URL = side.link(f.path, max(source.Hot, source.First))
		}
		all, err := side.placements(x.ctx, path.Dir(f.path))
		if err != nil {
			out.Notes = append(out.Notes, fmt.Sprintf("The compiler did not say which values it puts on the heap in %s: %v.", side.name, err))
			return out
		}
		placed[i] = f.placements(all)
	}
	out.Escapes = changedEscapes(placed, [2]*foundFunction{was, now})
	return out
}

// missing says why there is no source code of a function.
func (x *explainer) missing(was, now *foundFunction) string {
	switch {
	case x.ctx.Err() != nil:
		return "The source code of this function is not known: it took too long to find that of others."
	case was != nil || now != nil:
		return "A line of this function is too long to be shown."
	}
	return "The source code of this function was not found in the files of its package."
}

// find returns the function of a frame in a version, or nil. other is the frame of the other version: the function can
// be there although this profile does not have it.
func (x *explainer) find(t *tree, frame, other profiler.Frame) *foundFunction {
	in := func(name string) *foundFunction {
		file := t.open(x.ctx, name)
		if file == nil {
			return nil
		}
		hot := file.Line(listing.Position{File: frame.LineFile, Line: frame.Line})
		d, ok := file.Find(frame.Function, hot)
		if !ok {
			return nil
		}
		if hot < d.First || hot > d.Last {
			hot = 0
		}
		return &foundFunction{d, file, name, hot}
	}
	dir := x.dirOf(t, frame.Function)
	for _, name := range []string{frame.File, other.File} {
		if path.Dir(name) != dir { // a file of the package is meant, whatever a directive says
			continue
		}
		if f := in(name); f != nil {
			return f
		}
	}
	var all []*foundFunction
	for name := range t.folder(x.ctx, dir) {
		if f := in(path.Join(dir, name)); f != nil {
			all = append(all, f)
		}
	}
	if i := slices.IndexFunc(all, func(f *foundFunction) bool { return f.hot > 0 }); i >= 0 {
		return all[i]
	}
	if len(all) == 1 { // otherwise build constraints choose one
		return all[0]
	}
	return nil
}

// dirOf returns the folder of a function's package in the repository.
func (x *explainer) dirOf(t *tree, function string) string {
	below := strings.TrimPrefix(strings.TrimPrefix(listing.PackageOf(function), x.module), "/")
	dir := path.Join(x.prefix, below)
	if plain, isTest := strings.CutSuffix(below, "_test"); isTest && len(t.folder(x.ctx, path.Clean(dir))) == 0 {
		dir = path.Join(x.prefix, plain)
	}
	return path.Clean(dir)
}

// sources returns the source code of a function in two versions. If it is long, both have the lines around the hot one.
func sources(before, after *foundFunction) (was, now *profiler.Source) {
	text := func(f *foundFunction) string {
		if f == nil {
			return ""
		}
		return f.file.Text(f.Declaration)
	}
	lines := listing.Diff(text(before), text(after))
	kept := lines
	if size(lines) > maxSourceSize || len(lines) > maxSourceLines {
		kept = listing.Window(lines, hotIndex(lines, before, after), maxSourceLines, maxSourceSize)
	}
	side := func(f *foundFunction, isAfter bool) *profiler.Source {
		if f == nil {
			return nil
		}
		text, first := listing.SideOf(kept, isAfter)
		if first == 0 {
			return nil
		}
		sum := sha256.Sum256([]byte(text))
		return &profiler.Source{File: f.path, First: f.First + first - 1, Hot: f.hot, Cut: len(kept) < len(lines), SHA256: hex.EncodeToString(sum[:]), Text: text}
	}
	return side(before, false), side(after, true)
}

func size(lines []listing.DiffLine) (bytes int) {
	for _, l := range lines {
		bytes += len(l.Text) + 1
	}
	return bytes
}

// hotIndex returns the index of the line below which most bytes were allocated, after or else before.
func hotIndex(lines []listing.DiffLine, before, after *foundFunction) int {
	hot := func(f *foundFunction, number int) bool { return f != nil && f.hot > 0 && number == f.hot-f.First+1 }
	if i := slices.IndexFunc(lines, func(l listing.DiffLine) bool { return hot(after, l.After) }); i >= 0 {
		return i
	}
	return slices.IndexFunc(lines, func(l listing.DiffLine) bool { return hot(before, l.Before) })
}
