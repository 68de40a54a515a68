// Package imported compares heap profiles that somebody else took. Its experiments have no runs.
package imported

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"heaplab/profiler"
	"heaplab/profiler/child"
	"heaplab/profiler/heap"
	"heaplab/profiler/subject"
)

// Bounds of texts that come from outside, in bytes.
const (
	maxTitle    = 200
	maxFileName = 255
	maxFault    = 400
	maxQuoted   = 80 // of a file name in a fault
)

// A Subject reads imported profiles.
type Subject struct{ Executor *child.Executor }

// Kind is the name of the subject.
func (s *Subject) Kind() string { return profiler.SubjectImport }

// Design returns the design of an import. The params are the names of the two files.
func (s *Subject) Design(l subject.Launch) (profiler.Design, profiler.Faults) {
	if fault := checkTitle(l.Title); fault != "" {
		return profiler.Design{}, profiler.Faults{{Field: "title", Message: fault}}
	}
	d := profiler.Design{Subject: profiler.SubjectImport, Labels: map[string]string{}}
	var names []string
	for _, side := range sides {
		name, _ := l.Params[side].(string)
		d.Variants = append(d.Variants, profiler.VariantInfo{Name: side, Title: side})
		d.Labels[side] = shorten(name, maxFileName)
		names = append(names, cmp.Or(name, "a file without a name"))
	}
	d.Title = cmp.Or(l.Title, shorten(strings.Join(names, " → "), maxTitle))
	return d, nil
}

// sides are the names of the variants.
var sides = []string{profiler.ImportBaseline, profiler.ImportVariant}

// errNoRuns says that an import was asked to run.
var errNoRuns = &profiler.RunError{Reason: "An import has nothing to run."}

// Prepare fails: an import has no runs.
func (s *Subject) Prepare(context.Context, profiler.Experiment) (subject.Artefacts, error) {
	return nil, errNoRuns
}

// Run fails: an import has no runs.
func (s *Subject) Run(context.Context, subject.Job) (profiler.Run, error) {
	return profiler.Run{}, errNoRuns
}

// An Import is two uploaded heap profiles with what their sender says about them.
type Import struct {
	Title             string // "" for one made of the file names
	Note              string
	Tags              []string
	Baseline, Variant Upload
}

// An Upload is an uploaded file.
type Upload struct {
	Name string // as its sender named it; may be ""
	Path string
}

// Read reads the two profiles of an import and returns the experiment that they make up. Faults
// of the title and of the files are a profiler.Faults.
func (s *Subject) Read(ctx context.Context, i Import) (profiler.Experiment, []profiler.ImportedProfile, error) {
	now := time.Now()
	e := profiler.Experiment{
		Kind: profiler.KindComparison, State: profiler.Done,
		Note: strings.TrimSpace(i.Note), Tags: i.Tags, Created: now, Finished: now,
	}
	var faults profiler.Faults
	e.Design, faults = s.Design(subject.Launch{
		Title:  strings.TrimSpace(i.Title),
		Params: map[string]any{profiler.ImportBaseline: i.Baseline.Name, profiler.ImportVariant: i.Variant.Name},
	})
	if len(faults) > 0 {
		return e, nil, faults
	}
	read, err := s.readBoth(ctx, i)
	return e, read, err
}

// CheckTitle returns what is wrong with a title, or "".
func CheckTitle(title string) string { return checkTitle(strings.TrimSpace(title)) }

func checkTitle(title string) string {
	switch {
	case len(title) > maxTitle:
		return fmt.Sprintf("must be at most %d bytes; it has %d", maxTitle, len(title))
	case !utf8.ValidString(title):
		return "must be text"
	}
	return ""
}

// readBoth reads both files, even if the first has a fault: the sender wants to know about all.
func (s *Subject) readBoth(ctx context.Context, i Import) ([]profiler.ImportedProfile, error) {
	var imported []profiler.ImportedProfile
	var faults profiler.Faults
	for n, upload := range []Upload{i.Baseline, i.Variant} {
		p, err := s.readUpload(ctx, upload)
		var fault heap.Fault
		switch {
		case errors.As(err, &fault):
			faults = append(faults, profiler.Fault{Field: sides[n], Message: upload.quoted() + " " + shorten(string(fault), maxFault)})
		case err != nil:
			return nil, err
		default:
			imported = append(imported, profiler.ImportedProfile{Variant: sides[n], File: shorten(upload.Name, maxFileName), Profile: *p})
		}
	}
	if len(faults) == 0 && len(profiler.Comparable(imported[0].Summary, imported[1].Summary)) == 0 {
		faults = append(faults, profiler.Fault{Field: profiler.ImportVariant, Message: fmt.Sprintf(
			"%s cannot be compared with the baseline: it has %s, and the baseline %s",
			i.Variant.quoted(), typeNames(imported[1].Summary), typeNames(imported[0].Summary))})
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return imported, nil
}

// readUpload reads a profile, and compresses it if it is not compressed. If the file is to blame,
// the error is a heap.Fault.
func (s *Subject) readUpload(ctx context.Context, u Upload) (*profiler.Profile, error) {
	p, err := s.Executor.Ingest(ctx, u.Path)
	var failed *profiler.RunError
	if errors.As(err, &failed) {
		return nil, heap.Fault("cannot be read within the limits: " + lowerFirst(strings.TrimSuffix(failed.Reason, ".")))
	}
	if err != nil {
		return nil, err
	}
	p.Gzip, err = compressed(u.Path)
	return p, err
}
