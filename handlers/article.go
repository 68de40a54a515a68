package handlers

import (
	"context"
	"net/http"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/subject/builtin"
	"heaplab/views"
)

// article shows the claims of the article with the best-supported results.
func (a *App) article(w http.ResponseWriter, r *http.Request) error {
	results := map[string]testResult{} // by case and params
	var p views.ArticlePage
	for _, claim := range a.Article {
		item := views.ClaimItem{Claim: claim}
		for _, test := range claim.Tests {
			c := builtin.Find(a.Builtin.Cases, test.Case)
			if c == nil {
				continue
			}
			key := test.Case + " " + test.Params.String()
			result, ok := results[key]
			if !ok {
				var err error
				if result, err = a.testResult(r.Context(), c, test); err != nil {
					return err
				}
				results[key] = result
			}
			item.Outcomes = append(item.Outcomes, views.NewOutcome(test, result.Evidence, result.report))
		}
		p.Claims = append(p.Claims, item)
	}
	return render(w, r, http.StatusOK, views.Article(p))
}

// A testResult is what a test of the article can be judged by.
type testResult struct {
	profiler.Evidence
	report *report.Report // of Best; nil if there is none, or if its runs cannot be read
}

// testResult returns the result of a case with the params of a test.
func (a *App) testResult(ctx context.Context, c *builtin.Case, test builtin.Test) (result testResult, err error) {
	params, faults := c.Resolve(test.Params)
	if faults != nil {
		return result, nil
	}
	if result.Evidence, err = a.evidence(ctx, c, params); err != nil || result.Best == nil {
		return result, err
	}
	result.report, err = a.reportOf(ctx, *result.Best)
	return result, a.ignoreDamage(err)
}

func (a *App) reportOf(ctx context.Context, e profiler.Experiment) (*report.Report, error) {
	runs, err := a.Store.Runs(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	rep, err := a.newReport(ctx, e, runs, "")
	if err != nil {
		return nil, err
	}
	return &rep, nil
}
