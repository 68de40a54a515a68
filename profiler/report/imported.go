package report

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

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
			File: f.Name, Bytes: f.GzipSize, SHA256: f.SHA256, Samples: f.Summary.Samples, Process: f.Summary.Process, Duration: f.Summary.Duration, Totals: f.Summary.Totals,
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
	return slices.Concat(
		out, copyWarnings(profiles), dependentWarnings(profiles), missingTypes(profiles), samplingWarnings(profiles), oddWarnings(profiles), growthWarnings(profiles), snapshotsWarning(profiles),
		durationWarning(profiles), namelessWarnings(profiles), uncheckedWarnings(profiles),
	)
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
	return []string{fmt.Sprintf(each+" profile of %s covers %s and "+other+" of %s covers %s: compare only values per second and shares of what was allocated.",
		profiles[0].Variant, words.Elapsed(a), profiles[1].Variant, words.Elapsed(b))}
}

// oddWarnings says which profiles have negative values that count as 0.
func oddWarnings(profiles []ProfileReport) (out []string) {
	for _, p := range profiles {
		if p.Summary.Odd > 0 {
			out = append(out, fmt.Sprintf("The profile of %s has %s below 0. They are small and count as 0.", p.Variant, words.Plural(p.Summary.Odd, "value")))
		}
	}
	return out
}

// growthWarnings says which profiles cover only a time, and how the memory in use changed in it.
func growthWarnings(profiles []ProfileReport) (out []string) {
	for _, p := range profiles {
		g := p.Summary.Growth
		if g == nil {
			continue
		}
		what := "The profile"
		if p.Merged > 1 {
			what = "Each profile"
		}
		text := fmt.Sprintf("%s of %s seems to cover only a time, as /debug/pprof/heap?seconds=30 does", what, p.Variant)
		if d := p.Summary.Duration; d > 0 {
			text += fmt.Sprintf(": in %s, the process allocated %s per second", words.Elapsed(p.duration()), words.Bytes(float64(p.Summary.Totals.AllocSpace)/d.Seconds()))
		}
		out = append(out, text+fmt.Sprintf(", and its memory in use changed by %s. Functions and graphs show only what was allocated.", words.Signed(profiler.LiveHeap, float64(g.Space)/float64(max(p.Merged, 1)))))
	}
	return out
}

// snapshots reports whether two profiles are of one process, the second later than the first.
func snapshots(first, second ProfileReport) bool {
	before, after := first.Summary, second.Summary
	return before.Process != "" && before.Process == after.Process && before.Growth == nil && after.Growth == nil &&
		before.Duration == 0 && after.Duration == 0 && // agents write what a time allocated
		first.Merged < 2 && second.Merged < 2 && 0 < before.Time && before.Time < after.Time &&
		slices.Contains(profiler.Comparable(before, after), heap.AllocSpace) && before.Totals.AllocSpace <= after.Totals.AllocSpace
}

// Apart returns the time between the two profiles of an import, if they are of one process, or else 0.
func Apart(r Report) time.Duration {
	sides := Sides(r)
	if len(sides) != 2 || !snapshots(sides[0], sides[1]) {
		return 0
	}
	return time.Duration(sides[1].Summary.Time - sides[0].Summary.Time)
}

// snapshotsWarning says what the change of two profiles of one process means.
func snapshotsWarning(profiles []ProfileReport) []string {
	if len(profiles) != 2 || !snapshots(profiles[0], profiles[1]) {
		return nil
	}
	a, b := profiles[0].Summary, profiles[1].Summary
	apart := time.Duration(b.Time - a.Time)
	allocated := float64(b.Totals.AllocSpace - a.Totals.AllocSpace)
	return []string{fmt.Sprintf("Both profiles seem to be of one process, %s apart: its files are at the same addresses. Between them, it allocated about %s, or %s per second.",
		words.Elapsed(apart), words.Bytes(allocated), words.Bytes(allocated/apart.Seconds()))}
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
		out = append(out, fmt.Sprintf("%s sampled, one allocation in %s: values are estimates, and those of large objects are nearly exact.", subject, rate))
	}
	if len(unknown) > 0 {
		subject := "The profile of " + words.List(unknown) + " does not say"
		if len(unknown) > 1 {
			subject = "Neither profile says"
		}
		out = append(out, subject+" whether it was sampled: values may be estimates, and changes may be noise that ± does not include.")
	}
	return out
}
