package handlers

import (
	"context"
	"net/http"

	"heaplab/profiler"
	"heaplab/store"
	"heaplab/views"
)

// testable is how many of a case's latest comparisons are looked through for one that puts a
// test of the article.
const testable = 50

// article shows what the article claims beside what was measured here last.
func (a *App) article(w http.ResponseWriter, r *http.Request) error {
	reports := map[int64]*profiler.Report{} // of experiments that were read already
	var p views.ArticlePage
	for _, claim := range a.Article {
		item := views.ClaimItem{Claim: claim}
		for _, test := range claim.Tests {
			c := profiler.Find(a.Cases, test.Case)
			if c == nil {
				continue
			}
			e, err := a.latestOf(r.Context(), test)
			if err != nil {
				return err
			}
			if e != nil && reports[e.ID] == nil {
				if reports[e.ID], err = a.reportOf(r.Context(), c, *e); err != nil {
					return err
				}
			}
			var report *profiler.Report
			if e != nil {
				report = reports[e.ID]
			}
			item.Outcomes = append(item.Outcomes, views.NewOutcome(test, report))
		}
		p.Claims = append(p.Claims, item)
	}
	return render(w, r, http.StatusOK, views.Article(p))
}

// latestOf is the last comparison that was done and puts a test, or nil.
func (a *App) latestOf(ctx context.Context, test profiler.Test) (*profiler.Experiment, error) {
	page, err := a.Store.History(ctx, store.Filter{
		Kind: profiler.KindComparison, Case: test.Case, State: profiler.Done, Limit: testable,
	})
	if err != nil {
		return nil, err
	}
	for _, e := range page.Experiments {
		if test.IsPutBy(e) {
			return &e, nil
		}
	}
	return nil, nil
}

func (a *App) reportOf(ctx context.Context, c *profiler.Case, e profiler.Experiment) (*profiler.Report, error) {
	runs, err := a.Store.Runs(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	noise, err := a.calibration(ctx, e)
	if err != nil {
		return nil, err
	}
	report := profiler.NewReport(c, e, runs, noise)
	return &report, nil
}
