package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/report"
	"heaplab/store"
	"heaplab/views"
)

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
		p.Sides[i] = views.ProfileSide{Name: variant, Period: d.Period, Merged: of.Merged}
		if p.Query.Kind == profiler.Allocs {
			p.Sides[i].Calls = of.Calls
		}
	}
	if err := a.loadLabel(ctx, p, &digests); err != nil || p.Missing != "" {
		return err
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
	if !p.Offers(p.Query.Per) {
		p.Query.Per = views.PerTotal
	}
	p.Graph = p.Diff.Graph(p.Selection)
	return nil
}

// loadLabel replaces the digests of a page by those of its label, if one of them has it, or says why it cannot. Shared
// pages have no labels, because these may name customers, and neither have columns of /compare, which are of several
// experiments.
func (a *App) loadLabel(ctx context.Context, p *views.ProfilePage, digests *[2]*heap.Digest) error {
	if !p.Shared && !p.Fixed.Has("id") {
		p.Labels = slices.Concat(digests[0].Labels, digests[1].Labels)
		slices.Sort(p.Labels)
		p.Labels = slices.Compact(p.Labels)
	}
	if !slices.Contains(p.Labels, p.Query.Label) {
		p.Query.Label = ""
		return nil
	}
	defer a.subtractions.Add(-1)
	if a.subtractions.Add(1) > maxSubtractions {
		return errSubtracting
	}
	for i, side := range p.Sides {
		file, err := a.Store.Profile(ctx, p.Report.ID, side.Name, p.Query.Kind, p.Report.Row)
		if err != nil {
			return err
		}
		digests[i], err = a.Queue.Executor.ByLabel(ctx, file, p.Query.Label)
		if failed, ok := errors.AsType[*profiler.RunError](err); ok {
			p.Missing = failed.Reason
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// addJoined adds the functions whose names differ to the profiles of a report that can be compared with the
// baseline's.
func (a *App) addJoined(ctx context.Context, rep *report.Report) error {
	for i := range rep.Profiles {
		after := &rep.Profiles[i]
		before := baselineProfile(rep, *after)
		if before == nil || before == after || before.SHA256 == after.SHA256 {
			continue
		}
		var digests [2]*heap.Digest
		for k, of := range []*report.ProfileReport{before, after} {
			d, _, err := a.Store.Digest(ctx, of.SHA256)
			if err != nil && !errors.Is(err, store.ErrNotFound) { // the profiles of a shared report may be gone
				return err
			}
			digests[k] = d
		}
		if digests[0] != nil && digests[1] != nil {
			after.Joined = report.NewJoined(heap.NewDiff(digests[0], digests[1]), after.Summary)
		}
	}
	return nil
}

// baselineProfile returns the baseline's profile of the same kind in the same row, or nil.
func baselineProfile(rep *report.Report, after report.ProfileReport) *report.ProfileReport {
	i := slices.IndexFunc(rep.Profiles, func(p report.ProfileReport) bool {
		return p.Variant == rep.Variants[0].Name && p.Kind == after.Kind && p.Row == after.Row
	})
	if i < 0 {
		return nil
	}
	return &rep.Profiles[i]
}

// addCauses adds the functions of the measured Go module that changed most, for each variant with a profile in each row.
func (a *App) addCauses(ctx context.Context, rep *report.Report) (err error) {
	if rep.Causes, err = a.Queue.Causes(ctx, *rep); err != nil || len(rep.Causes) == 0 {
		return err
	}
	explanations, err := a.Store.Explanations(ctx, rep.ID)
	if errors.Is(err, store.ErrDamaged) {
		rep.Warnings = append(rep.Warnings, "The source code of the functions that changed is damaged in the database, so it is not shown.")
		err = nil
	}
	report.AddCode(rep.Causes, explanations)
	return err
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
