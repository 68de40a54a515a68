package report

import "heaplab/profiler"

// Comparison returns the comparison of a variant in a unit, or nil. It always returns nil for a
// report with rows.
func (r *Report) Comparison(variant, unit string) *Comparison {
	if len(r.Rows) > 0 {
		return nil
	}
	return findComparison(r.Comparisons, variant, unit)
}

func findComparison(all []Comparison, variant, unit string) *Comparison {
	for i, c := range all {
		if c.Variant == variant && c.Unit == unit {
			return &all[i]
		}
	}
	return nil
}

// Experiment returns the experiment of a report: what it measured and how, without its runs.
func (r *Report) Experiment() profiler.Experiment {
	e := profiler.Experiment{
		ID: r.ID, Kind: r.Kind, Config: r.Config, Sweep: r.Sweep, State: r.State, Environment: r.Environment,
		Design: profiler.Design{Subject: r.Subject, Title: r.Title, Technique: r.Technique, Params: r.Params, Labels: r.Labels, Divisor: r.Counts},
	}
	for _, v := range r.Variants {
		e.Design.Variants = append(e.Design.Variants, profiler.VariantInfo{Name: v.Name, Title: v.Title, Adds: v.Adds, LeavesOut: v.Leaves})
	}
	return e
}

// LabelNames returns the names of the labels in the order of a design's.
func (r *Report) LabelNames() []string {
	e := r.Experiment()
	return e.Design.LabelNames()
}

// LabelsVariants reports whether the labels describe the variants, see profiler.Design.
func (r *Report) LabelsVariants() bool {
	e := r.Experiment()
	return e.Design.LabelsVariants()
}

// Measured reports whether the experiment has runs. An import has none.
func (r *Report) Measured() bool { return r.Config.Count > 0 }

// Profile returns the profile of a variant, or nil. In a report with rows, it returns no profile of a row: see At.
func (r *Report) Profile(variant string, kind profiler.RunKind) *ProfileReport {
	for i, p := range r.Profiles {
		if p.Variant == variant && p.Kind == kind && (p.Row == "" || len(r.Rows) == 0) {
			return &r.Profiles[i]
		}
	}
	return nil
}

// Prediction returns the prediction for a variant in a unit, or nil.
func (r *Report) Prediction(variant, unit string) *profiler.Prediction {
	for i, p := range r.Predictions {
		if p.Variant == variant && p.Unit == unit {
			return &r.Predictions[i]
		}
	}
	return nil
}
