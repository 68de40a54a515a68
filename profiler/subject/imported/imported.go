// Package imported compares uploaded heap profiles, and uploaded results of benchmarks. An experiment of profiles has no
// runs; one of results has measure runs.
package imported

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"heaplab/profiler"
	"heaplab/profiler/child"
	"heaplab/profiler/heap"
	"heaplab/profiler/subject"
	"heaplab/profiler/words"
)

// MaxTotal limits all files of an import together, in bytes, as they are uploaded and as they are stored. The server
// holds them in memory.
const MaxTotal = 128 << 20

// Limits of texts from uploads, in bytes.
const (
	maxTitle    = 200
	maxFileName = 255
	maxFault    = 400
	maxQuoted   = 80 // file name in a fault
)

// readLimit is the time that reading all files of an import may take, so that others can follow.
const readLimit = 5 * time.Minute

// A Subject reads imported profiles.
type Subject struct{ Executor *child.Executor }

// Kind returns "import".
func (s *Subject) Kind() string { return profiler.SubjectImport }

// Design returns the design of an import. The params are the names of the files of each side.
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
	return subject.Artefacts{}, errNoRuns
}

// Run fails: an import has no runs.
func (s *Subject) Run(context.Context, subject.Job) (profiler.Run, error) {
	return profiler.Run{}, errNoRuns
}

// An Import holds the heap profiles of two sides, or files of benchmark text, with a title, a note and tags.
type Import struct {
	Title             string // if it is "", the file names form the title
	Note              string
	Tags              []string
	Baseline, Variant []Upload // 1 to profiler.MaxImportedFiles each
	Counts            Counts
	Binaries          map[string]Upload // the program of a side, by the name of the side: it names addresses
}

// An Upload is an uploaded file.
type Upload struct {
	Name string // as uploaded; may be ""
	Path string
}

// files returns the files of a side.
func (i Import) files(side string) []Upload {
	if side == profiler.ImportBaseline {
		return i.Baseline
	}
	return i.Variant
}

