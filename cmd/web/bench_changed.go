package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"heaplab/handlers"
	"heaplab/profiler/subject/gobench"
	"heaplab/profiler/words"
)

// launches returns the experiments to launch: one, or with --changed one for each package that depends on what changed.
func (b *benchCmd) launches(ctx context.Context) (all []handlers.BenchmarkLaunch, err error) {
	if b.Changed {
		b.Bench = cmp.Or(b.Bench, ".")
	}
	l, err := b.launch()
	if err != nil || !b.Changed {
		return []handlers.BenchmarkLaunch{l}, err
	}
	if len(l.Versions) != 2 {
		return nil, errors.New("--changed compares two versions: give one --after")
	}
	var versions [2]gobench.Version
	for i, text := range l.Versions {
		if versions[i], err = gobench.ParseVersion(text); err != nil {
			return nil, fmt.Errorf("--changed: the version %q %w", text, err)
		}
	}
	scratch, err := os.MkdirTemp("", "heaplab-changed-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	changes, err := gobench.Changed(ctx, l.Dir, l.Package, scratch, versions[0], versions[1], os.Environ())
	if err != nil {
		return nil, fmt.Errorf("--changed: %w", err)
	}
	writeChanges(os.Stderr, changes)
	for _, pkg := range changes.Packages {
		of := l
		of.Package = pkg
		all = append(all, of)
	}
	return all, nil
}

// writeChanges says which packages are measured, and what is left out and why.
func writeChanges(w io.Writer, c gobench.Changes) {
	for _, line := range []struct {
		what  string
		names []string
	}{
		{"measured, because they depend on what changed", c.Packages},
		{"left out, because they do not depend on it", c.Independent},
		{"left out, because they have no benchmarks", c.NoBenchmarks},
		{"left out, because they had no benchmarks before", c.New},
		{"changed files that no package is built from", c.Files},
	} {
		if len(line.names) > 0 {
			fmt.Fprintf(w, "%s: %s\n", line.what, words.Plain(strings.Join(line.names, " ")))
		}
	}
	if len(c.Packages) == 0 {
		fmt.Fprintln(w, "No benchmark depends on what changed.")
	}
}

// ofPackage adds the name of a package to the conditions that hold and to an error.
func ofPackage(pkg string, holds []string, err error) ([]string, error) {
	for i := range holds {
		holds[i] = pkg + ": " + holds[i]
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", pkg, err)
	}
	return holds, err
}
