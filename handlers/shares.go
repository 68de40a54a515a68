package handlers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/store"
	"heaplab/views"
)

// Limits of the lifetime of a link.
const (
	minExpiry     = time.Minute
	maxExpiry     = 366 * 24 * time.Hour
	defaultExpiry = 30 * 24 * time.Hour
)

// parseExpiry reads the lifetime of a link. The default is 30 days.
func parseExpiry(s string) (time.Duration, error) {
	if s == "" {
		return defaultExpiry, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < minExpiry || d > maxExpiry {
		return 0, profiler.Faults{{Field: "expires_in", Message: "must be a time such as 720h, from 1m to 8784h"}}
	}
	return d, nil
}

// share stores the report of an experiment that has ended, and returns a new link to it.
func (a *App) share(r *http.Request, id int64, expiresIn string, profiles bool) (s store.Share, token, link string, err error) {
	expiry, err := parseExpiry(expiresIn)
	if err != nil {
		return s, "", "", err
	}
	e, runs, err := a.load(r.Context(), id)
	if err != nil {
		return s, "", "", err
	}
	if !presentable(e, runs) {
		return s, "", "", store.ErrConflict
	}
	rep, err := a.report(r, e, runs)
	if err != nil {
		return s, "", "", err
	}
	rep.Output = "" // it may contain private data
	hideFiles(&rep)
	frozen, err := json.Marshal(rep)
	if err != nil {
		return s, "", "", err
	}
	now := time.Now()
	s, token, err = a.Store.AddShare(r.Context(), id, frozen, profiles, now, now.Add(expiry))
	return s, token, a.base(r) + "/s/" + token, err
}

// linkCookie carries the token of a new link to the page that shows it. The database holds only the
// hash of the token.
const (
	linkCookie = "heaplab-link"
	linkShown  = 10 * time.Minute
)

// addShare creates a link and redirects to the list of links.
func (a *App) addShare(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := readForm(r); err != nil {
		return err
	}
	_, token, _, err := a.share(r, id, r.PostForm.Get("expires_in"), r.PostForm.Get("include_profiles") != "")
	if err != nil {
		return err
	}
	path := fmt.Sprintf("/experiments/%d/shares", id)
	http.SetCookie(w, &http.Cookie{
		Name:     linkCookie,
		Value:    token,
		Path:     path,
		MaxAge:   int(linkShown.Seconds()),
		HttpOnly: true,
		SameSite: http.SameSiteStrictMode,
		Secure:   strings.HasPrefix(a.base(r), "https:"),
	})
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}

// newLink returns the link that was just created, or "".
func (a *App) newLink(r *http.Request, experiment int64) string {
	cookie, err := r.Cookie(linkCookie)
	if err != nil {
		return ""
	}
	s, err := a.Store.Shared(r.Context(), cookie.Value, time.Now())
	if err != nil || s.Experiment != experiment {
		return ""
	}
	return a.base(r) + "/s/" + cookie.Value
}

// shares lists the links to a report.
func (a *App) shares(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	e, err := a.Store.Experiment(r.Context(), id)
	if err != nil {
		return err
	}
	shares, err := a.Store.Shares(r.Context(), id)
	if err != nil {
		return err
	}
	p := views.SharesPage{ID: id, Title: e.Design.Title, Link: a.newLink(r, id), Now: time.Now()}
	for _, s := range shares {
		p.Shares = append(p.Shares, views.ShareItem{
			ID:       s.ID,
			Hint:     s.Hint,
			Created:  s.Created,
			Expires:  s.Expires,
			Revoked:  s.Revoked,
			Profiles: s.Profiles,
		})
	}
	return render(w, r, http.StatusOK, views.Shares(p))
}

func (a *App) revokeShare(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	experiment, err := a.Store.Revoke(r.Context(), id, time.Now())
	if err != nil {
		return err
	}
	http.Redirect(w, r, fmt.Sprintf("/experiments/%d/shares", experiment), http.StatusSeeOther)
	return nil
}

// shared shows the report of a share as it was when the link was created.
func (a *App) shared(w http.ResponseWriter, r *http.Request) error {
	p, err := a.sharedPage(r)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.Report(p))
}

// sharedReport returns the share of a token, and its report.
func (a *App) sharedReport(r *http.Request, token string) (store.SharedReport, report.Report, error) {
	var rep report.Report
	s, err := a.Store.Shared(r.Context(), token, time.Now())
	if err != nil {
		return s, rep, err
	}
	if err := json.Unmarshal(s.Report, &rep); err != nil {
		return s, rep, fmt.Errorf("share: %w: %w", store.ErrDamaged, err)
	}
	hideFiles(&rep)
	return s, rep, nil
}

// hideFiles removes the addresses of the single files of an import, which are not part of a share.
func hideFiles(rep *report.Report) {
	for i := range rep.Profiles {
		for n := range rep.Profiles[i].Files {
			rep.Profiles[i].Files[n].URL = ""
		}
	}
}

func (a *App) sharedPage(r *http.Request) (views.ReportPage, error) {
	token := chi.URLParam(r, "token")
	s, rep, err := a.sharedReport(r, token)
	if err != nil {
		return views.ReportPage{}, err
	}
	self := "/s/" + token
	rep.URL = a.base(r) + self
	for i := range rep.Profiles {
		p := &rep.Profiles[i]
		if p.URL = ""; s.Profiles {
			p.URL = fmt.Sprintf("%s/%s.pb.gz?kind=%s%s", rep.URL, p.Variant, p.Kind, rowQuery(p.Row))
		}
	}
	p, err := a.newReportPage(r, rep, self, self+"/diff.pb.gz")
	p.Shared, p.Expires = true, s.Expires
	return p, err
}

// sharedProfile serves a profile of a share that includes profiles.
func (a *App) sharedProfile(w http.ResponseWriter, r *http.Request) error {
	s, err := a.Store.Shared(r.Context(), chi.URLParam(r, "token"), time.Now())
	if err != nil {
		return err
	}
	if !s.Profiles {
		return store.ErrNotFound
	}
	variant, row := chi.URLParam(r, "variant"), r.URL.Query().Get(rowField)
	file, err := a.Store.Profile(r.Context(), s.Experiment, variant, profileKind(r), row)
	if err != nil {
		return err
	}
	serveProfile(w, profileName(variant, row, profileKind(r)), file)
	return nil
}

// profileKind returns the kind of profile that ?kind= names; the default is allocs.
func profileKind(r *http.Request) profiler.RunKind {
	if kind := r.URL.Query().Get("kind"); kind != "" {
		return profiler.RunKind(kind)
	}
	return profiler.Allocs
}

// profileName returns the name of the file of a profile. row is "" if there is only one.
func profileName(variant, row string, kind profiler.RunKind) string {
	if row != "" {
		variant += "." + row
	}
	return variant + "." + string(kind) + ".pb.gz"
}

// serveProfile sends a gzip file without a Content-Encoding: go tool pprof decompresses it itself.
func serveProfile(w http.ResponseWriter, name string, file []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", disposition("attachment", name))
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(file)
}
