package queue

import (
	"context"
	"errors"
	"fmt"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/report"
	"heaplab/profiler/subject"
	"heaplab/store"
)

// Causes returns the functions of the measured Go module that changed most, for each variant with a profile.
func (q *Queue) Causes(ctx context.Context, r report.Report) ([]report.Causes, error) {
	return report.FindCauses(r, func(sha256 string) (*heap.Digest, error) {
		d, _, err := q.Store.Digest(ctx, sha256)
		if errors.Is(err, store.ErrNotFound) { // the profiles of a shared report may be gone
			return nil, nil
		}
		return d, err
	})
}

// explain stores what the source code says about the causes of an experiment. If that fails, the experiment is done all
// the same. The error is the cause of ctx, if it has ended.
func (q *Queue) explain(ctx context.Context, s subject.Subject, e profiler.Experiment) error {
	explainer, ok := s.(subject.Explainer)
	if !ok {
		return nil
	}
	if err := q.tryExplain(ctx, explainer, e); err != nil && ctx.Err() == nil {
		q.Log.Error("explain the causes of an experiment", "experiment", e.ID, "error", err)
	}
	return context.Cause(ctx)
}

// maxExplained is the number of causes of a variant whose source code is stored.
const maxExplained = 5

// tryExplain stores explanations. If the subject has none, they say why.
func (q *Queue) tryExplain(ctx context.Context, explainer subject.Explainer, e profiler.Experiment) error {
	runs, err := q.Store.Runs(ctx, e.ID)
	if err != nil {
		return err
	}
	causes, err := q.Causes(ctx, report.NewReport(e, runs, nil))
	changed := report.ChangedFunctions(causes, maxExplained)
	if err != nil || len(changed) == 0 {
		return err
	}
	found, failed := explainer.Explain(ctx, e, changed)
	if failed != nil {
		found = nil
		for _, s := range changed {
			note := fmt.Sprintf("The source code of this function is not known: %v.", failed)
			found = append(found, profiler.Explanation{Variant: s.Variant, Row: s.Row, Function: s.After.Function, Notes: []string{note}})
		}
	}
	return q.Store.SetExplanations(ctx, e.ID, found) // fails if ctx has ended
}
