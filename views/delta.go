package views

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/heap"
)

// shownFunctions is how many rows of functions a report shows.
const shownFunctions = 30

// A functionTable holds what each function allocates, before and after: per operation, or in a
// whole process where the profiles were imported.
type functionTable struct {
	Type      heap.Type // what the bytes are
	Whole     bool      // they are of a whole process
	Sampled   bool      // so that small changes say nothing
	Rows      []functionRow
	Total     functionRow
	Medians   string  // how the medians of the benchmark differ from Total, or ""
	More      int     // functions that are not shown
	MoreDelta float64 // the sum of their changes, in bytes
}

// A functionRow is one function in two profiles.
type functionRow struct {
	Package, Name string // "encoding/json." and "(*Decoder).refill"
	Full          string // the whole name, with its type arguments
	Before, After functionCost
	Delta         float64 // bytes
	Class         string  // "less", "more" or "same": by the absolute change
	Chip          string  // "gone", "new" or the change in percent
	Relative      float64 // to sort by
	X, Width      float64 // of the delta bar, in percent; 50 is no change
}

// A functionCost is what a function itself allocates.
type functionCost struct {
	Bytes, Objects float64
	Bound          bool // it is not listed in its profile: these are the most that it can be
}

// functions joins the profiles of the baseline and another variant, largest change first. It is
// empty where one of them is missing.
func functions(r profiler.Report, after string) functionTable {
	t, before, then := tabledProfiles(r, after)
	if before == nil || then == nil {
		return t
	}
	a, b := costs(*before, t.Type), costs(*then, t.Type)
	period := max(before.Summary.Period, then.Summary.Period)
	t.Sampled = period > 1
	floor := changeFloor(period)
	names := map[string]bool{}
	for name := range a.byName {
		names[name] = true
	}
	for name := range b.byName {
		names[name] = true
	}
	for name := range names {
		if row := newFunctionRow(name, a.of(name), b.of(name), floor); row.Before.Bytes > 0 || row.After.Bytes > 0 {
			t.Rows = append(t.Rows, row)
		}
	}
	slices.SortFunc(t.Rows, func(x, y functionRow) int {
		return cmp.Or(
			cmp.Compare(math.Abs(y.Delta), math.Abs(x.Delta)),
			cmp.Compare(y.After.Bytes, x.After.Bytes),
			strings.Compare(x.Package+x.Name, y.Package+y.Name),
		)
	})
	if len(t.Rows) > shownFunctions {
		for _, row := range t.Rows[shownFunctions:] {
			t.MoreDelta += row.Delta
		}
		t.More = len(t.Rows) - shownFunctions
		t.Rows = t.Rows[:shownFunctions]
	}
	t.More += max(before.Summary.Omitted, then.Summary.Omitted)
	t.Total = newFunctionRow("", a.total, b.total, floor)
	t.Total.Name = "All functions"
	if t.Medians = onceOnly(r, after, t.Total); t.Medians != "" && t.Total.After.Bytes == 0 {
		t.Total.Chip = none // something is left, though not in every operation
	}
	place(t.Rows)
	return t
}

// tabledProfiles are the profiles that a table of functions is about, and what it tells of
// them. They are nil where there is nothing to compare.
func tabledProfiles(r profiler.Report, after string) (t functionTable, before, then *profiler.ProfileReport) {
	t = functionTable{Type: heap.AllocSpace, Whole: r.Source == profiler.SourceImport}
	if len(r.Variants) == 0 {
		return t, nil, nil
	}
	baseline := r.Variants[0].Name
	if !t.Whole {
		before, then = r.Profile(baseline, profiler.Allocs), r.Profile(after, profiler.Allocs)
		if before == nil || then == nil || before.Calls < 1 || then.Calls < 1 {
			return t, nil, nil
		}
		return t, before, then
	}
	before, then = r.Profile(baseline, profiler.Imported), r.Profile(after, profiler.Imported)
	if before == nil || then == nil || before.Summary.Samples == 0 || then.Summary.Samples == 0 {
		return t, nil, nil
	}
	if !slices.Contains(profiler.Comparable(before.Summary, then.Summary), t.Type) {
		t.Type = heap.InuseSpace
	}
	return t, before, then
}

