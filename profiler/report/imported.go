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

// NewImportReport computes the report of an import. It has no comparisons: one profile is no
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

// importWarnings say what two profiles from outside cannot tell.
func importWarnings(profiles []ProfileReport) []string {
	out := []string{}
	for _, p := range profiles {
		switch {
		case p.Fault != "":
			out = append(out, fmt.Sprintf("The profile of %s is kept, but not shown: %s", p.Variant, p.Fault))
		case p.Summary.Samples == 0:
			out = append(out, fmt.Sprintf("The profile of %s has no samples: nothing is known of that side, so a change says nothing.", p.Variant))
		}
	}
	if len(profiles) == 2 && profiles[0].SHA256 == profiles[1].SHA256 {
		out = append(out, "Both profiles are the same: nothing can differ.")
	}
	return append(append(out, leftOut(profiles)...), sampled(profiles)...)
}

// leftOut says which sample types one side alone has.
func leftOut(profiles []ProfileReport) (out []string) {
	if len(profiles) != 2 {
		return nil
	}
	common := profiler.Comparable(profiles[0].Summary, profiles[1].Summary)
	for _, p := range profiles {
		var alone []string
		for _, t := range p.Summary.Types {
			if !slices.Contains(common, t) && t != heap.ChurnSpace && t != heap.ChurnObjects { // which follow from the others
				alone = append(alone, string(t))
			}
		}
		if len(alone) > 0 {
			out = append(out, fmt.Sprintf("Only the profile of %s has %s: left out.", p.Variant, strings.Join(alone, " and ")))
		}
	}
	return out
}

// sampled says which profiles do not record every allocation.
func sampled(profiles []ProfileReport) (out []string) {
	of := map[string][]string{} // sides by how they were sampled
	for _, p := range profiles {
		if p.Summary.Period > 1 {
			how := words.AboutSize(p.Summary.Period)
			of[how] = append(of[how], p.Variant)
		}
	}
	for _, how := range slices.Sorted(maps.Keys(of)) {
		who := "The profile of " + of[how][0] + " was"
		if len(of[how]) > 1 {
			who = "Both profiles were"
		}
		out = append(out, fmt.Sprintf("%s sampled, one allocation in %s: small values are estimates.", who, how))
	}
	return out
}
