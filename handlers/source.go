package handlers

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/listing"
	"heaplab/profiler/report"
	"heaplab/store"
	"heaplab/views"
)

// source shows the lines of the cases' code with their values in two profiles of an experiment.
func (a *App) source(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	e, runs, err := a.load(r.Context(), id)
	if err != nil {
		return err
	}
	rep, err := a.report(r, e, runs)
	if err != nil {
		return err
	}
	return a.showSource(w, r, views.SourcePage{Report: rep})
}

// sharedSource shows the same of a shared report.
func (a *App) sharedSource(w http.ResponseWriter, r *http.Request) error {
	s, rep, err := a.sharedReport(r, chi.URLParam(r, "token"))
	if err != nil {
		return err
	}
	return a.showSource(w, r, views.SourcePage{Report: rep, Shared: true, Expires: s.Expires})
}

func (a *App) showSource(w http.ResponseWriter, r *http.Request, p views.SourcePage) error {
	p.SelfURL = r.URL.Path
	p.ReportURL = strings.TrimSuffix(p.SelfURL, "/source")
	choose(&p, r)
	function := r.URL.Query().Get("fn")
	before, after, err := a.sides(r.Context(), &p)
	switch {
	case err != nil:
		return err
	case p.Missing != "":
		if _, known := a.Code.Find(function); function != "" && !known {
			return store.ErrNotFound
		}
		return render(w, r, http.StatusOK, views.Source(p))
	}
	p.Listings = a.Code.Annotate(before, after)
	if function == "" {
		return render(w, r, http.StatusOK, views.Source(p))
	}
	i := slices.IndexFunc(p.Listings, func(l listing.Listing) bool {
		return l.String() == function || slices.Contains(l.Functions, function)
	})
	if i < 0 {
		found, known := a.Code.Find(function)
		if !known {
			return store.ErrNotFound
		}
		if i = slices.IndexFunc(p.Listings, func(l listing.Listing) bool { return l.Declaration == found.Declaration }); i < 0 {
			i, p.Listings = len(p.Listings), append(p.Listings, found)
		}
	}
	p.Chosen = p.Listings[i].String()
	return render(w, r, http.StatusOK, views.Source(p))
}

// choose reads from a query which profiles to compare. It ignores values that do not exist.
func choose(p *views.SourcePage, r *http.Request) {
	query, variants := r.URL.Query(), p.Report.Variants
	p.Before, p.After = variants[0].Name, variants[len(variants)-1].Name
	for _, v := range variants {
		if v.Name == query.Get("before") {
			p.Before = v.Name
		}
		if v.Name == query.Get("after") {
			p.After = v.Name
		}
	}
	if p.Kind = profiler.Allocs; query.Get("kind") == string(profiler.Peak) {
		p.Kind = profiler.Peak
	}
	p.Type = heap.Type(query.Get("type"))
}

// sides returns the two profiles of a page. If their lines cannot be shown, it sets p.Missing.
func (a *App) sides(ctx context.Context, p *views.SourcePage) (before, after *heap.Digest, err error) {
	if p.Missing = a.strange(p.Report); p.Missing != "" {
		return nil, nil, nil
	}
	if before, p.BeforeCalls, err = a.side(ctx, p, p.Before); err != nil || p.Missing != "" {
		return nil, nil, err
	}
	if after, p.AfterCalls, err = a.side(ctx, p, p.After); err != nil || p.Missing != "" {
		return nil, nil, err
	}
	for _, t := range before.Types {
		if slices.Contains(after.Types, t) {
			p.Types = append(p.Types, t)
		}
	}
	if len(p.Types) == 0 {
		p.Missing = "The two profiles have no type of values in common."
		return nil, nil, nil
	}
	if !slices.Contains(p.Types, p.Type) {
		if p.Type = views.DefaultType(p.Kind); !slices.Contains(p.Types, p.Type) {
			p.Type = p.Types[0]
		}
	}
	return before, after, nil
}

// side returns the profile of a variant, and the number of operations that its values span.
func (a *App) side(ctx context.Context, p *views.SourcePage, variant string) (*heap.Digest, int64, error) {
	profile := p.Report.Profile(variant, p.Kind)
	if profile == nil {
		p.Missing = fmt.Sprintf("There is no %s profile of %s. Sweeps and calibrations have no profiles, and an experiment that ended early can lack one.", p.Kind, variant)
		return nil, 0, nil
	}
	d, fault, err := a.Store.Digest(ctx, profile.SHA256)
	p.Missing = fault
	if p.Kind == profiler.Peak {
		return d, 1, err
	}
	return d, max(profile.Calls, 1), err
}

// strange says why this program's code may not be the code that a report's profiles are about. It
// returns "" if it is.
func (a *App) strange(rep report.Report) string {
	switch measured := rep.Environment["code"]; {
	case measured == "":
		return "The version of the measured code is not known: an older heaplab measured it, or another program. Its lines may differ from the lines of this program, so none are shown."
	case measured != a.Code.Version:
		return "The built-in code has changed since this was measured. Its lines may differ from the lines of this program, so none are shown."
	}
	return ""
}

// sourceURL returns the address of a report's source lines, or "" if it has none.
func sourceURL(rep report.Report, self string) string {
	if self == "" || len(rep.Profiles) == 0 || rep.Environment["code"] == "" {
		return ""
	}
	return self + "/source"
}
