// Package imported compares uploaded heap profiles. Its experiments have no runs.
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

// Limits of texts from uploads, in bytes.
const (
	maxTitle    = 200
	maxFileName = 255
	maxFault    = 400
	maxQuoted   = 80 // file name in a fault
)

// A Subject reads imported profiles.
type Subject struct{ Executor *child.Executor }

// Kind returns "import".
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

// errNoRuns is the error of Prepare and Run.
var errNoRuns = &profiler.RunError{Reason: "An import has no runs."}

// Prepare fails: an import has no runs.
func (s *Subject) Prepare(context.Context, profiler.Experiment) (subject.Artefacts, error) {
	return nil, errNoRuns
}

// Run fails: an import has no runs.
func (s *Subject) Run(context.Context, subject.Job) (profiler.Run, error) {
	return profiler.Run{}, errNoRuns
}

// An Import holds two uploaded heap profiles, with a title, a note and tags.
type Import struct {
	Title             string // if it is "", the file names form the title
	Note              string
	Tags              []string
	Baseline, Variant Upload
	Binaries          map[string]Upload // the program of a side, by the name of the side: it names addresses
}

// An Upload is an uploaded file.
type Upload struct {
	Name string // as uploaded; may be ""
	Path string
}

// Read reads the two profiles of an import and returns its experiment. If the title or the files have
// faults, the error is a profiler.Faults.
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
	profiles, err := s.readBoth(ctx, i)
	return e, profiles, err
}

// CheckTitle returns the fault of a title, or "".
func CheckTitle(title string) string { return checkTitle(strings.TrimSpace(title)) }

func checkTitle(title string) string {
	switch {
	case len(title) > maxTitle:
		return fmt.Sprintf("must be at most %d bytes; it has %d", maxTitle, len(title))
	case !utf8.ValidString(title):
		return "must be valid UTF-8"
	}
	return ""
}

// readBoth reads both files, even if the first has a fault, and returns the faults of both.
func (s *Subject) readBoth(ctx context.Context, i Import) ([]profiler.ImportedProfile, error) {
	var imported []profiler.ImportedProfile
	var faults profiler.Faults
	for n, upload := range []Upload{i.Baseline, i.Variant} {
		upload, err := s.nameAddresses(ctx, sides[n], upload, i.Binaries[sides[n]])
		var p *profiler.Profile
		if err == nil {
			p, err = s.readUpload(ctx, upload)
		}
		var fault heap.Fault
		var ofBinary profiler.Faults
		switch {
		case errors.As(err, &ofBinary):
			faults = append(faults, ofBinary...)
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

// readUpload reads a profile, and compresses it if necessary. If the file has a fault, the error is a
// heap.Fault.
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
