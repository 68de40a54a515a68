package handlers

import (
	"context"

	"heaplab/profiler"
	"heaplab/profiler/child"
	"heaplab/profiler/subject/builtin"
	"heaplab/views"
)

// evidence returns the evidence for what a case does with params, which its Resolve returned.
func (a *App) evidence(ctx context.Context, c *builtin.Case, params profiler.Params) (profiler.Evidence, error) {
	return a.Store.Evidence(ctx, profiler.CaseSubject(c.Name), hereMachine(), func(stored profiler.Params) bool {
		return c.Matches(stored, params)
	})
}

// hereMachine returns the value "machine" of the environments of experiments on this machine.
func hereMachine() string { return child.Environ(profiler.Config{})["machine"] }

// caseResult returns the result of a case with its default params.
func (a *App) caseResult(ctx context.Context, c *builtin.Case) (result views.CaseResult, err error) {
	params, faults := c.Resolve(nil)
	if faults != nil {
		return result, nil
	}
	if result.Evidence, err = a.evidence(ctx, c, params); err != nil || result.Best == nil {
		return result, err
	}
	items, err := a.items(ctx, []profiler.Experiment{*result.Best})
	if err != nil {
		return result, err
	}
	result.Item = items[0]
	return result, nil
}
