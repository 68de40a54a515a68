package handlers

import (
	"context"
	"net/http"

	"heaplab/profiler"
	"heaplab/views"
)

// article shows what the article claims beside what was measured here last.
func (a *App) article(w http.ResponseWriter, r *http.Request) error {
	reports := map[string]*profiler.Report{} // of each case's latest comparison; nil where there is none
	var p views.ArticlePage
	for _, claim := range a.Article {
		item := views.ClaimItem{Claim: claim}
		for _, test := range claim.Tests {
			if profiler.Find(a.Cases, test.Case) == nil {
				continue
			}
			if _, read := reports[test.Case]; !read {
				report, err := a.latestReport(r.Context(), test.Case)
				if err != nil {
					return err
				}
				reports[test.Case] = report
			}
			item.Outcomes = append(item.Outcomes, views.NewOutcome(test, reports[test.Case]))
		}
		p.Claims = append(p.Claims, item)
	}
	return render(w, r, http.StatusOK, views.Article(p))
}

// latestReport is the report of the last comparison of a case that was done, or nil.
func (a *App) latestReport(ctx context.Context, name string) (*profiler.Report, error) {
	c := profiler.Find(a.Cases, name)
	if c == nil {
		return nil, nil
	}
	latest, err := a.latest(ctx, c)
	if err != nil || latest == nil {
		return nil, err
	}
	runs, err := a.Store.Runs(ctx, latest.ID)
	if err != nil {
		return nil, err
	}
	noise, err := a.calibration(ctx, *latest)
	if err != nil {
		return nil, err
	}
	report := profiler.NewReport(c, *latest, runs, noise)
	return &report, nil
}
