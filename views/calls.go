package views

// A callsTable has what a flame graph shows as rows, for who would rather read it: calls in the
// order of the graph, each below the one that makes it.
type callsTable struct {
	Callers []callRow // of the focus, each below the one that it calls
	Rows    []callRow
	More    int // rows that are not shown
}

// A callRow is a frame of the graph.
type callRow struct {
	Depth    int
	Name     string
	Focus    string // the function that it leads to, or ""
	Value    sides
	Own      sides
	Class    string // as that of a topRow
	Relative string // the change in percent or in a word
}

// shownCalls is how many calls are shown before all are asked for, and smallestCall the part of
// the graph's width under which a call waits for that too.
const (
	shownCalls   = 100
	smallestCall = 0.01
	maxCalls     = 5000 // are shown even of all
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

// rows appends a box and what it leads to. The heaviest calls come first, so that what is left out
// where there are too many is lighter than its siblings that are shown.
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

// count is how many calls a box stands for, with those that it leads to.
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
