package queue

import (
	"context"
	"errors"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/subject/imported"
)

// Limits of imports. A child needs up to 2 GiB to read one, and the server stores its files until then.
const (
	importsAtOnce  = 2
	importsWaiting = 64
)

// ErrFull is the error of Admit if too many imports are waiting.
var ErrFull = errors.New("too many imports are waiting")

// Admit reserves a place for an import. The caller must call leave when the import ends. The error is
// ErrFull if all places are taken.
func (q *Queue) Admit() (leave func(), err error) {
	if q.imports.Add(1) > importsAtOnce+importsWaiting {
		q.imports.Add(-1)
		return nil, ErrFull
	}
	return func() { q.imports.Add(-1) }, nil
}

// CheckImport returns the faults of an import's title, note, tags and counts. It does not check the files.
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
	_, wrong := i.Counts.Divisor()
	return append(faults, wrong...)
}

// Import reads the profiles of two sides, or files of benchmark text, and stores them as an experiment that is done. If
// one cannot be read, it stores nothing. It waits while other imports are being read. The error is a profiler.Faults for faults of the
// input, and the cause of ctx if ctx ends while it waits.
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
	if e, runs, ok, err := i.Benchmarks(); ok || err != nil {
		if err != nil {
			return e, err
		}
		return q.importRuns(ctx, e, runs)
	}
	e, read, err := s.Read(ctx, i)
	if err != nil {
		return e, err
	}
	e.ID, err = q.Store.Import(ctx, e, read)
	return e, err
}

// importRuns stores the runs of benchmark text. If the same text was imported before, it returns that experiment.
func (q *Queue) importRuns(ctx context.Context, e profiler.Experiment, runs []profiler.Run) (profiler.Experiment, error) {
	e.Created = time.UnixMilli(e.Created.UnixMilli()).UTC() // as stored
	e.Finished = e.Created
	j := report.Judgment{At: e.Created, Distrust: report.NewDistrust(e, runs)}
	id, err := q.Store.ImportRuns(ctx, e, runs, seriesOf(runs), j)
	if err != nil {
		return e, err
	}
	return q.Store.Experiment(ctx, id)
}
