package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/go-chi/chi/v5"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/report"
	"heaplab/store"
	"heaplab/views"
)

// profilePage shows two heap profiles of an experiment.
func (a *App) profilePage(w http.ResponseWriter, r *http.Request) error {
	p, err := a.loadProfilePage(r)
	if err != nil {
		return err
	}
	return render(w, r, profileStatus(p), views.Profile(p))
}

func profileStatus(p views.ProfilePage) int {
	if len(p.Faults) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// pictureSecurityPolicy allows a picture only its own inline style.
const pictureSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

// flamePicture serves the flame graph of a page as an SVG picture.
func (a *App) flamePicture(w http.ResponseWriter, r *http.Request) error {
	p, err := a.loadProfilePage(r)
	if err != nil {
		return err
	}
	return renderPicture(w, r, p)
}

func renderPicture(w http.ResponseWriter, r *http.Request, p views.ProfilePage) error {
	switch {
	case len(p.Faults) > 0:
		return p.Faults
	case p.Missing != "":
		return store.ErrNotFound
	}
	w.Header().Set("Content-Security-Policy", pictureSecurityPolicy)
	return renderAs(w, r, http.StatusOK, "image/svg+xml", views.FlameSVG(p))
}

// loadProfilePage loads the page of the profiles of an experiment or of a share.
func (a *App) loadProfilePage(r *http.Request) (views.ProfilePage, error) {
	rep, base, err := a.profileReport(r)
	if err != nil {
		return views.ProfilePage{}, err
	}
	at := profiledRow(r, rep)
	p, err := newProfilePage(r.URL.Query(), at)
	if err != nil {
		return p, err
	}
	p.Base, p.Path, p.Shared, p.Fixed, p.Rows = base, base+"/profile", isShare(r), kept(r, at), profiledRows(rep)
	return p, a.loadView(r.Context(), &p)
}

// loadView loads the profiles that the view shows.
func (a *App) loadView(ctx context.Context, p *views.ProfilePage) error {
	if err := a.loadDiff(ctx, p); err != nil || p.Missing != "" || p.Query.View != views.ViewVariants {
		return err
	}
	return a.loadVariants(ctx, p)
}

// reportFlame returns the flame graph that a report contains: of the chosen variant, and of the kind
// that ?kind= names or else that the verdict depends on. It returns nil if there are no profiles.
func (a *App) reportFlame(r *http.Request, rep report.Report, base, after string) (*views.ProfilePage, error) {
	query := url.Values{}
	if after != "" {
		query.Set("after", after)
	}
	kinds := []profiler.RunKind{profiler.RunKind(r.URL.Query().Get("kind")), report.RelevantProfile(rep, after), profiler.Allocs}
	for _, kind := range kinds {
		if rep.Profile(after, kind) != nil {
			query.Set("kind", string(kind))
			break
		}
	}
	p, err := newProfilePage(query, rep)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	p.Base, p.Path, p.Shared, p.Fixed = base, base+"/profile", isShare(r), kept(r, rep)
	if err == nil {
		err = a.loadDiff(r.Context(), &p)
	}
	return &p, err
}

// divideBy is the field of an address that chooses what the values of an import are divided by.
const divideBy = "divide"

// profileReport returns the report of the address, and the path of its page.
func (a *App) profileReport(r *http.Request) (report.Report, string, error) {
	if token := chi.URLParam(r, "token"); token != "" {
		_, rep, err := a.sharedReport(r, token)
		return rep, "/s/" + token, err
	}
	id, err := pathID(r)
	if err != nil {
		return report.Report{}, "", err
	}
	e, runs, err := a.load(r.Context(), id)
	if err != nil {
		return report.Report{}, "", err
	}
	rep, err := a.report(r, e, runs)
	return rep, fmt.Sprintf("/experiments/%d", id), err
}

// newProfilePage reads a query. It replaces invalid values with the defaults, and adds faults for
// them.
func newProfilePage(query url.Values, rep report.Report) (views.ProfilePage, error) {
	p := views.ProfilePage{Report: rep}
	for _, kind := range []profiler.RunKind{profiler.Allocs, profiler.Peak, profiler.Imported} {
		if slices.ContainsFunc(rep.Profiles, func(of report.ProfileReport) bool { return of.Kind == kind }) {
			p.Kinds = append(p.Kinds, kind)
		}
	}
	if len(p.Kinds) == 0 {
		return p, store.ErrNotFound
	}
	var names []string
	for _, v := range rep.Variants {
		names = append(names, v.Name)
	}
	p.Defaults = views.ProfileQuery{
		View: views.ViewGraph, Before: names[0], After: report.Chosen(rep, ""), Kind: p.Kinds[0], Width: views.WidthBoth, By: views.ByFunction, Sort: "change",
	}
	f := fields{query: query}
	q := &p.Query
	q.View = f.choice("view", p.Defaults.View, views.ViewGraph, views.ViewCalls, views.ViewTop, views.ViewVariants)
	q.Before = f.choice("before", p.Defaults.Before, names...)
	q.After = f.choice("after", p.Defaults.After, names...)
	q.Kind = choice(&f, "kind", p.Defaults.Kind, p.Kinds...)
	standard := views.DefaultType(q.Kind)
	if q.Kind == profiler.Imported {
		p.Defaults.Type = report.LeadingType(rep)
		standard = cmp.Or(p.Defaults.Type, standard)
	}
	q.Type = heap.Type(f.choice("type", string(standard), typeNames()...))
	q.Per = f.choice("per", views.DefaultPer(rep, q.Kind), views.PerOp, views.PerTotal, views.PerShare, views.PerProfile, views.PerCount, views.PerSecond)
	q.Width = f.choice("width", p.Defaults.Width, views.WidthBoth, views.WidthBefore, views.WidthAfter, views.WidthChange)
	q.By = f.choice("by", p.Defaults.By, views.ByFunction, views.ByPackage)
	q.Sort = f.choice("sort", p.Defaults.Sort, views.SortColumns...)
	q.Focus, q.Search, q.Label, q.Package = query.Get("focus"), query.Get("q"), query.Get("label"), query.Get("package")
	q.Ignore, q.Hide, q.From = query.Get("ignore"), query.Get("hide"), query.Get("from")
	q.Depth = f.depth()
	q.All = query.Get("all") == "1"
	p.Search = f.pattern("q", true)
	p.Selection = heap.Selection{
		Type: q.Type, Focus: q.Focus, Ignore: f.pattern("ignore", false), Hide: f.pattern("hide", false), ShowFrom: f.pattern("from", false),
	}
	p.Faults = f.faults
	return p, nil
}

func typeNames() []string {
	var names []string
	for _, t := range heap.Types {
		names = append(names, string(t))
	}
	return names
}
