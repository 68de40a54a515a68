package views

import (
	"net/url"
	"slices"

	"heaplab/profiler"
	"heaplab/profiler/report"
)

// A bestTable compares all variants in the metrics that decide which is the best: the primary ones, time,
// peak RSS, and the quality of the results.
type bestTable struct {
	Units []profiler.Unit
	Rows  []bestRow
}

// A bestRow is one variant of a bestTable. The first is the baseline, whose cells have no change.
type bestRow struct {
	Variant string
	Mark    string // "best", "runner-up" or ""
	URL     string // chooses the variant; "" if it is chosen or cannot be
	Chosen  bool
	Cells   []bestCell
}

// A bestCell is one value.
type bestCell struct {
	Value      string             // "" if it was not measured
	Comparison *report.Comparison // nil in the row of the baseline
}

// newBestTable returns the table of a report, or none if it has only one variant besides the baseline.
func newBestTable(p ReportPage, after string) (t bestTable, ok bool) {
	r := p.Report
	if len(r.Variants) < 3 || len(r.Comparisons) == 0 || len(r.Rows) > 0 {
		return t, false
	}
	for _, unit := range bestUnits(r) {
		t.Units = append(t.Units, profiler.LookupUnit(unit))
	}
	c := report.Conclude(r, after)
	compared := report.Compared(r)
	for i, v := range r.Variants {
		row := bestRow{Variant: v.Name, Chosen: v.Name == after}
		switch v.Name {
		case c.Best:
			row.Mark = "best"
		case c.RunnerUp:
			row.Mark = "runner-up"
		}
		if !p.File && !row.Chosen && slices.Contains(compared, v.Name) {
			row.URL = p.urlOf(url.Values{"after": {v.Name}})
		}
		for _, u := range t.Units {
			row.Cells = append(row.Cells, newBestCell(r, i, u.Name))
		}
		t.Rows = append(t.Rows, row)
	}
	return t, true
}

// newBestCell returns the value of the i-th variant.
func newBestCell(r report.Report, i int, unit string) bestCell {
	name := r.Variants[i].Name
	if i > 0 {
		c := r.Comparison(name, unit)
		if c == nil {
			return bestCell{}
		}
		return bestCell{report.CenterText(r, name, unit, c.Value), c}
	}
	for _, c := range r.Comparisons {
		if c.Unit == unit {
			return bestCell{report.CenterText(r, name, unit, c.Baseline), nil}
		}
	}
	return bestCell{}
}

// bestUnits returns the units of the comparisons that decide, in the order of reports: primary first. It
// leaves out a quality of the results that no variant changes.
func bestUnits(r report.Report) []string {
	var units []string
	for _, c := range r.Comparisons {
		decides := c.Primary || profiler.IsLead(c.Unit, profiler.RoleTime, profiler.RoleResident) ||
			profiler.IsLead(c.Unit, profiler.RoleQuality) && c.Verdict.Decided()
		if decides && !slices.Contains(units, c.Unit) {
			units = append(units, c.Unit)
		}
	}
	return units
}
