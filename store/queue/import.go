package queue

import (
	"context"
	"errors"

	"heaplab/profiler"
	"heaplab/profiler/subject/imported"
)

// Bounds of imports. Reading one takes a child of up to 2 GiB, and the server holds its files.
const (
	importsAtOnce  = 2
	importsWaiting = 64
)

// ErrFull says that too many imports wait already.
var ErrFull = errors.New("too many imports wait")

// Admit takes a place among the imports that are read or wait. The caller gives it back with
// leave. The error is ErrFull.
func (q *Queue) Admit() (leave func(), err error) {
	if q.imports.Add(1) > importsAtOnce+importsWaiting {
		q.imports.Add(-1)
		return nil, ErrFull
	}
	return func() { q.imports.Add(-1) }, nil
}

// CheckImport returns what is wrong with an import apart from its files. The fields of the faults
// are title, note and tags.
func CheckImport(i imported.Import) profiler.Faults {
	var faults profiler.Faults
	for _, f := range []profiler.Fault{
		{Field: "title", Message: imported.CheckTitle(i.Title)},
		{Field: "note", Message: CheckNote(i.Note)},
		{Field: "tags", Message: CheckTags(i.Tags)},
	} {
		if f.Message != "" {
			faults = append(faults, f)
		}
	}
	return faults
}

// Import reads two profiles and stores them as an experiment that is done, or stores neither.
// Faults of the input are a profiler.Faults. It waits while other imports are read; if ctx ends,
// the error is its cause.
func (q *Queue) Import(ctx context.Context, s *imported.Subject, i imported.Import) (profiler.Experiment, error) {
	if faults := CheckImport(i); len(faults) > 0 {
		return profiler.Experiment{}, faults
	}
	select {
	case q.importer <- struct{}{}:
		defer func() { <-q.importer }()
	case <-ctx.Done():
		return profiler.Experiment{}, context.Cause(ctx)
	}
	e, read, err := s.Read(ctx, i)
	if err != nil {
		return e, err
	}
	e.ID, err = q.Store.Import(ctx, e, read)
	return e, err
}