// onceOnly says where the medians of a benchmark are larger than what its profile holds:
// the profile's window begins after warm-up, and so leaves out what happens but once.
func onceOnly(r profiler.Report, after string, total functionRow) string {
	c := r.Comparison(after, profiler.BytesPerOp)
	if c == nil {
		return ""
	}
	var parts []string
	for _, side := range []struct {
		name            string
		median, profile float64
	}{
		{r.Variants[0].Name, float64(c.Baseline.Center), total.Before.Bytes},
		{after, float64(c.Value.Center), total.After.Bytes},
	} {
		if side.median-side.profile > math.Max(64, side.profile/10) {
			parts = append(parts, Bytes(side.median)+" of "+Plain(side.name)+" against "+Bytes(side.profile)+" here")
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "The medians of the benchmark also contain what happens only once in a run, such as the growth of a buffer: " + list(parts) + "."
}

// profileCosts are a profile's functions: per operation, where it spans a known number of them.
type profileCosts struct {
	byName map[string]functionCost
	total  functionCost
	rest   functionCost // the most that a function can have that is not listed
}

func (c profileCosts) of(name string) functionCost {
	if cost, ok := c.byName[name]; ok {
		return cost
	}
	return c.rest
}

func costs(p profiler.ProfileReport, t heap.Type) profileCosts {
	calls := float64(max(p.Calls, 1))
	per := func(v heap.Values) functionCost {
		return functionCost{Bytes: float64(v.Of(t)) / calls, Objects: float64(v.Of(t.Objects())) / calls}
	}
	c := profileCosts{byName: map[string]functionCost{}, total: per(p.Summary.Totals)}
	for _, f := range p.Summary.Functions {
		c.byName[f.Name] = per(f.Flat)
	}
	if n := len(p.Summary.Functions); n > 0 && p.Summary.Omitted > 0 {
		last := p.Summary.Functions[n-1].Flat // by the larger of both: so are those that are not listed
		c.rest.Bytes = float64(max(last.AllocSpace, last.InuseSpace)) / calls
		c.rest.Bound = c.rest.Bytes > 0
	}
	return c
}

// changeFloor returns below which change of a value nothing is claimed: the noise floor of exact
// bytes, or what the sampling of a profile alone can make.
func changeFloor(period int64) func(before, after float64) float64 {
	if period > 1 {
		return func(before, after float64) float64 {
			return samplingFloor(math.Max(before, after), float64(period), 0)
		}
	}
	unit := profiler.LookupUnit(profiler.BytesPerOp)
	return func(before, _ float64) float64 { return math.Max(unit.FloorAbs, unit.Floor*before) }
}

func newFunctionRow(name string, before, after functionCost, floor func(before, after float64) float64) functionRow {
	row := functionRow{Full: name, Before: before, After: after, Delta: after.Bytes - before.Bytes}
	row.Package, row.Name = splitFunction(shortArguments(name))
	switch {
	case math.Abs(row.Delta) <= floor(before.Bytes, after.Bytes):
		row.Class = "same"
	case row.Delta < 0:
		row.Class = "less"
	default:
		row.Class = "more"
	}
	switch {
	case before.Bytes == 0 && after.Bytes == 0:
		row.Chip = none
	case before.Bytes == 0:
		row.Chip, row.Relative = "new", math.MaxFloat32
	case after.Bytes == 0:
		row.Chip, row.Relative = "gone", -100
	case before.Bound || after.Bound:
		row.Chip, row.Relative = unclear, 100*row.Delta/before.Bytes
	default:
		row.Relative = 100 * row.Delta / before.Bytes
		row.Chip = Percent(row.Relative)
	}
	return row
}

// splitFunction parts a function's name from its package, for the eye: the last slash and
// the first dot after it end the package.
func splitFunction(name string) (pkg, function string) {
	end := strings.IndexByte(name, '[') // the type arguments of a generic function may hold slashes
	if end < 0 {
		end = len(name)
	}
	slash := strings.LastIndexByte(name[:end], '/') + 1
	dot := strings.IndexByte(name[slash:], '.')
	if dot < 0 {
		return "", name
	}
	return name[:slash+dot+1], name[slash+dot+1:]
}

// shortArguments leaves out the type arguments of generic functions, which are often longer
// than the name itself.
func shortArguments(name string) string {
	var b strings.Builder
	depth := 0
	for _, r := range name {
		if r == '[' {
			if depth++; depth == 1 {
				b.WriteString("[…]")
			}
		}
		if depth == 0 {
			b.WriteRune(r)
		}
		if r == ']' && depth > 0 {
			depth--
		}
	}
	return b.String()
}

// breakable parts a function's name before its last dot, where a line may end.
func breakable(name string) (start, end string) {
	if dot := strings.LastIndexByte(name, '.'); dot > 0 {
		return name[:dot], name[dot:]
	}
	return name, ""
}

// place gives every row its delta bar: half the width is the largest change.
func place(rows []functionRow) {
	const half = 46
	largest := 0.0
	for _, row := range rows {
		largest = math.Max(largest, math.Abs(row.Delta))
	}
	for i := range rows {
		row := &rows[i]
		if largest > 0 {
			row.Width = math.Abs(row.Delta) / largest * half
		}
		row.X = 50
		if row.Delta < 0 {
			row.X -= row.Width
		}
	}
}

// text writes bytes, as a bound where they are one.
func (c functionCost) text() string {
	if c.Bound {
		return "≤ " + Bytes(c.Bytes)
	}
	return Bytes(c.Bytes)
}

func (c functionCost) objects() string {
	if c.Bound {
		return none
	}
	return Count(c.Objects)
}
