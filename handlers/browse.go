package handlers

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"heaplab/profiler"
	"heaplab/store"
	"heaplab/views"
)

// Experiments a page of the history, and past results on a case's page.
const (
	historyLimit = 25
	pastLimit    = 5
)

func (a *App) history(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	f := store.Filter{
		Kind:   query.Get("kind"),
		Case:   query.Get("case"),
		State:  query.Get("state"),
		Tag:    query.Get("tag"),
		Query:  strings.TrimSpace(query.Get("q")),
		Sort:   query.Get("sort"),
		Cursor: query.Get("cursor"),
		Limit:  historyLimit,
	}
	f.Titled = a.titled(f.Query)
	found, err := a.Store.History(r.Context(), f)
	if err != nil {
		return err
	}
	items, err := a.items(r.Context(), found.Experiments)
	if err != nil {
		return err
	}
	p := views.HistoryPage{
		Items:      items,
		Cases:      a.Cases,
		Kind:       f.Kind,
		Case:       f.Case,
		State:      f.State,
		Query:      f.Query,
		Tag:        f.Tag,
		Sort:       f.Sort,
		Self:       r.URL.RequestURI(),
		Unfiltered: f == store.Filter{Sort: f.Sort, Limit: historyLimit},
	}
	if found.Next != "" {
		p.Next = historyURL(f, found.Next)
	}
	if f.Cursor != "" {
		p.First = historyURL(f, "")
	}
	if fragment(r) {
		return render(w, r, http.StatusOK, views.HistoryList(p))
	}
	return render(w, r, http.StatusOK, views.History(p))
}

// titled is the name of the first case whose title holds a text.
func (a *App) titled(text string) string {
	for _, c := range a.Cases {
		if text != "" && strings.Contains(strings.ToLower(c.Title), strings.ToLower(text)) {
			return c.Name
		}
	}
	return ""
}

// historyURL is the address of another page of the same list.
func historyURL(f store.Filter, cursor string) string {
	query := url.Values{}
	for _, field := range []struct{ name, value string }{
		{"kind", f.Kind}, {"case", f.Case}, {"state", f.State}, {"tag", f.Tag}, {"q", f.Query}, {"sort", f.Sort}, {"cursor", cursor},
	} {
		if field.value != "" {
			query.Set(field.name, field.value)
		}
	}
	if len(query) == 0 {
		return "/"
	}
	return "/?" + query.Encode()
}

// items adds to experiments what lists show of their results.
func (a *App) items(ctx context.Context, experiments []profiler.Experiment) ([]views.HistoryItem, error) {
	items := make([]views.HistoryItem, len(experiments))
	for i, e := range experiments {
		items[i] = views.HistoryItem{Experiment: e, Title: a.title(e)}
		if e.Source == profiler.SourceImport {
			totals, err := a.Store.ImportedTotals(ctx, e.ID)
			if err != nil {
				return nil, err
			}
			items[i].Summary = views.ImportSummary(totals)
			continue
		}
		c := profiler.Find(a.Cases, e.Case)
		if c == nil {
			continue
		}
		c = c.For(e.Params)
		items[i].Variant = c.Variants[len(c.Variants)-1].Name
		if err := a.addResult(ctx, c, &items[i]); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// addResult adds to an item what its experiment came to: of a comparison the changes of its
// main metrics, of others a sentence.
func (a *App) addResult(ctx context.Context, c *profiler.Case, item *views.HistoryItem) error {
	e := item.Experiment
	if !profiler.Terminal(e.State) {
		return nil
	}
	noise, err := a.calibration(ctx, e)
	if err != nil {
		return err
	}
	switch e.Kind {
	case profiler.KindSweep:
		samples, err := a.Store.PointSamples(ctx, e.ID, e.Points(), profiler.TradeUnits...)
		if err != nil {
			return err
		}
		item.Summary = views.SweepSummary(e.Sweep, c.Baseline().Name, profiler.NewPoints(c, e, samples, noise))
	case profiler.KindCalibration:
		found, err := a.floors(ctx, c, e)
		if err != nil {
			return err
		}
		item.Summary = views.CalibrationSummary(found)
	default:
		samples, err := a.Store.Samples(ctx, e.ID, c.Primary...)
		if err != nil {
			return err
		}
		for _, v := range c.Variants { // the last that was measured
			if samples[v.Name] != nil {
				item.Variant = v.Name
			}
		}
		for _, comparison := range profiler.Compare(c, samples, noise) {
			if comparison.Variant == item.Variant {
				item.Comparisons = append(item.Comparisons, comparison)
			}
		}
		item.Verdict = views.Overall(item.Comparisons)
	}
	return nil
}

func (a *App) cases(w http.ResponseWriter, r *http.Request) error {
	p := views.CasesPage{Cases: a.Cases, Latest: map[string]views.HistoryItem{}}
	for i := range a.Cases {
		latest, err := a.latest(r.Context(), &a.Cases[i])
		if err != nil {
			return err
		}
		if latest == nil {
			continue
		}
		items, err := a.items(r.Context(), []profiler.Experiment{*latest})
		if err != nil {
			return err
		}
		p.Latest[a.Cases[i].Name] = items[0]
	}
	return render(w, r, http.StatusOK, views.Cases(p))
}

func (a *App) showCase(w http.ResponseWriter, r *http.Request) error {
	c := profiler.Find(a.Cases, chi.URLParam(r, "case"))
	if c == nil {
		return store.ErrNotFound
	}
	past, err := a.Store.History(r.Context(), store.Filter{Case: c.Name, Limit: pastLimit})
	if err != nil {
		return err
	}
	p := views.CasePage{Case: *c}
	if p.Past, err = a.items(r.Context(), past.Experiments); err != nil {
		return err
	}
	if defaults, faults := c.Resolve(nil); faults == nil {
		p.Predictions = c.Predictions(defaults)
		e := profiler.Experiment{Case: c.Name, Params: defaults, Config: profiler.DefaultConfig(profiler.TotalMemory())}
		if p.Calibrate, err = a.calibrateForm(r.Context(), e); err != nil {
			return err
		}
	}
	return render(w, r, http.StatusOK, views.Case(p))
}
