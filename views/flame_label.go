package views

import (
	"strings"

	"heaplab/profiler/heap"
	"heaplab/profiler/words"
)

// small is the sign of a change and what fits of a name in n characters.
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

// frameName is the whole name of what a frame stands for.
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

// shortName leaves out of a function's name what tells its package's place.
func shortName(name string) string {
	pkg, function := splitFunction(shortArguments(name))
	return words.Plain(pkg[strings.LastIndexByte(pkg, '/')+1:] + function)
}

// fit shortens text to n characters; it is "" where that would say nothing.
func fit(text string, n int) string {
	runes := []rune(text)
	switch {
	case len(runes) <= n:
		return text
	case n < 3:
		return ""
	}
	return string(runes[:n-1]) + "…"
}

// note is the change of a frame in a word or a number, with a sign that is not its colour.
func (l *layout) note(b *box) string {
	f := b.frame
	switch {
	case f.Function == heap.Other || f.HiddenBefore || f.HiddenAfter || l.reading.noise(f.Before, f.After):
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
