package profiler

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"heaplab/profiler/heap"
)

// Sources of an experiment. They are stored in the database and part of the API.
const (
	SourceCase   = "case"   // runs of a case
	SourceImport = "import" // two profiles from outside, without runs
)

// ImportCase stands for the case of an import: no case may have that name. It is stored in the
// database.
const ImportCase = "import"

// The sides of an import, by the names of its variants, which are those of the fields of its
// form too. They are stored in the database and part of the API.
const (
	ImportBaseline = "baseline"
	ImportVariant  = "variant"
)

// An ImportedProfile is one side of an import.
type ImportedProfile struct {
	Variant string // ImportBaseline or ImportVariant
	File    string // its name, as it was uploaded
	Profile
}

// Comparable returns the sample types in which two profiles can be held against each other. It
// is empty where they have neither allocated nor used bytes in common.
func Comparable(a, b Summary) []heap.Type {
	var common []heap.Type
	for _, t := range heap.Types {
		if slices.Contains(a.Types, t) && slices.Contains(b.Types, t) {
			common = append(common, t)
		}
	}
	if !slices.Contains(common, heap.AllocSpace) && !slices.Contains(common, heap.InuseSpace) {
		return nil
	}
	return common
}

// NewImportReport is what there is to say of an import. It has no comparisons: one profile is no
// sample.
func NewImportReport(e Experiment, imported []ImportedProfile) Report {
	r := newReport(e)
	for _, name := range []string{ImportBaseline, ImportVariant} {
		r.Variants = append(r.Variants, VariantReport{Name: name, Title: name, Samples: map[string][]float64{}})
	}
	for _, p := range imported {
		r.Profiles = append(r.Profiles, ProfileReport{
			Variant: p.Variant, Kind: Imported, File: p.File, Bytes: p.GzipSize, SHA256: p.SHA256, Summary: p.Summary, Fault: p.Fault,
		})
	}
	r.Warnings = importWarnings(r.Profiles)
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
	common := Comparable(profiles[0].Summary, profiles[1].Summary)
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
			how := aboutSize(p.Summary.Period)
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