// Read reads the profiles of an import and returns its experiment. If the title, the counts or the files
// have faults, the error is a profiler.Faults.
func (s *Subject) Read(ctx context.Context, i Import) (profiler.Experiment, []profiler.ImportedProfile, error) {
	now := time.Now()
	e := profiler.Experiment{
		Kind: profiler.KindComparison, State: profiler.Done,
		Note: strings.TrimSpace(i.Note), Tags: i.Tags, Created: now, Finished: now,
	}
	var faults profiler.Faults
	e.Design, faults = s.Design(subject.Launch{
		Title:  strings.TrimSpace(i.Title),
		Params: map[string]any{profiler.ImportBaseline: namesOf(i.Baseline), profiler.ImportVariant: namesOf(i.Variant)},
	})
	divisor, wrong := i.Counts.Divisor()
	if faults = append(faults, wrong...); len(faults) > 0 {
		return e, nil, faults
	}
	e.Design.Divisor = divisor
	ctx, cancel := context.WithTimeoutCause(ctx, readLimit, &profiler.RunError{Reason: fmt.Sprintf("Reading all files took longer than %v.", readLimit), Limit: true})
	defer cancel()
	profiles, err := s.readSides(ctx, i)
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

// readSides reads all files, even if some have faults, and returns the faults of all.
func (s *Subject) readSides(ctx context.Context, i Import) ([]profiler.ImportedProfile, error) {
	var imported []profiler.ImportedProfile
	var faults profiler.Faults
	left := MaxTotal
	for _, side := range sides {
		uploads, err := s.nameAddresses(ctx, side, i.files(side), i.Binaries[side])
		if ofBinary, ok := errors.AsType[profiler.Faults](err); ok {
			faults = append(faults, ofBinary...)
			continue
		}
		if err != nil {
			return nil, err
		}
		files, wrong, err := s.readFiles(ctx, side, uploads, &left)
		if err != nil {
			return nil, err
		}
		if len(wrong) > 0 {
			faults = append(faults, wrong...)
			continue
		}
		p, err := s.side(ctx, side, files)
		var fault heap.Fault
		switch {
		case errors.As(err, &fault):
			faults = append(faults, profiler.Fault{Field: side, Message: fmt.Sprintf("the sum of the %d files %s", len(files), shorten(string(fault), maxFault))})
		case err != nil:
			return nil, err
		default:
			imported = append(imported, p)
		}
	}
	if len(faults) == 0 && len(profiler.Comparable(imported[0].Summary, imported[1].Summary)) == 0 {
		faults = append(faults, profiler.Fault{Field: profiler.ImportVariant, Message: fmt.Sprintf(
			"%s cannot be compared with the baseline: it has %s, and the baseline %s",
			i.Variant[0].Quoted(), typeNames(imported[1].Summary), typeNames(imported[0].Summary))})
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return imported, nil
}

// readFiles reads the files of one side, and returns the faults of all. The files must have the same
// sample types, and take at most left bytes of memory, which it reduces.
func (s *Subject) readFiles(ctx context.Context, side string, uploads []Upload, left *int) ([]profiler.ImportedFile, profiler.Faults, error) {
	var files []profiler.ImportedFile
	var faults profiler.Faults
	for _, upload := range uploads {
		if ctx.Err() != nil && len(faults) > 0 { // one fault says so
			break
		}
		p, err := s.readUpload(ctx, upload)
		var fault heap.Fault
		switch {
		case errors.As(err, &fault):
			faults = append(faults, profiler.Fault{Field: side, Message: upload.Quoted() + " " + shorten(string(fault), maxFault)})
		case err != nil:
			return nil, nil, err
		case len(files) > 0 && !slices.Equal(p.Summary.Types, files[0].Summary.Types):
			faults = append(faults, profiler.Fault{Field: side, Message: fmt.Sprintf(
				"%s cannot be added to the first file: it has %s, and the first file %s", upload.Quoted(), typeNames(p.Summary), typeNames(files[0].Summary))})
		case len(p.Gzip) > *left:
			return nil, profiler.Faults{{Field: side, Message: fmt.Sprintf(
				"the profiles have more than %s in all once they are converted and compressed, the limit of an import", words.Bytes(float64(MaxTotal)))}}, nil
		default:
			*left -= len(p.Gzip)
			files = append(files, profiler.ImportedFile{Name: shorten(upload.Name, maxFileName), Profile: *p})
		}
	}
	return files, faults, nil
}

// side returns one side of an import: its only file, or the sum of its distinct files. If there is no sum,
// the error is a heap.Fault.
func (s *Subject) side(ctx context.Context, name string, files []profiler.ImportedFile) (profiler.ImportedProfile, error) {
	if len(files) == 1 {
		return profiler.ImportedProfile{Variant: name, File: files[0].Name, Profile: files[0].Profile}, nil
	}
	out := profiler.ImportedProfile{Variant: name, Profile: files[0].Profile, Files: files}
	var parts [][]byte
	for _, i := range profiler.Distinct(files, func(f profiler.ImportedFile) string { return f.SHA256 }) {
		parts = append(parts, files[i].Gzip) // as it is stored, whatever the upload was
	}
	if len(parts) > 1 {
		sum, err := s.Executor.Merge(ctx, parts)
		if err != nil {
			var failed *profiler.RunError
			if errors.As(err, &failed) {
				return out, limitText(failed) + "; choose fewer or smaller files"
			}
			return out, err
		}
		out.Profile = *sum
	}
	return out, nil
}

// readUpload reads a profile, and converts and compresses it if necessary. If the file has a fault, the error is a
// heap.Fault.
func (s *Subject) readUpload(ctx context.Context, u Upload) (*profiler.Profile, error) {
	p, err := s.Executor.Ingest(ctx, u.Path)
	if err != nil {
		return nil, limitFault(err)
	}
	if p.Gzip == nil {
		p.Gzip, err = compressed(u.Path)
	}
	return p, err
}

// limitFault turns the failure of a child into a heap.Fault. It returns other errors as they are.
func limitFault(err error) error {
	var failed *profiler.RunError
	if errors.As(err, &failed) {
		return limitText(failed)
	}
	return err
}

func limitText(failed *profiler.RunError) heap.Fault {
	return heap.Fault("cannot be read within the limits: " + lowerFirst(strings.TrimSuffix(failed.Reason, ".")))
}
