package handlers

import (
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

// How many experiments or variants stand side by side.
const (
	leastParts = 2
	mostParts  = 8
)

// candidates is how many experiments the page of comparisons offers to choose from.
const candidates = 20

// compare shows experiments beside each other, or which there are to choose from.
func (a *App) compare(w http.ResponseWriter, r *http.Request) error {
	parts, err := a.parts(r)
	p := views.ComparePage{IDs: partNames(parts)}
	var faults profiler.Faults
	if err != nil && !errors.As(err, &faults) {
		return err
	}
	if p.Faults = faults; len(faults) > 0 {
		p.IDs = r.URL.Query()["id"] // as they were asked for
	}
	if p.Candidates, err = a.candidates(r.Context(), parts); err != nil {
		return err
	}
	status := http.StatusOK
	switch {
	case len(faults) > 0:
		status = http.StatusUnprocessableEntity
	case len(parts) >= leastParts:
		noise, err := a.commonNoise(r.Context(), parts)
		if err != nil {
			return err
		}
		together := report.NewTogether(parts, noise)
		p.Together = &together
	}
	return render(w, r, status, views.Compare(p))
}

// parts reads what the address names: experiments by their ids, variants as 12:float32.
func (a *App) parts(r *http.Request) ([]report.Part, error) {
	names := r.URL.Query()["id"]
	if len(names) > mostParts {
		return nil, compareFault(fmt.Sprintf("%d are too many: choose two to %d", len(names), mostParts))
	}
	var parts []report.Part
	for _, name := range names {
		number, variant, _ := strings.Cut(name, ":")
		id, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, compareFault(fmt.Sprintf("%q is neither the number of an experiment nor one with a variant, such as 12:float32", name))
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
		case !rep.Measured():
			return nil, compareFault(fmt.Sprintf("experiment %d is an import, which was not measured here; only comparisons of variants can be compared", id))
		case e.Kind != profiler.KindComparison:
			return nil, compareFault(fmt.Sprintf("experiment %d is a %s; only comparisons of variants can be compared", id, e.Kind))
		case variant != "" && !slices.ContainsFunc(rep.Variants, has):
			return nil, compareFault(fmt.Sprintf("experiment %d has no variant %q", id, variant))
		}
		part := report.Part{Report: rep, Variant: variant}
		if !slices.Contains(partNames(parts), part.Name()) { // 2 and 02 are the same
			parts = append(parts, part)
		}
	}
	return parts, nil
}

func partNames(parts []report.Part) []string {
	var names []string
	for _, p := range parts {
		names = append(names, p.Name())
	}
	return names
}

func compareFault(message string) profiler.Faults {
	return profiler.Faults{{Field: "id", Message: message}}
}

// commonNoise is the calibration of the first part, where it holds for the machine of all.
func (a *App) commonNoise(ctx context.Context, parts []report.Part) (*report.Calibration, error) {
	t := report.Together{Parts: parts}
	if t.Machine() == "" {
		return nil, nil
	}
	return parts[0].Report.Calibration, nil
}

// candidates are finished experiments to add, those of the first part's case where there is one.
func (a *App) candidates(ctx context.Context, parts []report.Part) ([]views.HistoryItem, error) {
	filter := store.Filter{Kind: profiler.KindComparison, State: profiler.Done, Limit: candidates}
	if len(parts) > 0 {
		filter.Subject = parts[0].Report.Subject
	}
	page, err := a.Store.History(ctx, filter)
	if err != nil {
		return nil, err
	}
	return a.items(ctx, page.Experiments)
}

// compareProfiles shows the profiles of parts, any two at a time.
func (a *App) compareProfiles(w http.ResponseWriter, r *http.Request) error {
	p, err := a.loadComparedProfiles(r)
	if err != nil {
		return err
	}
	return render(w, r, profileStatus(p), views.Profile(p))
}

// comparedPicture is the graph of that page as a picture.
func (a *App) comparedPicture(w http.ResponseWriter, r *http.Request) error {
	p, err := a.loadComparedProfiles(r)
	if err != nil {
		return err
	}
	return renderPicture(w, r, p)
}

func (a *App) loadComparedProfiles(r *http.Request) (views.ProfilePage, error) {
	parts, err := a.parts(r)
	switch {
	case err != nil:
		return views.ProfilePage{}, err
	case len(parts) == 0:
		return views.ProfilePage{}, store.ErrNotFound
	}
	together := report.Together{Parts: parts}
	rep := report.NewTogether(together.Parts, nil).Profiles
	rep.Title = "side by side"
	p, err := newProfilePage(r.URL.Query(), rep)
	if err != nil {
		return p, err
	}
	ids := url.Values{"id": partNames(parts)}
	p.Base, p.Path, p.Fixed = "/compare?"+ids.Encode(), "/compare/profile", ids
	return p, a.loadView(r.Context(), &p)
}
