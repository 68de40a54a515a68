package report

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/words"
)

// NewImportReport returns the report of an import. It has comparisons only if a side has several files: one
// profile is not a sample. Per chooses what its values are divided by: see
// DivisorBy; "" is the default.
func NewImportReport(e profiler.Experiment, imported []profiler.ImportedProfile, per string) Report {
	r := newReport(e)
	for _, p := range imported {
		r.Profiles = append(r.Profiles, newImportedReport(p))
	}
	r.Divisor = r.newDivisor(per)
	samples := importSamples(r.Profiles, r.Divisor)
	for _, v := range e.Design.Variants {
		r.Variants = append(r.Variants, newVariantReport(v, samples.Of(v.Name, ""), nil))
	}
	r.Primary = append(r.Primary, importPrimary...)
	if Rounds(r) > 1 {
		r.compareRounds(e.Design, samples)
	}
	r.Warnings = importWarnings(r.Profiles)
	r.conclude()
	return r
}

// importPrimary are the units that decide the verdict of an import. Objects follow bytes.
var importPrimary = []string{profiler.InUseBytes, profiler.AllocatedBytes}

// compareRounds adds the comparisons. The primary unit that changed most comes first: it leads the headline.
func (r *Report) compareRounds(d profiler.Design, samples profiler.Samples) {
	d.Primary = r.Primary
	r.Comparisons = compareVariants(d, "", samples, nil)
	size := map[string]float64{}
	for _, c := range r.Comparisons {
		if size[c.Unit] = math.Abs(float64(c.Delta)); !c.Delta.Finite() && c.Change != 0 { // the baseline is 0
			size[c.Unit] = math.Inf(1)
		}
	}
	slices.SortStableFunc(r.Primary, func(a, b string) int { return cmp.Compare(size[b], size[a]) })
	sortComparisons(d, r.Comparisons)
}

// newImportedReport returns the report of one side.
func newImportedReport(p profiler.ImportedProfile) ProfileReport {
	out := ProfileReport{
		Variant: p.Variant, Kind: profiler.Imported, File: p.File, Bytes: p.GzipSize, SHA256: p.SHA256, Summary: p.Summary, Fault: p.Fault,
	}
	for _, f := range p.Files {
		out.Files = append(out.Files, ImportedFile{
			File: f.Name, Bytes: f.GzipSize, SHA256: f.SHA256, Samples: f.Summary.Samples, Duration: f.Summary.Duration, Totals: f.Summary.Totals,
		})
	}
	if n := len(distinct(out.Files)); n > 1 {
		out.Merged = n
	}
	return out
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
	return slices.Concat(out, copyWarnings(profiles), missingTypes(profiles), samplingWarnings(profiles), durationWarning(profiles), namelessWarnings(profiles))
}

// durationWarning says that two profiles cover different times: one that covers more allocates more.
func durationWarning(profiles []ProfileReport) []string {
	if len(profiles) != 2 {
		return nil
	}
	a, b := profiles[0].duration(), profiles[1].duration()
	if !durationsDiffer(a, b) {
		return nil
	}
	each, other := "The", "that"
	if max(profiles[0].Merged, profiles[1].Merged) > 1 {
		each, other = "On average, a", "one"
	}
	return []string{fmt.Sprintf(each+" profile of %s covers %s and "+other+" of %s covers %s: compare values per second or shares, or take profiles of the same duration.",
		profiles[0].Variant, words.Elapsed(a), profiles[1].Variant, words.Elapsed(b))}
}

// namelessWarnings says which profiles have mostly addresses instead of names of functions.
func namelessWarnings(profiles []ProfileReport) (out []string) {
	for _, p := range profiles {
		var named, all int64
		for _, f := range p.Summary.Functions {
			weight := max(f.Flat.AllocSpace, f.Flat.InuseSpace)
			if all += weight; f.Name != heap.Nameless && !strings.HasPrefix(f.Name, heap.Nameless+" in ") {
				named += weight
			}
		}
		if 2*named < all {
			out = append(out, fmt.Sprintf("Most of the profile of %s has no names of functions. To add them, run go tool pprof -proto PROGRAM FILE > named.pb.gz, where PROGRAM is the program that was profiled.", p.Variant))
		}
	}
	return out
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
		if slices.ContainsFunc(profiles, func(p ProfileReport) bool { return p.Merged > 1 }) {
			subject = "The profiles of " + words.List(variants[rate]) + " were"
		}
		out = append(out, fmt.Sprintf("%s sampled, one allocation in %s: small values are estimates.", subject, rate))
	}
	if len(unknown) > 0 {
		out = append(out, fmt.Sprintf("The profile of %s does not say whether it was sampled: its values may be estimates, and small changes may be noise.", words.List(unknown)))
	}
	return out
}
