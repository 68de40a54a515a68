package report

import (
	"maps"
	"math"
	"slices"

	"heaplab/profiler"
)

// A ColumnSummary counts the verdicts of the comparisons of one column with the first.
type ColumnSummary struct {
	Name                           string // of the column
	Improved, Regressed, Unchanged int
	Undecided                      int
	Means                          []Mean
}

// A Mean is the geometric mean of value/baseline of one metric over the tables.
type Mean struct {
	Unit    string
	Ratio   profiler.Float
	Ratios  int // number of ratios in the mean
	Skipped int // number of tables without a ratio, because one side is 0
}

// Defined reports whether the mean has a value.
func (m Mean) Defined() bool { return m.Ratios > 0 && !math.IsNaN(float64(m.Ratio)) }

// Summaries returns a summary of every column except the first. They count the primary metrics
// and time in all tables.
func (s *SideBySide) Summaries() []ColumnSummary {
	var out []ColumnSummary
	for _, column := range s.Columns[1:] {
		out = append(out, s.summarize(column.Name()))
	}
	return out
}

func (s *SideBySide) summarize(column string) ColumnSummary {
	summary := ColumnSummary{Name: column}
	byUnit := map[string][]Comparison{}
	for _, t := range s.Tables {
		for _, c := range t.Report.Comparisons {
			if c.Variant != column || !c.Primary && !profiler.IsLead(c.Unit, profiler.RoleTime) {
				continue
			}
			if !c.Reason.Incomparable() {
				byUnit[c.Unit] = append(byUnit[c.Unit], c)
			}
			summary.count(c.Verdict)
		}
	}
	for _, unit := range slices.SortedFunc(maps.Keys(byUnit), profiler.CompareUnits) {
		ratio, skipped := GeoMean(byUnit[unit])
		summary.Means = append(summary.Means, Mean{Unit: unit, Ratio: ratio, Ratios: len(byUnit[unit]) - skipped, Skipped: skipped})
	}
	return summary
}

func (s *ColumnSummary) count(v Verdict) {
	switch v {
	case Better:
		s.Improved++
	case Worse:
		s.Regressed++
	case Same:
		s.Unchanged++
	default:
		s.Undecided++
	}
}
