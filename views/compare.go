package views

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// A ComparePage compares experiments, or variants of them.
type ComparePage struct {
	IDs        []string // from the address
	SideBySide *report.SideBySide
	Candidates []HistoryItem // finished experiments to choose from
	Faults     profiler.Faults
}

// compareURL returns the address of a comparison.
func compareURL(ids []string) string {
	if len(ids) == 0 {
		return "/compare"
	}
	return "/compare?" + url.Values{"id": ids}.Encode()
}

// without returns the address of the comparison without one of its columns.
func (p ComparePage) without(id string) string {
	return compareURL(slices.DeleteFunc(slices.Clone(p.IDs), func(s string) bool { return s == id }))
}

// first returns the address with another column first; all others are compared with it.
func (p ComparePage) first(id string) string {
	rest := slices.DeleteFunc(slices.Clone(p.IDs), func(s string) bool { return s == id })
	return compareURL(append([]string{id}, rest...))
}

// columnLabel writes the name of a column for people, such as "#12 float32".
func columnLabel(name string) string {
	id, variant, named := strings.Cut(name, ":")
	if !named {
		return "#" + id
	}
	return "#" + id + " " + words.Plain(variant)
}

// A compareRow is one metric of one table. It has a cell for each column; the first has no change.
type compareRow struct {
	Unit  profiler.Unit
	Cells []compareCell
}

// A compareCell is the value of a metric in one column.
type compareCell struct {
	Known      bool
	Value      string
	Ends       string
	Comparison report.Comparison // with the first column, if Compared
	Compared   bool
	First      bool
}

// compareRows returns the metrics of a table: the primary ones, time and peak RSS.
func compareRows(s *report.SideBySide, t report.Table) []compareRow {
	var units []string
	for _, v := range t.Report.Variants {
		for unit := range v.Samples {
			if (isCompared(unit) || slices.Contains(t.Report.Primary, unit)) && !slices.Contains(units, unit) {
				units = append(units, unit)
			}
		}
	}
	slices.SortFunc(units, func(a, b string) int {
		return cmp.Or(cmp.Compare(report.PrimaryIndex(t.Report.Primary, a), report.PrimaryIndex(t.Report.Primary, b)), profiler.CompareUnits(a, b))
	})
	var rows []compareRow
	for _, unit := range units {
		row := compareRow{Unit: profiler.LookupUnit(unit)}
		for i, column := range s.Columns {
			row.Cells = append(row.Cells, newCompareCell(t.Report, column.Name(), unit, i == 0))
		}
		rows = append(rows, row)
	}
	return rows
}

// isCompared reports whether this page shows a metric even if it is not primary: time and peak RSS.
func isCompared(unit string) bool {
	return profiler.IsLead(unit, profiler.RoleTime, profiler.RoleResident)
}

// mainCharts returns the charts of the same metrics.
func mainCharts(r report.Report, variant string) []barChart {
	return slices.DeleteFunc(barCharts(r, variant), func(c barChart) bool {
		return !c.Comparison.Primary && !isCompared(c.Comparison.Unit)
	})
}

// newCompareCell returns the value of a column, and the change if the first column has the metric too.
func newCompareCell(r report.Report, name, unit string, first bool) compareCell {
	cell := compareCell{First: first}
	for _, v := range r.Variants {
		if values := v.Samples[unit]; v.Name == name && len(values) > 0 {
			interval := report.NewInterval(values)
			cell.Known, cell.Value, cell.Ends = true, report.CenterText(r, name, unit, interval), report.Ends(unit, interval)
		}
	}
	if c := r.Comparison(name, unit); c != nil {
		cell.Comparison, cell.Compared = *c, true
	}
	return cell
}

// summaryText writes the number of verdicts of each kind.
func summaryText(s report.ColumnSummary) string {
	counts := []string{
		fmt.Sprintf("%d improved", s.Improved), fmt.Sprintf("%d regressed", s.Regressed), fmt.Sprintf("%d unchanged", s.Unchanged),
	}
	if s.Undecided > 0 {
		counts = append(counts, fmt.Sprintf("%d undecided", s.Undecided))
	}
	return words.List(counts)
}

// geoMeanText writes a geometric mean as a change, with the number of ratios.
func geoMeanText(m report.Mean) string {
	if !m.Defined() {
		return "no mean: one side is 0"
	}
	text := words.Percent(100 * (float64(m.Ratio) - 1))
	if m.Ratios > 1 {
		text += fmt.Sprintf(" (of %d)", m.Ratios)
	}
	if m.Skipped > 0 {
		text += fmt.Sprintf(", %d left out because one side is 0", m.Skipped)
	}
	return text
}

// A candidate is an experiment or variant to choose for a comparison.
type candidate struct {
	ID     string
	Title  string       // if Item is nil
	Item   *HistoryItem // nil if it is not among the newest experiments
	Chosen bool
}

// titleOf returns the title of the experiment of a column, or "".
func (p ComparePage) titleOf(name string) string {
	if p.SideBySide == nil {
		return ""
	}
	for _, column := range p.SideBySide.Columns {
		if column.Name() == name {
			return column.Report.Title
		}
	}
	return ""
}

// choices returns the chosen columns in their order, because all are compared with the first, and then
// the other candidates.
func (p ComparePage) choices() []candidate {
	items := map[string]*HistoryItem{}
	for i := range p.Candidates {
		items[strconv.FormatInt(p.Candidates[i].Experiment.ID, 10)] = &p.Candidates[i]
	}
	var all []candidate
	for _, id := range p.IDs {
		all = append(all, candidate{ID: id, Title: p.titleOf(id), Item: items[id], Chosen: true})
	}
	for _, c := range p.Candidates {
		if id := strconv.FormatInt(c.Experiment.ID, 10); !slices.Contains(p.IDs, id) {
			all = append(all, candidate{ID: id, Item: items[id]})
		}
	}
	return all
}

func compareTitle(p ComparePage) string {
	if p.SideBySide == nil {
		return "Compare experiments"
	}
	var names []string
	for _, column := range p.SideBySide.Columns {
		names = append(names, columnLabel(column.Name()))
	}
	return "Compare " + words.List(names)
}

func compareLead(p ComparePage) string {
	if p.SideBySide == nil {
		return "Choose two to eight experiments, or variants of them, to compare."
	}
	return "All are compared with " + columnLabel(p.SideBySide.Columns[0].Name()) + ". The URL of this page can be shared."
}

// severalExperiments reports whether the columns belong to more than one experiment.
func severalExperiments(s *report.SideBySide) bool {
	return slices.ContainsFunc(s.Columns, func(p report.Column) bool { return p.Report.ID != s.Columns[0].Report.ID })
}

// onlyImports reports whether all columns are imports.
func onlyImports(s *report.SideBySide) bool {
	return !slices.ContainsFunc(s.Columns, func(c report.Column) bool { return c.Report.Subject != profiler.SubjectImport })
}

func tableTitle(t report.Table) string {
	if t.Variant == "" {
		return "Metrics"
	}
	return words.Plain(t.Variant)
}

// labelled returns a chart whose bars have the labels of columns.
func labelled(chart barChart) barChart {
	chart.Bars = slices.Clone(chart.Bars)
	for i := range chart.Bars {
		chart.Bars[i].Variant = columnLabel(chart.Bars[i].Variant)
	}
	return chart
}
