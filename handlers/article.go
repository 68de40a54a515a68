package handlers

import (
	"context"
	"net/http"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/subject/builtin"
	"heaplab/store"
	"heaplab/views"
)

// testable is the number of latest comparisons of a case that are searched for one that matches a
// test of the article.
const testable = 50

// article shows the claims of the article with the latest results.
func (a *App) article(w http.ResponseWriter, r *http.Request) error {
	reports := map[int64]*report.Report{} // of experiments that have been read
	var p views.ArticlePage
	for _, claim := range a.Article {
		item := views.ClaimItem{Claim: claim}
		for _, test := range claim.Tests {
			if builtin.Find(a.Builtin.Cases, test.Case) == nil {
				continue
			}
			e, err := a.latestOf(r.Context(), test)
			if err != nil {
				return err
			}
			if e != nil && reports[e.ID] == nil {
				if reports[e.ID], err = a.reportOf(r.Context(), *e); a.ignoreDamage(err) != nil {
					return err
				}
			}
			var rep *report.Report
			if e != nil {
				rep = reports[e.ID]
			}
			item.Outcomes = append(item.Outcomes, views.NewOutcome(test, rep))
		}
		p.Claims = append(p.Claims, item)
	}
	return render(w, r, http.StatusOK, views.Article(p))
}

// latestOf returns the last finished comparison that matches a test, or nil.
func (a *App) latestOf(ctx context.Context, test builtin.Test) (*profiler.Experiment, error) {
	page, err := a.Store.History(ctx, store.Filter{
		Kind: profiler.KindComparison, Subject: profiler.CaseSubject(test.Case), State: profiler.Done, Limit: testable,
	})
	if err != nil {
		return nil, err
	}
	for _, e := range page.Experiments {
		if e.Damaged == "" && test.Matches(e) {
			return &e, nil
		}
	}
	return nil, nil
}

func (a *App) reportOf(ctx context.Context, e profiler.Experiment) (*report.Report, error) {
	runs, err := a.Store.Runs(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	rep, err := a.newReport(ctx, e, runs)
	if err != nil {
		return nil, err
	}
	return &rep, nil
}
