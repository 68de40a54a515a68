package views

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"heaplab/profiler/heap"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// shownRows is the number of rows of a table unless a reader asks for all.
const shownRows = 40

// A topTable lists functions with their own allocations, and those of their callees too.
type topTable struct {
	Rows    []topRow
	Total   topRow
	More    int    // rows that are not shown
	Matched int    // all rows
	Says    string // how much of the change the first functions explain
}

// A topRow is a function in two profiles, in the reading of the page.
type topRow struct {
	Package, Name string
	Full          string
	Mark, Why     string // see joinedMark and joinedTitle
	Flat, Cum     sides
	Margin        string  // sampling error of the change of Flat, such as "± 814 KiB", or ""
	Objects       sides   // per operation if the reading is, or else totals
	Size          sides   // mean bytes of an object
	Share         float64 // of the whole change
	Lifetime      lifetime
	Class         string // "less", "more" or "same"
	Chip          string
	X, Width      float64 // of the delta bar
}

func (s sides) delta() float64 { return s.after - s.before }

// relative returns the change in percent, or ±∞ if there was nothing before.
func (s sides) relative() float64 {
	if s.delta() == 0 {
		return 0
	}
	return 100 * s.delta() / s.before
}

// columns are the sort orders of the table of functions: largest first, names from A to Z.
var columns = map[string]func(a, b topRow) int{
	"change":   func(a, b topRow) int { return cmp.Compare(math.Abs(b.Flat.delta()), math.Abs(a.Flat.delta())) },
	"function": func(a, b topRow) int { return strings.Compare(a.Full, b.Full) },
	"before":   func(a, b topRow) int { return cmp.Compare(b.Flat.before, a.Flat.before) },
	"after":    func(a, b topRow) int { return cmp.Compare(b.Flat.after, a.Flat.after) },
	"percent":  func(a, b topRow) int { return cmp.Compare(math.Abs(b.Flat.relative()), math.Abs(a.Flat.relative())) },
	"cum":      func(a, b topRow) int { return cmp.Compare(math.Abs(b.Cum.delta()), math.Abs(a.Cum.delta())) },
	"objects":  func(a, b topRow) int { return cmp.Compare(math.Abs(b.Objects.delta()), math.Abs(a.Objects.delta())) },
	"size": func(a, b topRow) int {
		return cmp.Compare(math.Max(b.Size.before, b.Size.after), math.Max(a.Size.before, a.Size.after))
	},
}

// SortColumns returns the names of the sort orders of the table of functions.
var SortColumns = slices.Sorted(maps.Keys(columns))

func newTop(p ProfilePage) topTable {
	r := newReading(p)
	absolute := r.absolute()
	whole := absolute.of(p.Diff.Total(r.typ)).delta()
	var t topTable
	apart := report.Apart(p.Report)
	changes := 0.0
	for _, f := range tableRows(p) {
		if f.Before.Cum.Of(r.typ) == 0 && f.After.Cum.Of(r.typ) == 0 || p.Search != nil && !f.Matches(p.Search) {
			continue
		}
		row := newTopRow(r, f)
		row.Mark, row.Why = joinedMark(f), joinedTitle(f)
		if p.Query.By == ByPackage {
			row.Package, row.Name = "", f.Name
		}
		row.Lifetime = lifetimeOf(f, apart)
		if whole != 0 {
			row.Share = absolute.of(f.Flat(r.typ)).delta() / whole
		}
		changes += math.Abs(row.Flat.delta())
		t.Rows = append(t.Rows, row)
	}
	slices.SortFunc(t.Rows, func(a, b topRow) int {
		return cmp.Or(columns[p.Query.Sort](a, b), columns["change"](a, b), columns["cum"](a, b), strings.Compare(a.Full, b.Full))
	})
	t.Matched = len(t.Rows)
	t.Total = newTopRow(r, p.Diff.All())
	t.Total.Name = "All functions"
	if p.Search == nil && p.Query.Package == "" && t.Total.Class != "same" {
		t.Says = explained(t.Rows, changes, strings.ToLower(rowTitle(p)))
	}
	if len(t.Rows) > shownRows && !p.Query.All {
		t.More, t.Rows = len(t.Rows)-shownRows, t.Rows[:shownRows]
	}
	placeRows(t.Rows)
	return t
}

// tableRows returns the functions, or packages with the own allocations of their functions. Packages have
// no values with callees, because these are not the sum over their functions.
func tableRows(p ProfilePage) []heap.FunctionDiff {
	if p.Query.By != ByPackage {
		return p.packageFunctions()
	}
	var rows []heap.FunctionDiff
	index := map[string]int{}
	for _, f := range p.Diff.Functions {
		pkg := heap.Package(f.Name, f.File)
		i, known := index[pkg]
		if !known {
			i = len(rows)
			index[pkg] = i
			rows = append(rows, heap.FunctionDiff{Name: pkg})
		}
		row := &rows[i]
		row.Before.AddFlat(f.Before)
		row.After.AddFlat(f.After)
	}
	return rows
}

func newTopRow(r reading, f heap.FunctionDiff) topRow {
	objects := r.objects()
	flat := f.Flat(r.typ)
	row := topRow{
		Full:    f.Name,
		Flat:    r.of(flat),
		Cum:     r.of(f.Cum(r.typ)),
		Margin:  r.margin(flat),
		Objects: objects.of(f.Flat(objects.typ)),
		Size:    sides{meanSize(f.Before.Flat, r.typ), meanSize(f.After.Flat, r.typ)},
	}
	row.Package, row.Name = splitFunction(shortArguments(f.Name))
	row.Class, row.Chip = r.relative(flat)
	return row
}

// relative writes a change in percent or as a word, with its class.
func (r reading) relative(c heap.Change) (class, chip string) {
	s := r.of(c)
	switch {
	case s.delta() == 0 || r.noise(c):
		class = "same"
	case s.delta() < 0:
		class = "less"
	default:
		class = "more"
	}
	switch {
	case c.Before == 0 && c.After == 0:
		return class, words.None
	case (c.Before == 0 || c.After == 0) && class == "same":
		return class, words.Unclear
	case c.Before == 0:
		return class, "new"
	case c.After == 0:
		return class, "gone"
	}
	return class, words.Percent(s.relative())
}

// meanSize returns the mean size of an object, in bytes.
func meanSize(v heap.Values, t heap.Type) float64 {
	return quotient(v.Of(t.Space()), float64(v.Of(t.Objects())))
}

// explained says how few functions account for at least 90% of the change.
func explained(rows []topRow, changes float64, noun string) string {
	if changes == 0 {
		return ""
	}
	sorted := slices.SortedFunc(slices.Values(rows), columns["change"])
	sum := 0.0
	for i, row := range sorted {
		if sum += math.Abs(row.Flat.delta()); sum < 0.9*changes {
			continue
		}
		part := words.Percent(100 * sum / changes)[1:]
		if sum == changes {
			part = "all"
		}
		if i == 0 {
			return "One " + noun + " explains " + part + " of the change."
		}
		return "The top " + words.Plural(i+1, noun) + " explain " + part + " of the change."
	}
	return ""
}

func placeRows(rows []topRow) {
	const half = 46
	largest := 0.0
	for _, row := range rows {
		largest = math.Max(largest, math.Abs(row.Flat.delta()))
	}
	for i := range rows {
		row := &rows[i]
		if largest > 0 {
			row.Width = math.Abs(row.Flat.delta()) / largest * half
		}
		row.X = 50
		if row.Flat.delta() < 0 {
			row.X -= row.Width
		}
	}
}
