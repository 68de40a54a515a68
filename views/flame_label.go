package views

import (
	"strings"
	"unicode/utf8"

	"heaplab/profiler/heap"
	"heaplab/profiler/words"
)

// A label has the names of a function. Many frames share it.
type label struct{ full, plain, short string }

// labelOf returns the label of a frame.
func (l *layout) labelOf(f *heap.Frame) label {
	if f.Function < 0 {
		return newLabel(l.page.frameName(f))
	}
	known, ok := l.labels[f.Function]
	if !ok {
		known = newLabel(l.page.frameName(f))
		l.labels[f.Function] = known
	}
	return known
}

func newLabel(name string) label { return label{name, words.Plain(name), shortName(name)} }

// small returns the sign of a change and the start of a name in n characters.
func small(note, name string, n int) string {
	sign, _, changed := strings.Cut(note, " ")
	switch {
	case n < 1:
		return ""
	case !changed:
		return fit(name, n)
	case n < 5:
		return sign
	}
	return sign + " " + fit(name, n-2)
}

// frameName returns the whole name of a frame.
func (p *ProfilePage) frameName(f *heap.Frame) string {
	switch {
	case f.Function >= 0:
		return p.Diff.Functions[f.Function].Name
	case f.Function == heap.Other:
		return "(other: too small to keep)"
	case p.Query.Focus != "":
		return p.Query.Focus
	}
	return "all"
}

// shortName returns a function's name without the path of its package.
func shortName(name string) string {
	pkg, function := splitFunction(shortArguments(name))
	return words.Plain(pkg[strings.LastIndexByte(pkg, '/')+1:] + function)
}

// fit shortens text to n characters, or returns "" if that would be too short to read.
func fit(text string, n int) string {
	if len(text) <= n {
		return text
	}
	runes := []rune(text[:min(len(text), utf8.UTFMax*max(n+1, 0))])
	switch {
	case len(runes) <= n:
		return text
	case n < 3:
		return ""
	}
	return string(runes[:n-1]) + "…"
}

// note writes the change of a frame as a word or a number. Its sign does not depend on colour.
func (l *layout) note(b *box) string {
	f := b.frame
	switch {
	case f.Function == heap.Other || f.HiddenBefore || f.HiddenAfter || l.reading.noise(f.Change):
		return ""
	case f.Before == 0 && f.After > 0:
		return "+ new"
	case f.After == 0 && f.Before > 0:
		return "✕ gone"
	case b.value.before == 0:
		return ""
	}
	change := 100 * (b.value.after/b.value.before - 1)
	switch {
	case change < 0:
		return "▼ " + words.Percent(change)
	case change > 0:
		return "▲ " + words.Percent(change)
	}
	return ""
}
