package report

import (
	"fmt"
	"slices"

	"heaplab/profiler"
)

// A SideBySide compares several experiments, or variants of them, with the first.
type SideBySide struct {
	Columns     []Column
	Differences []string // sentences about what makes the columns hard to compare
	Tables      []Table
	Profiles    Report // all variants of all columns, with their profiles
}

// A Column is an experiment or one of its variants.
type Column struct {
	Report  Report
	Variant string // "" for all variants
}

// Name returns the name of the column in addresses and reports, such as "12" or "12:float32".
func (c Column) Name() string {
	if c.Variant == "" {
		return fmt.Sprint(c.Report.ID)
	}
	return variantName(c.Report.ID, c.Variant)
}

func variantName(id int64, variant string) string { return fmt.Sprintf("%d:%s", id, variant) }

// A Table compares one variant across the columns. Its report is like the report of one
// experiment, with columns in place of variants.
type Table struct {
	Variant string // "" if every column names its own variant
	Report  Report
}

// NewSideBySide compares at least two columns. Noise may be nil; otherwise it must be valid for
// all columns.
func NewSideBySide(columns []Column, noise *Calibration) SideBySide {
	s := SideBySide{Columns: columns, Differences: differences(columns), Profiles: allProfiles(columns)}
	for _, variant := range tableNames(columns) {
		if t := newTable(columns, variant, noise); len(t.Report.Variants) > 0 {
			s.Tables = append(s.Tables, t)
		}
	}
	return s
}

// tableNames returns the variants that get a table: all variants of the columns that name none.
// If every column names its own variant, there is one table, "".
func tableNames(columns []Column) []string {
	var names []string
	for _, c := range columns {
		if c.Variant != "" {
			continue
		}
		for _, v := range c.Report.Variants {
			if !slices.Contains(names, v.Name) {
				names = append(names, v.Name)
			}
		}
	}
	if names == nil {
		return []string{""}
	}
	return names
}

func newTable(columns []Column, variant string, noise *Calibration) Table {
	r := Report{Kind: profiler.KindComparison, State: profiler.Done, Calibration: noise, Comparisons: []Comparison{}}
	samples := profiler.Samples{}
	var d profiler.Design
	for _, c := range columns {
		wanted := variant
		if c.Variant != "" {
			wanted = c.Variant
		}
		for _, v := range c.Report.Variants {
			if v.Name != wanted || len(v.Samples) == 0 {
				continue
			}
			name := c.Name()
			d.Variants = append(d.Variants, profiler.VariantInfo{Name: name, Title: v.Title})
			for _, unit := range c.Report.Primary {
				if !slices.Contains(d.Primary, unit) {
					d.Primary = append(d.Primary, unit)
				}
			}
			r.Variants = append(r.Variants, VariantReport{Name: name, Title: v.Title, Samples: v.Samples, AtMost: v.AtMost})
			r.Config.Count = max(r.Config.Count, c.Report.Config.Count)
			for unit, values := range v.Samples {
				samples[profiler.Series{Variant: name, Unit: unit}] = values
			}
		}
	}
	r.Primary = d.Primary
	if len(d.Variants) > 1 && d.Baseline() == columns[0].Name() { // the first column is always the baseline
		r.Comparisons = compareVariants(d, "", samples, noise)
		withdrawIncomparable(r.Comparisons, distrustOf(columns))
		withdrawTimeVerdicts(columns, r.Comparisons)
		withdrawOtherCounts(r.Variants, r.Comparisons)
		withdrawLowerBounds(r.Variants, r.Comparisons)
	}
	return Table{Variant: variant, Report: r}
}

// distrustOf returns what any of the columns says not to compare. Different subjects have nothing to
// compare, nor have imports that are divided by different things.
func distrustOf(columns []Column) (d Distrust) {
	for _, c := range columns {
		d.Times = d.Times || c.Report.Distrust.Times
		d.All = d.All || c.Report.Distrust.All || c.Report.Subject != columns[0].Report.Subject ||
			c.Report.Divisor.Singular() != columns[0].Report.Divisor.Singular()
	}
	return d
}

// withdrawOtherCounts makes allocations per operation unclear if only one side leaves out the first
// operation, as experiments did not always do.
func withdrawOtherCounts(variants []VariantReport, comparisons []Comparison) {
	apart := func(v VariantReport) bool { return len(v.Samples[profiler.FirstOp]) > 0 }
	for _, v := range variants[1:] {
		for i := range comparisons {
			c := &comparisons[i]
			if c.Variant == v.Name && (c.Unit == profiler.BytesPerOp || c.Unit == profiler.AllocsPerOp) && apart(v) != apart(variants[0]) {
				c.withdraw(RunsDiffer)
			}
		}
	}
}

// withdrawTimeVerdicts makes comparisons of time unclear if they compare different experiments. It asks
// for the quantity, not for the role: pauses and CPU time of collections drift with the machine, but
// the number of collections does not.
// Within one experiment, the variants take turns, so the machine's drift affects all of them.
// Between two experiments, the drift is part of the difference: identical code has differed by
// 43% at p = 0.004.
func withdrawTimeVerdicts(columns []Column, comparisons []Comparison) {
	first := columns[0].Report.ID
	for i := range comparisons {
		comparison := &comparisons[i]
		otherExperiment := slices.ContainsFunc(columns, func(c Column) bool {
			return c.Name() == comparison.Variant && c.Report.ID != first
		})
		if otherExperiment && profiler.LookupUnit(comparison.Unit).IsTime() {
			comparison.withdraw(OtherRounds)
		}
	}
}

// allProfiles returns a report with all variants of all columns and their profiles. The variants
// are named as in "12:float32".
func allProfiles(columns []Column) Report {
	all := Report{Kind: profiler.KindComparison, State: profiler.Done, Divisor: commonDivisor(columns)}
	all.Counts = all.Divisor
	for _, c := range columns {
		for _, v := range c.Report.Variants {
			name := variantName(c.Report.ID, v.Name)
			added := slices.ContainsFunc(all.Variants, func(other VariantReport) bool { return other.Name == name })
			if added || c.Variant != "" && v.Name != c.Variant {
				continue
			}
			all.Variants = append(all.Variants, VariantReport{Name: name, Title: v.Title})
			for _, profile := range c.Report.Profiles {
				if profile.Variant == v.Name && profile.Row == "" {
					profile.Variant = name
					all.Profiles = append(all.Profiles, profile)
				}
			}
		}
	}
	return all
}

// commonDivisor returns the divisor of all variants if all imports are divided by the same thing, or nil.
func commonDivisor(columns []Column) *profiler.Divisor {
	var d *profiler.Divisor
	for i, c := range columns {
		of := c.Report.Divisor
		if of == nil || i > 0 && of.Singular() != d.Singular() {
			return nil
		}
		if d == nil {
			d = &profiler.Divisor{Unit: of.Unit, Counts: map[string]float64{}}
		}
		for variant, count := range of.Counts {
			d.Counts[variantName(c.Report.ID, variant)] = count
		}
	}
	return d
}
