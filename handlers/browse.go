package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"heaplab/profiler"
	"heaplab/profiler/child"
	"heaplab/profiler/report"
	"heaplab/profiler/subject/builtin"
	"heaplab/store"
	"heaplab/views"
)

// Limits of lists, in experiments.
const (
	historyLimit = 25 // per page of the history
	pastLimit    = 5  // on the page of a case
)

func (a *App) history(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	f := store.Filter{
		Kind:    profiler.Kind(query.Get("kind")),
		Subject: a.subjectOf(query.Get("case")),
		State:   profiler.State(query.Get("state")),
		Tag:     query.Get("tag"),
		Query:   strings.TrimSpace(query.Get("q")),
		Sort:    query.Get("sort"),
		Cursor:  query.Get("cursor"),
		Limit:   historyLimit,
	}
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
		Cases:      a.Builtin.Cases,
		Subjects:   a.otherSubjects(),
		Kind:       f.Kind,
		Case:       query.Get("case"),
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

// subjectOf returns the subject that the value of the filter "case" names: a case, or another kind
// of subject.
func (a *App) subjectOf(name string) string {
	if name == "" {
		return ""
	}
	for _, s := range a.Queue.Subjects {
		if name == s.Kind() {
			return name
		}
	}
	return profiler.CaseSubject(name)
}

// showRemovedCase redirects to the experiments of a case that this program no longer has.
func (a *App) showRemovedCase(w http.ResponseWriter, r *http.Request, name string) error {
	found, err := a.Store.History(r.Context(), store.Filter{Subject: profiler.CaseSubject(name), Limit: 1})
	if err != nil {
		return err
	}
	if len(found.Experiments) == 0 {
		return store.ErrNotFound
	}
	http.Redirect(w, r, "/?case="+url.QueryEscape(name), http.StatusSeeOther)
	return nil
}

// otherSubjects returns the kinds of subjects besides the cases.
func (a *App) otherSubjects() []string {
	var kinds []string
	for _, s := range a.Queue.Subjects {
		if s.Kind() != a.Builtin.Kind() {
			kinds = append(kinds, s.Kind())
		}
	}
	return kinds
}

// historyURL returns the address of another page of the same list.
func historyURL(f store.Filter, cursor string) string {
	query := url.Values{}
	for _, field := range []struct{ name, value string }{
		{"kind", string(f.Kind)}, {"case", strings.TrimPrefix(f.Subject, "case:")}, {"state", string(f.State)}, {"tag", f.Tag}, {"q", f.Query}, {"sort", f.Sort}, {"cursor", cursor},
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

// items returns experiments with their results, for lists.
func (a *App) items(ctx context.Context, experiments []profiler.Experiment) ([]views.HistoryItem, error) {
	items := make([]views.HistoryItem, len(experiments))
	for i, e := range experiments {
		items[i].Experiment = e
		err := a.addResult(ctx, &items[i])
		if damage := new(store.Damage); errors.As(err, &damage) {
			items[i].Experiment.Damaged, err = damage.Sentence(), nil
		}
		if err != nil {
			return nil, err
		}
	}
	return items, nil
}

// addResult adds the conclusion of an experiment that has ended, and the comparisons of the primary
// metrics unless it is a sweep or a calibration.
func (a *App) addResult(ctx context.Context, item *views.HistoryItem) error {
	e := item.Experiment
	if !e.State.Terminal() || e.Damaged != "" {
		return nil
	}
	rep, err := a.brief(ctx, e)
	if err != nil {
		return err
	}
	variant := report.Chosen(rep, "")
	item.Conclusion = report.Conclude(rep, variant)
	if e.Kind != profiler.KindComparison {
		return nil
	}
	for _, c := range rep.Comparisons {
		if c.Variant == variant && c.Primary {
			item.Comparisons = append(item.Comparisons, c)
		}
	}
	return nil
}

// brief returns what lists show of an experiment.
func (a *App) brief(ctx context.Context, e profiler.Experiment) (report.Report, error) {
	if e.Config.Count == 0 {
		totals, err := a.Store.ImportedTotals(ctx, e.ID)
		return report.NewImportReport(e, totals, ""), err
	}
	judgments, err := a.judgments(ctx, e)
	if err != nil {
		return report.Report{}, err
	}
	last := report.LastJudgment(judgments)
	if e.Design.Subject == profiler.SubjectCommand { // its verdicts need the runs
		runs, err := a.Store.Runs(ctx, e.ID)
		return report.NewReport(e, runs, last.Calibration), err
	}
	samples, err := a.Store.Samples(ctx, e.ID)
	if err != nil {
		return report.Report{}, err
	}
	return report.NewBrief(e, samples, last), nil
}

func (a *App) cases(w http.ResponseWriter, r *http.Request) error {
	p := views.CasesPage{Cases: a.Builtin.Cases, Results: map[string]views.CaseResult{}}
	for i := range a.Builtin.Cases {
		c := &a.Builtin.Cases[i]
		result, err := a.caseResult(r.Context(), c)
		if err != nil {
			return err
		}
		p.Results[c.Name] = result
	}
	return render(w, r, http.StatusOK, views.Cases(p))
}

func (a *App) showCase(w http.ResponseWriter, r *http.Request) error {
	name := chi.URLParam(r, "case")
	c := builtin.Find(a.Builtin.Cases, name)
	if c == nil {
		return a.showRemovedCase(w, r, name)
	}
	past, err := a.Store.History(r.Context(), store.Filter{Subject: profiler.CaseSubject(c.Name), Limit: pastLimit})
	if err != nil {
		return err
	}
	p := views.CasePage{Case: *c}
	if p.Result, err = a.caseResult(r.Context(), c); err != nil {
		return err
	}
	if p.Past, err = a.items(r.Context(), past.Experiments); err != nil {
		return err
	}
	if defaults, faults := c.Resolve(nil); faults == nil {
		p.Predictions = c.Predictions(defaults)
		e := profiler.Experiment{Design: c.Design(defaults), Config: profiler.DefaultConfig(child.TotalMemory())}
		if p.Calibrate, err = a.calibrateForm(r.Context(), e); err != nil {
			return err
		}
	}
	return render(w, r, http.StatusOK, views.Case(p))
}
