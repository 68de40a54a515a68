package views

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"heaplab/profiler/heap"
	"heaplab/profiler/words"
)

// A variantsTable has a column for each variant and a row for each function.
type variantsTable struct {
	Rows  []variantsRow
	Total variantsRow
	More  int
}

// A variantsRow is a function with its own allocations in each variant.
type variantsRow struct {
	Package, Name string
	Full          string
	Cells         []variantCell
	largest       float64 // change among the variants
}

// A variantCell is one variant's value.
type variantCell struct {
	Known bool // the variant has a profile that can be shown
	Value float64
	Class string // of the change from the first variant
	Glyph string
}

func newVariantsTable(p ProfilePage) variantsTable {
	rows := map[string]*variantsRow{}
	var t variantsTable
	for i, v := range p.Variants {
		if v.Missing != "" {
			continue
		}
		one := newTop(v.unlimited())
		for _, row := range one.Rows {
			r := rows[row.Full]
			if r == nil {
				r = &variantsRow{Package: row.Package, Name: row.Name, Full: row.Full, Cells: make([]variantCell, len(p.Variants))}
				rows[row.Full] = r
			}
			r.set(i, row)
		}
		if t.Total.Cells == nil {
			t.Total = variantsRow{Name: "All functions", Cells: make([]variantCell, len(p.Variants))}
		}
		t.Total.set(i, one.Total)
	}
	for _, r := range rows {
		for i, v := range p.Variants {
			r.Cells[i].Known = v.Missing == ""
		}
		if r.shows() {
			t.Rows = append(t.Rows, *r)
		}
	}
	slices.SortFunc(t.Rows, func(a, b variantsRow) int {
		return cmp.Or(cmp.Compare(b.largest, a.largest), cmp.Compare(b.Cells[0].Value, a.Cells[0].Value), strings.Compare(a.Full, b.Full))
	})
	if len(t.Rows) > shownRows && !p.Query.All {
		t.More, t.Rows = len(t.Rows)-shownRows, t.Rows[:shownRows]
	}
	return t
}

func (r *variantsRow) set(i int, row topRow) {
	cell := &r.Cells[i]
	*cell = variantCell{Known: true, Value: row.Flat.after, Class: row.Class}
	switch row.Class {
	case "less":
		cell.Glyph = "▼"
	case "more":
		cell.Glyph = "▲"
	}
	r.largest = math.Max(r.largest, math.Abs(row.Flat.delta()))
}

// shows reports whether the function itself has a value in any variant.
func (r *variantsRow) shows() bool {
	return slices.ContainsFunc(r.Cells, func(c variantCell) bool { return c.Value != 0 })
}

// unlimited returns the page with all rows of its tables.
func (p ProfilePage) unlimited() ProfilePage {
	p.Query.All, p.Query.Sort, p.Query.By = true, "change", ByFunction
	return p
}

// A multiple is the graph of one variant beside those of the others, on one scale.
type multiple struct {
	Page  ProfilePage
	Flame flame
	Width float64 // percent of the widest
}

func newMultiples(p ProfilePage) []multiple {
	widest, scale := 0.0, p.variantsScale()
	for _, v := range p.Variants {
		if v.Missing == "" {
			widest = math.Max(widest, v.whole())
		}
	}
	var all []multiple
	for _, v := range p.Variants {
		m := multiple{Page: v}
		if v.Missing == "" && widest > 0 {
			m.Width, m.Page.Scale = 100*v.whole()/widest, scale
			m.Flame = newFlameIn(m.Page, nominalWidth*m.Width/100, fine)
		}
		all = append(all, m)
	}
	return all
}

// whole returns the total of the profile after, in the reading of the page.
func (p ProfilePage) whole() float64 {
	return newReading(p).of(p.Graph.Callees.Change).after
}

// variantsScale returns the largest change of any frame of any variant.
func (p ProfilePage) variantsScale() float64 {
	largest := 0.0
	for _, v := range p.Variants {
		if v.Missing == "" {
			largest = math.Max(largest, v.largestChange())
		}
	}
	return largest
}

// multipleWords describes a graph beside others.
func multipleWords(p ProfilePage, m multiple) string {
	if m.Page.Missing != "" {
		return words.Plain(m.Page.Missing)
	}
	r := newReading(m.Page)
	root := m.Page.Graph.Callees
	if m.Page.Query.After == p.Query.Before {
		return r.write(r.of(root.Change).after)
	}
	return r.sentence(&heap.Frame{Function: heap.Root, Change: root.Change})
}
