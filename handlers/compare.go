package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/store"
	"heaplab/views"
)

// Limits of a comparison, in experiments or variants.
const (
	minColumns = 2
	maxColumns = 8
)

// candidates is the number of experiments that the page offers.
const candidates = 20

// compare shows experiments side by side, or a list to choose them from.
func (a *App) compare(w http.ResponseWriter, r *http.Request) error {
	columns, err := a.columns(r)
	p := views.ComparePage{IDs: columnNames(columns)}
	var faults profiler.Faults
	if err != nil && !errors.As(err, &faults) {
		return err
	}
	if p.Faults = faults; len(faults) > 0 {
		p.IDs = r.URL.Query()["id"] // as in the address
	}
	if p.Candidates, err = a.candidates(r.Context(), columns); err != nil {
		return err
	}
	status := http.StatusOK
	switch {
	case len(faults) > 0:
		status = http.StatusUnprocessableEntity
	case len(columns) >= minColumns:
		noise, difference := report.CommonNoise(columns)
		sideBySide := report.NewSideBySide(columns, noise)
		if difference != "" {
			sideBySide.Differences = append(sideBySide.Differences, difference)
		}
		p.SideBySide = &sideBySide
	}
	return render(w, r, status, views.Compare(p))
}

// columns returns the columns that the address names: an experiment by its id, a variant as 12:float32.
func (a *App) columns(r *http.Request) ([]report.Column, error) {
	names := r.URL.Query()["id"]
	if len(names) > maxColumns {
		return nil, compareFault(fmt.Sprintf("%d are too many: choose 2 to %d", len(names), maxColumns))
	}
	var columns []report.Column
	for _, name := range names {
		number, variant, _ := strings.Cut(name, ":")
		id, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, compareFault(fmt.Sprintf("%q is not an experiment: write its number, such as 12, or one of its variants, such as 12:float32", name))
		}
		e, runs, err := a.load(r.Context(), id)
		if errors.Is(err, store.ErrNotFound) {
			return nil, compareFault(fmt.Sprintf("there is no experiment %d", id))
		}
		if err != nil {
			return nil, err
		}
		rep, err := a.report(r, e, runs)
		if err != nil {
			return nil, err
		}
		switch has := func(v report.VariantReport) bool { return v.Name == variant }; {
		case !e.State.Terminal():
			return nil, compareFault(fmt.Sprintf("experiment %d has not ended", id))
		case e.Kind != profiler.KindComparison:
			return nil, compareFault(fmt.Sprintf("experiment %d is a %s: choose comparisons", id, e.Kind))
		case variant != "" && !slices.ContainsFunc(rep.Variants, has):
			return nil, compareFault(fmt.Sprintf("experiment %d has no variant %q", id, variant))
		}
		column := report.Column{Report: rep, Variant: variant}
		if !slices.Contains(columnNames(columns), column.Name()) { // 2 and 02 are the same
			columns = append(columns, column)
		}
	}
	return columns, nil
}

func columnNames(columns []report.Column) []string {
	var names []string
	for _, c := range columns {
		names = append(names, c.Name())
	}
	return names
}

func compareFault(message string) profiler.Faults {
	return profiler.Faults{{Field: "id", Message: message}}
}

// candidates returns finished comparisons to add: those of the first column's subject, or else of all
// subjects.
func (a *App) candidates(ctx context.Context, columns []report.Column) ([]views.HistoryItem, error) {
	var subjects []string
	if len(columns) > 0 {
		subjects = []string{columns[0].Report.Subject}
	} else {
		for _, s := range a.Queue.Subjects {
			subjects = append(subjects, s.Kind())
		}
	}
	var found []profiler.Experiment
	for _, subject := range subjects {
		page, err := a.Store.History(ctx, store.Filter{
			Subject: subject, Kind: profiler.KindComparison, State: profiler.Done, Limit: candidates,
		})
		if err != nil {
			return nil, err
		}
		found = append(found, page.Experiments...)
	}
	found = slices.DeleteFunc(found, func(e profiler.Experiment) bool { return e.Damaged != "" })
	slices.SortStableFunc(found, pinnedThenNewest)
	return a.items(ctx, found[:min(len(found), candidates)])
}

// pinnedThenNewest orders experiments as the history does.
func pinnedThenNewest(a, b profiler.Experiment) int {
	if a.Pinned != b.Pinned {
		if a.Pinned {
			return -1
		}
		return 1
	}
	return cmp.Compare(b.ID, a.ID)
}

// compareProfiles shows two profiles of the columns.
func (a *App) compareProfiles(w http.ResponseWriter, r *http.Request) error {
	p, err := a.loadComparedProfiles(r)
	if err != nil {
		return err
	}
	return render(w, r, profileStatus(p), views.Profile(p))
}

// comparedPicture serves the graph of that page as an SVG picture.
func (a *App) comparedPicture(w http.ResponseWriter, r *http.Request) error {
	p, err := a.loadComparedProfiles(r)
	if err != nil {
		return err
	}
	return renderPicture(w, r, p)
}

func (a *App) loadComparedProfiles(r *http.Request) (views.ProfilePage, error) {
	columns, err := a.columns(r)
	switch {
	case err != nil:
		return views.ProfilePage{}, err
	case len(columns) == 0:
		return views.ProfilePage{}, store.ErrNotFound
	}
	rep := report.NewSideBySide(columns, nil).Profiles
	rep.Title = "side by side"
	p, err := newProfilePage(r.URL.Query(), rep)
	if err != nil {
		return p, err
	}
	ids := url.Values{"id": columnNames(columns)}
	p.Base, p.Path, p.Fixed = "/compare?"+ids.Encode(), "/compare/profile", ids
	return p, a.loadView(r.Context(), &p)
}
