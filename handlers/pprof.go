package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"heaplab/handlers/pprofui"
	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
	"heaplab/store"
	"heaplab/views"
)

// pprofPage shows a profile with pprof's own pages, or the command that opens it with pprof.
func (a *App) pprofPage(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	view := chi.URLParam(r, "view")
	if view != "" && !slices.Contains(pprofui.Views, view) {
		return store.ErrNotFound
	}
	e, runs, err := a.load(r.Context(), id)
	if err != nil {
		return err
	}
	rep, err := a.report(r, e, runs)
	if err != nil {
		return err
	}
	variant, kind := chi.URLParam(r, "variant"), profiler.RunKind(chi.URLParam(r, "kind"))
	profile := rep.Profile(variant, kind)
	if profile == nil {
		return store.ErrNotFound
	}
	if view == "" {
		to := pprofURL(id, variant, kind) + pprofui.Views[0]
		if r.URL.RawQuery != "" {
			to += "?" + r.URL.RawQuery
		}
		http.Redirect(w, r, to, http.StatusFound)
		return nil
	}
	file, err := a.Store.Profile(r.Context(), id, variant, kind, "")
	if err != nil {
		return err
	}
	page, err := a.viewer.Render(r.Context(), pprofui.Request{
		SHA256:   profile.SHA256,
		Gzip:     file,
		View:     view,
		Query:    r.URL.Query(),
		Name:     words.Plain(variant + "." + string(kind)),
		Back:     fmt.Sprintf("/experiments/%d", id),
		BackText: fmt.Sprintf("Experiment %d", id),
	})
	var refused pprofui.Refusal
	var mistake pprofui.Mistake
	switch {
	case errors.As(err, &refused):
		return pprofElsewhere(w, r, rep, *profile, refused)
	case errors.As(err, &mistake):
		return badRequest(mistake)
	case err != nil:
		return err
	}
	h := w.Header()
	h.Set("Content-Security-Policy", pprofui.ContentSecurityPolicy)
	h.Del("Cross-Origin-Opener-Policy") // browsers report an error for it on a sandboxed page, which has no origin
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "private, no-cache")
	_, _ = w.Write(page)
	return nil
}

// pprofElsewhere says why a profile is not shown here, and which commands open it.
func pprofElsewhere(w http.ResponseWriter, r *http.Request, rep report.Report, p report.ProfileReport, reason pprofui.Refusal) error {
	return render(w, r, http.StatusOK, views.Pprof(views.PprofPage{
		Report:  rep,
		Profile: p,
		Reason:  string(reason),
		Commands: []views.Command{
			{Title: "In a browser", Lines: []string{pprofLine(p, "-http=:")}},
			{Title: "In a terminal", Lines: []string{pprofLine(p)}},
		},
	}))
}

// pprofURL returns the address of pprof's own pages of a profile.
func pprofURL(id int64, variant string, kind profiler.RunKind) string {
	return fmt.Sprintf("/experiments/%d/pprof/%s/%s/", id, url.PathEscape(variant), url.PathEscape(string(kind)))
}

// pprofLine returns the command that opens a profile with pprof.
func pprofLine(p report.ProfileReport, flags ...string) string {
	command := append([]string{"go tool pprof"}, flags...)
	return strings.Join(append(command, "-symbolize=none", "'"+p.URL+"'"), " ")
}
