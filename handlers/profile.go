package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"

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
	p, err := newProfilePage(r.URL.Query(), rep)
	if err != nil {
		return p, err
	}
	p.Base, p.Path, p.Shared = base, base+"/profile", isShare(r)
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
	p.Base, p.Path, p.Shared = base, base+"/profile", isShare(r)
	if err == nil {
		err = a.loadDiff(r.Context(), &p)
	}
	return &p, err
}

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
	q.Type = heap.Type(f.choice("type", string(views.DefaultType(q.Kind)), typeNames()...))
	q.Per = f.choice("per", views.DefaultPer(q.Kind), views.PerOp, views.PerTotal, views.PerShare)
	q.Width = f.choice("width", p.Defaults.Width, views.WidthBoth, views.WidthBefore, views.WidthAfter, views.WidthChange)
	q.By = f.choice("by", p.Defaults.By, views.ByFunction, views.ByPackage)
	q.Sort = f.choice("sort", p.Defaults.Sort, views.SortColumns...)
	q.Focus, q.Search, q.Package = query.Get("focus"), query.Get("q"), query.Get("package")
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

// fields reads the fields of a query and collects their faults.
type fields struct {
	query  url.Values
	faults profiler.Faults
}

// choice returns a field that has one of a few values, or the standard value.
func (f *fields) choice(name, standard string, words ...string) string {
	return choice(f, name, standard, words...)
}

func choice[T ~string](f *fields, name string, standard T, words ...T) T {
	value := T(f.query.Get(name))
	switch {
	case value == "":
		return standard
	case slices.Contains(words, value):
		return value
	}
	f.faults = append(f.faults, profiler.Fault{Field: name, Message: fmt.Sprintf("%q is not a valid choice", value)})
	return standard
}

// Limits of a regular expression: bytes of its text, and instructions of its compiled program, which
// decide the time that a match takes.
const (
	maxPattern = 500
	maxProgram = 500
)

// pattern returns a field that is a regular expression (RE2), or nil if it is empty or invalid.
func (f *fields) pattern(name string, foldCase bool) *regexp.Regexp {
	text := f.query.Get(name)
	if text == "" {
		return nil
	}
	if len(text) > maxPattern {
		f.faults = append(f.faults, profiler.Fault{Field: name, Message: fmt.Sprintf("is longer than %d bytes", maxPattern)})
		return nil
	}
	flags := ""
	if foldCase {
		flags = "(?i)"
	}
	if programSize(flags+text) > maxProgram {
		f.faults = append(f.faults, profiler.Fault{Field: name, Message: "is too complex: use a simpler expression, with smaller repetitions"})
		return nil
	}
	pattern, err := regexp.Compile(flags + text)
	if err != nil {
		message := fmt.Sprintf("%q is not a valid regular expression (RE2)", text)
		if e, ok := errors.AsType[*syntax.Error](err); ok {
			message += ": " + e.Code.String()
		}
		f.faults = append(f.faults, profiler.Fault{Field: name, Message: message})
		return nil
	}
	return pattern
}

// programSize returns the number of instructions of a compiled expression, or 0 if it is invalid.
func programSize(text string) int {
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return 0
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return 0
	}
	return len(program.Inst)
}

const maxDepth = 10_000

func (f *fields) depth() int {
	text := f.query.Get("depth")
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxDepth {
		f.faults = append(f.faults, profiler.Fault{Field: "depth", Message: fmt.Sprintf("must be a number from 1 to %d, or empty for all rows", maxDepth)})
		return 0
	}
	return n
}

// loadDiff loads the two profiles of the page, or says why they cannot be shown.
func (a *App) loadDiff(ctx context.Context, p *views.ProfilePage) error {
	var digests [2]*heap.Digest
	for i, variant := range []string{p.Query.Before, p.Query.After} {
		of := p.Report.Profile(variant, p.Query.Kind)
		if of == nil {
			p.Missing = fmt.Sprintf("There is no %s profile of %s: %s.", p.Query.Kind, variant, missingWord(p.Report))
			return nil
		}
		d, fault, err := a.Store.Digest(ctx, of.SHA256)
		if err != nil {
			return err
		}
		if fault != "" {
			p.Missing = fmt.Sprintf("The %s profile of %s is stored, but cannot be shown. %s", p.Query.Kind, variant, fault)
			return nil
		}
		digests[i] = d
		p.Sides[i] = views.ProfileSide{Name: variant, Period: d.Period}
		if p.Query.Kind == profiler.Allocs {
			p.Sides[i].Calls = of.Calls
		}
	}
	p.Diff = heap.NewDiff(digests[0], digests[1])
	if p.Query.Focus != "" {
		if p.Named = p.Diff.Named(p.Query.Focus); len(p.Named) == 1 {
			p.Query.Focus, p.Selection.Focus = p.Named[0], p.Named[0]
		}
	}
	if len(p.Diff.Types) == 0 {
		p.Missing = "The two profiles have no type of sample in common."
		return nil
	}
	if !slices.Contains(p.Diff.Types, p.Query.Type) {
		p.Query.Type = p.Diff.Types[0]
		p.Selection.Type = p.Query.Type
	}
	if p.Query.Per == views.PerOp && (p.Sides[0].Calls < 1 || p.Sides[1].Calls < 1) {
		p.Query.Per = views.PerTotal
	}
	p.Graph = p.Diff.Graph(p.Selection)
	return nil
}

// missingWord says why a profile is missing.
func missingWord(rep report.Report) string {
	if rep.State != "" && !rep.State.Terminal() {
		return "the experiment has not written it yet"
	}
	return "the experiment ended before writing it"
}

// loadVariants loads the difference between each variant and the first profile of the page.
func (a *App) loadVariants(ctx context.Context, p *views.ProfilePage) error {
	names := []string{p.Query.Before}
	for _, v := range p.Report.Variants {
		if v.Name != p.Query.Before {
			names = append(names, v.Name)
		}
	}
	for _, name := range names {
		one := *p
		one.Query.After, one.Query.Width = name, views.WidthAfter
		if err := a.loadDiff(ctx, &one); err != nil {
			return err
		}
		p.Variants = append(p.Variants, one)
	}
	return nil
}
