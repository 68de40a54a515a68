package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/heap"
)

// Causes are the functions of the measured module that explain why a variant allocates more or less than the baseline,
// the largest change first.
type Causes struct {
	Variant   string  `json:"variant"`
	Row       string  `json:"row,omitempty" doc:"name of the row that they are about; empty if there is only one"`
	Functions []Cause `json:"functions"`
}

// A Cause is a function of the measured module with what an operation allocates below it and not below another
// function of the module. So a change counts for the function of the user that made it, also if the allocation itself
// is in the standard library.
type Cause struct {
	Function string  `json:"function"`
	Was      string  `json:"was,omitempty" doc:"its name before, if it differs"`
	File     string  `json:"file,omitempty" doc:"path in the repository"`
	Line     int     `json:"line,omitempty" doc:"source line below which most bytes were allocated, in the version that has more"`
	Before   float64 `json:"before" doc:"bytes per operation"`
	After    float64 `json:"after"`
	Moved    *Cause  `json:"moved,omitempty" doc:"a function that allocates less where this one allocates more, or the other way round, because code moved; their net is the sum of both changes"`

	Code *Code `json:"code,omitempty" doc:"the function in the source code of both versions"`

	index int        // in heap.Diff.Functions
	hot   [2]hotLine // before and after
}

// A hotLine is the line of a function below which most bytes were allocated.
type hotLine struct {
	file string // without folders
	line int
}

func (c *Cause) change() float64 { return c.After - c.Before }

// Net returns the values of a cause and of the function that its code moved from or to.
func (c *Cause) Net() (before, after float64) {
	if c.Moved == nil {
		return c.Before, c.After
	}
	return c.Before + c.Moved.Before, c.After + c.Moved.After
}

// maxCauses is the largest number of causes in a report.
const maxCauses = 10

// NewCauses returns the functions of a module that changed most between two allocs profiles, the largest change first.
// A function and the one that its code moved to are one cause, which has the place of the larger change: so none is
// hidden. The digests are those of the profiles, and calls their numbers of operations.
func NewCauses(before, after *heap.Digest, module string, calls [2]int64) []Cause {
	d := heap.NewDiff(before, after)
	lines := [2]map[string][]heap.Line{linesOf(before), linesOf(after)}
	perOp := func(bytes int64, side int) float64 { return float64(bytes) / float64(max(calls[side], 1)) }
	paths := d.Attributed(heap.AllocSpace, func(f heap.FunctionDiff) bool { return inModule(f.Name, module) })
	sums := make([]heap.Change, len(d.Functions))
	for _, p := range paths {
		sums[p.Function].Add(p.Change)
	}
	var causes []Cause
	for i, sum := range sums {
		f := d.Functions[i]
		c := Cause{
			Function: f.Name, Was: f.Was, File: f.File, index: i,
			Before: perOp(sum.Before, 0), After: perOp(sum.After, 1),
		}
		if math.Abs(c.change()) < leastCause {
			continue
		}
		for side, name := range [2]string{cmp.Or(f.Was, f.Name), f.Name} {
			c.hot[side] = hottest(lines[side][name], [2]int64{sum.Before, sum.After}[side])
		}
		side := 1
		if c.After < c.Before {
			side = 0
		}
		c.Line = c.hot[side].line
		causes = append(causes, c)
	}
	slices.SortStableFunc(causes, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(math.Abs(b.change()), math.Abs(a.change())), cmp.Compare(b.change(), a.change()))
	})
	causes = joinMoved(causes, paths, perOp)
	return causes[:min(len(causes), maxCauses)]
}

// leastCause is the smallest change of a cause, in bytes per operation.
const leastCause = 0.5

// inModule reports whether a function is in a module: its name begins with the path of the module, followed by a
// package below it or by the function's own name. The linker escapes dots in the last element of a package's path.
func inModule(function, module string) bool {
	last := strings.LastIndexByte(module, '/') + 1
	for _, path := range []string{module, module[:last] + strings.ReplaceAll(module[last:], ".", "%2e")} {
		rest, ok := strings.CutPrefix(function, path)
		if !ok {
			continue
		}
		name, inRoot := strings.CutPrefix(strings.TrimPrefix(rest, "_test"), ".")
		if i := strings.IndexAny(name, "([{"); i >= 0 { // of a receiver or type arguments
			name = name[:i]
		}
		if strings.HasPrefix(rest, "/") || inRoot && !strings.Contains(name, "/") {
			return true
		}
	}
	return false
}

// linesOf returns the lines of each function.
func linesOf(d *heap.Digest) map[string][]heap.Line {
	lines := map[string][]heap.Line{}
	for _, l := range d.Lines {
		name := d.Functions[l.Function].Name
		lines[name] = append(lines[name], l)
	}
	return lines
}

// hottest returns the line below which most of a function's bytes were allocated. A line with more bytes than those calls
// another function of the module, for which they count.
func hottest(lines []heap.Line, bytes int64) (hot hotLine) {
	var most int64
	for _, l := range lines {
		if b := l.Cum.AllocSpace; b <= bytes+bytes/100 && b > most { // small paths count for the callers
			hot, most = hotLine{l.File, l.Line}, b
		}
	}
	if most > 0 || bytes == 0 {
		return hot
	}
	for _, l := range lines { // a line that does both
		if b := max(l.Flat.AllocSpace, 1); b > most {
			hot, most = hotLine{l.File, l.Line}, b
		}
	}
	return hot
}

// Module returns the path of the Go module that r measures, or "" if it is about something else.
func Module(r Report) string {
	if r.Source != profiler.SubjectGoBench {
		return ""
	}
	return r.Labels[profiler.LabelModule]
}

// CausesOf returns the causes of a variant. In a report with rows, it returns none of a row: see At.
func CausesOf(r Report, after string) []Cause {
	for _, c := range r.Causes {
		if c.Variant == after && (c.Row == "" || len(r.Rows) == 0) {
			return c.Functions
		}
	}
	return nil
}

// CausesDecided reports whether the rounds show that bytes per operation changed. Otherwise the causes of a variant may
// be chance, such as what a collection left in a sync.Pool.
func CausesDecided(r Report, after string) bool {
	c := r.Comparison(after, profiler.BytesPerOp)
	return c != nil && c.Verdict.Decided()
}

// Place returns the source line of a cause, such as "json/decode.go:42".
func (c *Cause) Place() string {
	if c.File == "" || c.Line == 0 {
		return c.File
	}
	return fmt.Sprintf("%s:%d", c.File, c.Line)
}
