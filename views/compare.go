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

// A ComparePage holds experiments, or variants of them, beside each other.
type ComparePage struct {
	IDs        []string // what the address names
	Together   *report.Together
	Candidates []HistoryItem // finished experiments to choose from
	Faults     profiler.Faults
}

// compareURL is the address of a comparison.
func compareURL(ids []string) string {
	if len(ids) == 0 {
		return "/compare"
	}
	return "/compare?" + url.Values{"id": ids}.Encode()
}

// without is the address of the comparison without one of its parts.
func (p ComparePage) without(id string) string {
	return compareURL(slices.DeleteFunc(slices.Clone(p.IDs), func(s string) bool { return s == id }))
}

// first is the address with another part as the first, which all others are held against.
func (p ComparePage) first(id string) string {
	rest := slices.DeleteFunc(slices.Clone(p.IDs), func(s string) bool { return s == id })
	return compareURL(append([]string{id}, rest...))
}

// partLabel is a part as people name it, such as "#12 float32".
func partLabel(name string) string {
	id, variant, named := strings.Cut(name, ":")
	if !named {
		return "#" + id
	}
	return "#" + id + " " + words.Plain(variant)
}

// A compareRow is one metric of one group: a cell a part, the first without a change.
type compareRow struct {
	Unit  profiler.Unit
	Cells []compareCell
}

// A compareCell is what one part has of a metric.
type compareCell struct {
	Known      bool
	Value      string
	Ends       string
	Comparison report.Comparison // against the first part, where Compared
	Compared   bool
	First      bool
}

// compareRows are the metrics of a group: the primary ones, time and peak RSS.
func compareRows(t *report.Together, g report.Group) []compareRow {
	var units []string
	for _, v := range g.Report.Variants {
		for unit := range v.Samples {
			if (unit == profiler.NsPerOp || unit == profiler.PeakRSS || slices.Contains(g.Report.Primary, unit)) && !slices.Contains(units, unit) {
				units = append(units, unit)
			}
		}
	}
	slices.SortFunc(units, func(a, b string) int {
		return cmp.Or(cmp.Compare(primaryPlace(g.Report, a), primaryPlace(g.Report, b)), profiler.CompareUnits(a, b))
	})
	var rows []compareRow
	for _, unit := range units {
		row := compareRow{Unit: profiler.LookupUnit(unit)}
		for i, part := range t.Parts {
			row.Cells = append(row.Cells, newCompareCell(g.Report, part.Name(), unit, i == 0))
		}
		rows = append(rows, row)
	}
	return rows
}

// primaryPlace orders the primary metrics first, as the case has them.
func primaryPlace(r report.Report, unit string) int {
	if i := slices.Index(r.Primary, unit); i >= 0 {
		return i
	}
	return len(r.Primary)
}

// compares reports whether a comparison is of a metric that this page shows: the primary ones,
// time and peak RSS.
func compares(c report.Comparison) bool {
	return c.Primary || c.Unit == profiler.NsPerOp || c.Unit == profiler.PeakRSS
}

// mainCharts are the charts of these metrics.
func mainCharts(r report.Report, variant string) []barChart {
	return slices.DeleteFunc(barCharts(r, variant), func(c barChart) bool { return !compares(c.Comparison) })
}

// newCompareCell has a part's own value, and the change where the first part has the metric too.
func newCompareCell(r report.Report, name, unit string, first bool) compareCell {
	cell := compareCell{First: first}
	for _, v := range r.Variants {
		if values := v.Samples[unit]; v.Name == name && len(values) > 0 {
			interval := report.NewInterval(values)
			cell.Known, cell.Value, cell.Ends = true, report.Reading(r, name, unit, interval), report.Ends(unit, interval)
		}
	}
	if c := r.Comparison(name, unit); c != nil {
		cell.Comparison, cell.Compared = *c, true
	}
	return cell
}

// tallyText says what became of the metrics of one part.
func tallyText(t report.Tally) string {
	parts := []string{
		fmt.Sprintf("%d improved", t.Improved), fmt.Sprintf("%d regressed", t.Regressed), fmt.Sprintf("%d unchanged", t.Unchanged),
	}
	if t.Undecided > 0 {
		parts = append(parts, fmt.Sprintf("%d not decided", t.Undecided))
	}
	return words.List(parts)
}

// geoMeanText is a geometric mean as a change, and of how many it is one.
func geoMeanText(m report.Mean) string {
	if !m.Defined() {
		return "no mean: a side is 0"
	}
	text := words.Percent(100 * (float64(m.Ratio) - 1))
	if m.Of > 1 {
		text += fmt.Sprintf(" (of %d)", m.Of)
	}
	if m.Left > 0 {
		text += fmt.Sprintf(", %d left out, because a side is 0", m.Left)
	}
	return text
}

// lastLabel is the variant of the profiles that is offered as "after" first.
func lastLabel(r report.Report) string {
	if len(r.Variants) == 0 {
		return ""
	}
	return r.Variants[len(r.Variants)-1].Name
}

// A candidate is what can be chosen to be compared.
type candidate struct {
	ID     string
	Title  string       // of what is no Item
	Item   *HistoryItem // nil of what is not among the newest
	Chosen bool
}

// titleOf is the title of the experiment of a part, or "".
func (p ComparePage) titleOf(name string) string {
	if p.Together == nil {
		return ""
	}
	for _, part := range p.Together.Parts {
		if part.Name() == name {
			return part.Report.Title
		}
	}
	return ""
}

// choices are what is chosen, in its order, for the first is what all are held against, and then
// what else there is.
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
