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
}

func (c *Cause) change() float64 { return c.After - c.Before }

// maxCauses is the largest number of causes in a report.
const maxCauses = 10

// NewCauses returns the functions of a module that changed most between two allocs profiles, the largest change first.
// The digests are those of the profiles, and calls their numbers of operations.
func NewCauses(before, after *heap.Digest, module string, calls [2]int64) []Cause {
	d := heap.NewDiff(before, after)
	lines := [2]map[string]heap.Line{largestLines(before), largestLines(after)}
	var causes []Cause
	for i, sum := range d.Attribute(heap.AllocSpace, func(f heap.FunctionDiff) bool { return inModule(f.Name, module) }) {
		f := d.Functions[i]
		c := Cause{
			Function: f.Name, Was: f.Was, File: f.File,
			Before: float64(sum.Before) / float64(max(calls[0], 1)), After: float64(sum.After) / float64(max(calls[1], 1)),
		}
		if math.Abs(c.change()) < leastCause {
			continue
		}
		side, name := 1, f.Name
		if c.After < c.Before {
			side, name = 0, cmp.Or(f.Was, f.Name)
		}
		if l, ok := lines[side][name]; ok {
			c.Line = l.Line
		}
		causes = append(causes, c)
	}
	slices.SortStableFunc(causes, func(a, b Cause) int { return cmp.Compare(math.Abs(b.change()), math.Abs(a.change())) })
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

// largestLines returns the line of each function with the most bytes, its callees included.
func largestLines(d *heap.Digest) map[string]heap.Line {
	lines := map[string]heap.Line{}
	for _, l := range d.Lines {
		name := d.Functions[l.Function].Name
		if known, ok := lines[name]; !ok || l.Cum.AllocSpace > known.Cum.AllocSpace {
			lines[name] = l
		}
	}
	return lines
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
