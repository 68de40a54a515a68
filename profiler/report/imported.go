package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/words"
)

// NewImportReport returns the report of an import. It has no comparisons: one profile is not a
// sample.
func NewImportReport(e profiler.Experiment, imported []profiler.ImportedProfile) Report {
	r := newReport(e)
	for _, v := range e.Design.Variants {
		r.Variants = append(r.Variants, newVariantReport(v, nil, nil))
	}
	for _, p := range imported {
		r.Profiles = append(r.Profiles, ProfileReport{
			Variant: p.Variant, Kind: profiler.Imported, File: p.File, Bytes: p.GzipSize, SHA256: p.SHA256, Summary: p.Summary, Fault: p.Fault,
		})
	}
	r.Warnings = importWarnings(r.Profiles)
	r.conclude()
	return r
}

// importWarnings returns warnings about what the profiles of an import cannot show.
func importWarnings(profiles []ProfileReport) []string {
	out := []string{}
	for _, p := range profiles {
		switch {
		case p.Fault != "":
			out = append(out, fmt.Sprintf("The profile of %s is stored, but cannot be shown: %s", p.Variant, p.Fault))
		case p.Summary.Samples == 0:
			out = append(out, fmt.Sprintf("The profile of %s has no samples, so the two profiles cannot be compared.", p.Variant))
		}
	}
	if len(profiles) == 2 && profiles[0].SHA256 == profiles[1].SHA256 {
		out = append(out, "Both profiles are identical, so nothing differs.")
	}
	return slices.Concat(out, missingTypes(profiles), samplingWarnings(profiles), durationWarning(profiles), namelessWarnings(profiles), uncheckedWarnings(profiles))
}

// durationWarning says that two profiles cover different times: one that covers more allocates more.
func durationWarning(profiles []ProfileReport) []string {
	if len(profiles) != 2 {
		return nil
	}
	a, b := profiles[0].Summary.Duration, profiles[1].Summary.Duration
	const alike = 1.05 // ratio of durations that hardly differ
	if a == 0 || b == 0 || float64(max(a, b)) <= alike*float64(min(a, b)) {
		return nil
	}
	return []string{fmt.Sprintf("The profile of %s covers %s and that of %s covers %s: compare shares, or take profiles of the same duration.",
		profiles[0].Variant, words.Elapsed(a), profiles[1].Variant, words.Elapsed(b))}
}

// missingTypes says which sample types only one of two profiles has.
func missingTypes(profiles []ProfileReport) (out []string) {
	if len(profiles) != 2 {
		return nil
	}
	common := profiler.Comparable(profiles[0].Summary, profiles[1].Summary)
	for _, p := range profiles {
		var only []string
		for _, t := range p.Summary.Types {
			if !slices.Contains(common, t) && t != heap.ChurnSpace && t != heap.ChurnObjects { // churn is computed from the others
				only = append(only, string(t))
			}
		}
		if len(only) > 0 {
			out = append(out, fmt.Sprintf("Only the profile of %s has %s, so they are not compared.", p.Variant, strings.Join(only, " and ")))
		}
	}
	return out
}

// samplingWarnings says which profiles do not record every allocation.
func samplingWarnings(profiles []ProfileReport) (out []string) {
	variants := map[string][]string{} // by rate
	var unknown []string
	for _, p := range profiles {
		switch {
		case p.Summary.Period > 1:
			rate := words.AboutSize(p.Summary.Period)
			variants[rate] = append(variants[rate], p.Variant)
		case p.Summary.Period == 0 && p.Fault == "":
			unknown = append(unknown, p.Variant)
		}
	}
	for _, rate := range slices.Sorted(maps.Keys(variants)) {
		subject := "The profile of " + variants[rate][0] + " was"
		if len(variants[rate]) > 1 {
			subject = "Both profiles were"
		}
		out = append(out, fmt.Sprintf("%s sampled, one allocation in %s: small values are estimates.", subject, rate))
	}
	if len(unknown) > 0 {
		out = append(out, fmt.Sprintf("The profile of %s does not say whether it was sampled: its values may be estimates, and small changes may be noise.", words.List(unknown)))
	}
	return out
}
