package views

import (
	"heaplab/profiler/words"

	"github.com/a-h/templ"
)

// A callsTable is a flame graph as a table: calls in the order of the graph, each below its caller.
type callsTable struct {
	Callers []callRow // of the focus, each below its callee
	Rows    []callRow
	More    int // rows that are not shown
}

// A callRow is a frame of the graph.
type callRow struct {
	Depth    int
	Name     string
	Focus    string // the function that it links to, or ""
	Value    sides
	Own      sides
	Class    string // see topRow
	Relative string // the change in percent, or a word
}

// Limits of the table of calls. The first two hold unless a reader asks for all calls: shownCalls is a
// number of calls, smallestCall a share of the graph's width.
const (
	shownCalls   = 100
	smallestCall = 0.01
	maxCalls     = 5000 // holds always
)

func newCalls(p ProfilePage) callsTable {
	l := newLayout(p, nominalWidth)
	root := l.box(p.Graph.Callees)
	var t callsTable
	t.Rows = l.rows(nil, root, root.weight, 0, &t)
	if p.Graph.Callers != nil {
		callers := l.box(p.Graph.Callers)
		t.Callers = l.rows(nil, callers, callers.weight, 0, &t)[1:]
	}
	return t
}

// rows appends a box and its children. The largest calls come first, so that a limit leaves out the
// smallest siblings.
func (l *layout) rows(rows []callRow, b *box, whole float64, depth int, t *callsTable) []callRow {
	if limit := l.page.Query.Depth; limit > 0 && depth > limit {
		return rows
	}
	if most := maxCalls; len(rows) >= most || !l.page.Query.All && len(rows) >= shownCalls {
		t.More += b.count()
		return rows
	}
	rows = append(rows, l.row(b, depth))
	for _, c := range b.children {
		if !l.page.Query.All && c.weight < smallestCall*whole {
			t.More += c.count()
			continue
		}
		rows = l.rows(rows, c, whole, depth+1, t)
	}
	return rows
}

// count returns the number of boxes below b, and b itself.
func (b *box) count() int {
	n := 1
	for _, c := range b.children {
		n += c.count()
	}
	return n
}

func (l *layout) row(b *box, depth int) callRow {
	f := b.frame
	name := l.page.frameName(f)
	row := callRow{
		Depth: depth,
		Name:  name,
		Value: b.value,
		Own:   l.reading.of(f.OwnBefore, f.OwnAfter),
	}
	row.Class, row.Relative = l.reading.relative(f.Before, f.After)
	if f.Function >= 0 && f != l.page.Graph.Callees && f != l.page.Graph.Callers {
		row.Focus = name
	}
	return row
}

// callLink is like frameLink, for the table.
func (p *ProfilePage) callLink() func(function string) templ.SafeURL {
	return func(function string) templ.SafeURL {
		return templ.SafeURL(p.URL(func(q *ProfileQuery) { q.Focus, q.All = function, false }) + "#graph")
	}
}

func sortOrder(column string) string {
	if column == "function" {
		return "ascending"
	}
	return "descending"
}

func meanText(v float64) string {
	if v == 0 {
		return words.None
	}
	return words.Bytes(v)
}

func emptyTop(p ProfilePage) string {
	switch {
	case p.Query.Package != "" && len(p.packageFunctions()) == 0:
		return "Neither profile has functions of " + words.Plain(p.Query.Package) + "."
	case p.Search != nil:
		return "No function matches the search."
	}
	return "Neither profile has values of this type."
}
