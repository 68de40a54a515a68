package queue

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"

	"heaplab/profiler"
	"heaplab/profiler/heap"
)

// Bounds of imports. One that is read takes a child of up to 2 GiB, and the server the files
// themselves.
const (
	importsAtOnce  = 2
	importsWaiting = 64
	maxTitle       = 200 // bytes
	maxFileName    = 255 // likewise
)

// ErrFull is that too many imports wait already.
var ErrFull = errors.New("too many imports wait")

// Admit takes a place among the imports that are read or wait, to be given back by leave. The
// error is ErrFull.
func (q *Queue) Admit() (leave func(), err error) {
	if q.imports.Add(1) > importsAtOnce+importsWaiting {
		q.imports.Add(-1)
		return nil, ErrFull
	}
	return func() { q.imports.Add(-1) }, nil
}

// An Import is two heap profiles from outside, and what is said about them.
type Import struct {
	Title             string // empty: made of the names of the files
	Note              string
	Tags              []string
	Baseline, Variant Upload
}

// An Upload is a file from outside.
type Upload struct {
	Name string // as it was uploaded; empty where it has none
	Path string
}

// Check says what is wrong with an import but for its files. The fields of the faults are title,
// note and tags.
func (i Import) Check() profiler.Faults {
	var faults profiler.Faults
	for _, f := range []profiler.Fault{
		{Field: "title", Message: checkTitle(i.Title)},
		{Field: "note", Message: CheckNote(i.Note)},
		{Field: "tags", Message: CheckTags(i.Tags)},
	} {
		if f.Message != "" {
			faults = append(faults, f)
		}
	}
	return faults
}

func checkTitle(title string) string {
	switch {
	case len(title) > maxTitle:
		return fmt.Sprintf("must be at most %d bytes; it has %d", maxTitle, len(title))
	case !utf8.ValidString(title):
		return "must be text"
	}
	return ""
}

// Import reads two profiles and stores them as an experiment that is done, or neither. What is
// wrong with them is a profiler.Faults. It waits while others are read; where ctx ends, the error
// is its cause.
func (q *Queue) Import(ctx context.Context, i Import) (profiler.Experiment, error) {
	i.Title, i.Note = strings.TrimSpace(i.Title), strings.TrimSpace(i.Note)
	now := time.Now()
	e := profiler.Experiment{
		Source:   profiler.SourceImport,
		Kind:     profiler.KindComparison,
		Case:     profiler.ImportCase,
		Title:    cmp.Or(i.Title, shorten(i.Baseline.name()+" → "+i.Variant.name(), maxTitle)),
		Params:   profiler.Params{},
		State:    profiler.Done,
		Note:     i.Note,
		Tags:     i.Tags,
		Created:  now,
		Finished: now,
	}
	if faults := i.Check(); len(faults) > 0 {
		return e, faults
	}
	select {
	case q.importer <- struct{}{}:
		defer func() { <-q.importer }()
	case <-ctx.Done():
		return e, context.Cause(ctx)
	}
	imported, err := q.readBoth(ctx, i)
	if err != nil {
		return e, err
	}
	e.ID, err = q.Store.Import(ctx, e, imported)
	return e, err
}

// readBoth reads both sides, also where the first is at fault already: its sender wants to
// know all.
func (q *Queue) readBoth(ctx context.Context, i Import) ([]profiler.ImportedProfile, error) {
	var imported []profiler.ImportedProfile
	var faults profiler.Faults
	for _, side := range []struct {
		name   string
		upload Upload
	}{{profiler.ImportBaseline, i.Baseline}, {profiler.ImportVariant, i.Variant}} {
		p, err := q.readUpload(ctx, side.upload)
		var fault heap.Fault
		switch {
		case errors.As(err, &fault):
			faults = append(faults, profiler.Fault{Field: side.name, Message: side.upload.quoted() + " " + shorten(string(fault), maxFault)})
		case err != nil:
			return nil, err
		default:
			imported = append(imported, profiler.ImportedProfile{Variant: side.name, File: shorten(side.upload.Name, maxFileName), Profile: *p})
		}
	}
	if len(faults) == 0 && len(profiler.Comparable(imported[0].Summary, imported[1].Summary)) == 0 {
		faults = append(faults, profiler.Fault{Field: profiler.ImportVariant, Message: fmt.Sprintf(
			"%s cannot be held against the baseline: it has %s, and the baseline %s",
			i.Variant.quoted(), typeNames(imported[1].Summary), typeNames(imported[0].Summary))})
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return imported, nil
}

// readUpload reads a profile, and compresses it where it is not compressed. Where the file is to
// blame, the error is a heap.Fault.
func (q *Queue) readUpload(ctx context.Context, u Upload) (*profiler.Profile, error) {
	p, err := q.Executor.Ingest(ctx, u.Path)
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

// compressed returns a file as it is where it is compressed, and else compresses it.
func compressed(path string) ([]byte, error) {
	file, err := os.ReadFile(path)
	if err != nil || bytes.HasPrefix(file, []byte{0x1f, 0x8b}) {
		return file, err
	}
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	_, err = zip.Write(file)
	err = errors.Join(err, zip.Close())
	return out.Bytes(), err
}

// Bounds of what a fault says, in bytes: names in it come from outside.
const (
	maxFault  = 400
	maxQuoted = 80
)

func (u Upload) name() string { return cmp.Or(u.Name, "a file without a name") }

// quoted is the name of the file in a sentence that begins with it.
func (u Upload) quoted() string {
	if u.Name == "" {
		return "the file"
	}
	return `"` + shorten(u.Name, maxQuoted) + `"`
}

// shorten makes text valid and cuts it to that many bytes.
func shorten(text string, most int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= most {
		return text
	}
	const ellipsis = "…"
	return strings.ToValidUTF8(text[:most-len(ellipsis)], "") + ellipsis
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// typeNames lists the sample types of a profile.
func typeNames(s profiler.Summary) string {
	var names []string
	for _, t := range s.Types {
		names = append(names, string(t))
	}
	return strings.Join(names, " and ")
}
