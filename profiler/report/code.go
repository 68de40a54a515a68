package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/listing"
)

// A Code is what the source code of both versions says about a cause.
type Code struct {
	Before  *profiler.Source  `json:"before,omitempty" doc:"missing if the baseline does not have the function"`
	After   *profiler.Source  `json:"after,omitempty" doc:"missing if the variant does not have it"`
	Diff    string            `json:"diff,omitempty" doc:"unified diff of both; missing if they are equal"`
	Escapes []profiler.Escape `json:"escapes,omitempty" doc:"values that the compiler puts on the heap in only one of the versions"`
	Notes   []string          `json:"notes,omitempty" doc:"what could not be found out"`
}

// FindCauses returns the causes of each variant with an allocs profile in each row. digest returns the digest of a profile,
// or nil if it cannot be read.
func FindCauses(r Report, digest func(sha256 string) (*heap.Digest, error)) (all []Causes, err error) {
	if len(r.Rows) == 0 {
		return findCauses(r, digest)
	}
	for i := range r.Rows {
		found, err := findCauses(r.At(i), digest)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// findCauses returns the causes of the report of one row.
func findCauses(r Report, digest func(sha256 string) (*heap.Digest, error)) (all []Causes, err error) {
	module := Module(r)
	before := r.Profile(r.Variants[0].Name, profiler.Allocs)
	if module == "" || before == nil {
		return nil, nil
	}
	was, err := digest(before.SHA256)
	if was == nil {
		return nil, err
	}
	for _, v := range r.Variants[1:] {
		after := r.Profile(v.Name, profiler.Allocs)
		if after == nil {
			continue
		}
		now, err := digest(after.SHA256)
		if err != nil {
			return nil, err
		}
		if now == nil {
			continue
		}
		if found := NewCauses(was, now, module, [2]int64{before.Calls, after.Calls}); len(found) > 0 {
			all = append(all, Causes{Variant: v.Name, Row: r.Row, Functions: found})
		}
	}
	return all, nil
}

// ChangedFunctions returns the functions to explain: the first causes of each variant in each row, as many as most, and
// where their code moved from or to.
func ChangedFunctions(all []Causes, most int) (changed []profiler.ChangedFunction) {
	for _, of := range all {
		for _, c := range of.Functions[:min(len(of.Functions), most)] {
			changed = append(changed, c.changed(of))
			if c.Moved != nil {
				changed = append(changed, c.Moved.changed(of))
			}
		}
	}
	return changed
}

func (c *Cause) changed(of Causes) profiler.ChangedFunction {
	frame := func(name string, side int) profiler.Frame {
		return profiler.Frame{Function: name, File: c.File, LineFile: c.hot[side].file, Line: c.hot[side].line}
	}
	return profiler.ChangedFunction{Variant: of.Variant, Row: of.Row, Before: frame(cmp.Or(c.Was, c.Function), 0), After: frame(c.Function, 1)}
}

// AddCode adds explanations to the causes that they are about.
func AddCode(all []Causes, explanations []profiler.Explanation) {
	type key struct{ variant, row, function string }
	known := map[key]*Code{}
	for _, x := range explanations {
		known[key{x.Variant, x.Row, x.Function}] = &Code{x.Before, x.After, unified(x.Before, x.After), x.Escapes, x.Notes}
	}
	for _, of := range all {
		for i := range of.Functions {
			c := &of.Functions[i]
			c.setCode(known[key{of.Variant, of.Row, c.Function}])
			if c.Moved != nil {
				c.Moved.setCode(known[key{of.Variant, of.Row, c.Moved.Function}])
				joinCode(c)
			}
		}
	}
}

// setCode sets the code of a cause, and its place to that in the source code: a profile has what directives such as //line
// say.
func (c *Cause) setCode(code *Code) {
	c.Code = code
	if code == nil {
		return
	}
	for _, s := range []*profiler.Source{code.Before, code.After} {
		if s != nil && (c.Before > c.After) == (s == code.Before) {
			c.File, c.Line = s.File, s.Hot
		}
	}
}

// joinCode compares the code of a function with that of another name in the other version, if each version has only one
// of them.
func joinCode(c *Cause) {
	a, b := c.Code, c.Moved.Code
	if a == nil || b == nil {
		return
	}
	if a.Before != nil && a.After == nil {
		a, b = b, a
	}
	if a.Before != nil || a.After == nil || b.Before == nil || b.After != nil {
		return
	}
	joined := &Code{Before: b.Before, After: a.After, Diff: unified(b.Before, a.After), Notes: slices.Concat(b.Notes, a.Notes)}
	rest := slices.Clone(b.Escapes)
	for _, e := range a.Escapes {
		if i := slices.IndexFunc(rest, func(r profiler.Escape) bool { return r.Code == e.Code }); i >= 0 { // in both
			rest = slices.Delete(rest, i, i+1)
			continue
		}
		joined.Escapes = append(joined.Escapes, e)
	}
	joined.Escapes = append(joined.Escapes, rest...)
	c.Code, c.Moved.Code = joined, nil
}

// A CodeLine is a line of a function, with its numbers in the files of both versions.
type CodeLine struct {
	listing.DiffLine
	Hot bool // most bytes were allocated below it in a version that has it
}

// Hunks returns the lines that changed and those that allocate most, with some lines around them.
func (c *Code) Hunks() (hunks [][]CodeLine) {
	hot := func(l listing.DiffLine) bool {
		return l.Before > 0 && c.Before != nil && l.Before == c.Before.Hot || l.After > 0 && c.After != nil && l.After == c.After.Hot
	}
	for _, h := range listing.Hunks(lines(c.Before, c.After), diffContext, func(l listing.DiffLine) bool { return l.Changed() || hot(l) }) {
		var hunk []CodeLine
		for _, l := range h {
			hunk = append(hunk, CodeLine{l, hot(l)})
		}
		hunks = append(hunks, hunk)
	}
	return hunks
}

// lines returns the lines of a function in both versions. Their numbers are those in the files.
func lines(before, after *profiler.Source) []listing.DiffLine {
	text := func(s *profiler.Source) (string, int) {
		if s == nil {
			return "", 0
		}
		return s.Text, s.First - 1
	}
	was, wasFirst := text(before)
	now, nowFirst := text(after)
	all := listing.Diff(was, now)
	for i := range all {
		if l := &all[i]; l.Before > 0 {
			l.Before += wasFirst
		}
		if l := &all[i]; l.After > 0 {
			l.After += nowFirst
		}
	}
	return all
}

// diffContext is the number of lines around each change that a diff shows.
const diffContext = 3

// unified returns the unified diff of a function, or "" if it did not change.
func unified(before, after *profiler.Source) string {
	var b strings.Builder
	name := func(s *profiler.Source, prefix string) string {
		if s == nil {
			return "/dev/null"
		}
		return prefix + s.File
	}
	for _, h := range listing.Hunks(lines(before, after), diffContext, listing.DiffLine.Changed) {
		if b.Len() == 0 {
			fmt.Fprintf(&b, "--- %s\n+++ %s\n", name(before, "a/"), name(after, "b/"))
		}
		was, wasFirst := listing.SideOf(h, false)
		now, nowFirst := listing.SideOf(h, true)
		fmt.Fprintf(&b, "@@ -%d,%d +%d,%d @@\n", wasFirst, strings.Count(was, "\n"), nowFirst, strings.Count(now, "\n"))
		for _, l := range h {
			fmt.Fprintf(&b, "%s%s\n", l.Sign(), l.Text)
		}
	}
	return b.String()
}

// An EscapeLine says in words what the compiler decided about a value.
type EscapeLine struct {
	Code string
	Text string // after the code
	Less bool   // it is no longer on the heap
}

// EscapeLines says which values are on the heap in only one version.
func (c *Code) EscapeLines() (out []EscapeLine) {
	reason := func(p *profiler.Placement, lead string) string {
		if p.Reason == "" {
			return ""
		}
		return lead + p.Reason
	}
	for _, e := range c.Escapes {
		line := EscapeLine{Code: e.Code, Less: e.After == nil || !e.After.Heap}
		switch {
		case e.After == nil:
			line.Text = fmt.Sprintf("is gone; it was on the heap (line %d)%s", e.Before.Line, reason(e.Before, ": "))
		case line.Less:
			line.Text = fmt.Sprintf("is no longer on the heap (line %d)%s", e.After.Line, reason(e.Before, "; before, it was: "))
		case e.Before == nil:
			line.Text = fmt.Sprintf("is new and on the heap (line %d)%s", e.After.Line, reason(e.After, ": "))
		default:
			line.Text = fmt.Sprintf("is now on the heap (line %d)%s", e.After.Line, reason(e.After, ": "))
		}
		out = append(out, line)
	}
	return out
}

// Remark says what the difference does not show, or is "".
func (c *Code) Remark() string {
	switch {
	case c.Before == nil && c.After == nil:
		return ""
	case c.Before == nil:
		return "The version before does not have this function."
	case c.After == nil:
		return "The version after does not have this function."
	case c.Diff == "" && len(c.Escapes) > 0:
		return "The code of this function is the same in both versions, but the compiler decides differently."
	case c.Diff == "" && !c.After.Cut:
		return "The code of this function is the same in both versions: what it calls, or how often it is called, changed."
	case c.Diff == "":
		return "This part of the function is the same in both versions."
	}
	return ""
}

// Changes returns the numbers of lines that were added and removed.
func (c *Code) Changes() (added, removed int) {
	for _, l := range lines(c.Before, c.After) {
		switch {
		case l.Before == 0:
			added++
		case l.After == 0:
			removed++
		}
	}
	return added, removed
}
