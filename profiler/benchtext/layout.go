package benchtext

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A text is a cell of a layout: at a column, over one or more of them.
type text struct {
	column, span int
	value        string
	margin       string // before the value
	align        align
}

type align int

const (
	left align = iota
	center
	right
)

// at returns a text in one column. One space separates a value from the column before.
func at(column int, value string) text {
	t := text{column: column, span: 1, value: value}
	if column > 0 && value != "" {
		t.margin = " "
	}
	return t
}

// A layout is a table of texts, laid out as benchstat does.
type layout struct {
	lines   [][]text // each by ascending column
	stretch []int    // columns that become wider if a text that spans them needs it
}

// String writes the lines. A line without texts is left out.
func (l *layout) String() string {
	margins, starts := l.columns()
	var b strings.Builder
	for _, line := range l.lines {
		end := 0 // of what is written
		for _, t := range line {
			if strings.TrimSpace(t.value) == "" && strings.TrimSpace(t.margin) == "" { // no blanks at the end of lines
				continue
			}
			// If the text before is wider than its columns, this is negative: fmt then writes as many blanks.
			blanks := starts[t.column] - end
			fmt.Fprintf(&b, "%*s%*s", blanks, "", margins[t.column], t.margin)
			value := t.align.pad(t.value, starts[t.column+t.span]-starts[t.column]-margins[t.column])
			b.WriteString(value)
			end += blanks + margins[t.column] + utf8.RuneCountInString(value)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// columns returns the width of each column's margin, and where each column starts, margin included. The last start is
// the width of the table.
func (l *layout) columns() (margins, starts []int) {
	texts := slices.Concat(l.lines...)
	n := 0
	for _, t := range texts {
		n = max(n, t.column+t.span)
	}
	margins, widths := make([]int, n), make([]int, n)
	for _, t := range texts {
		margins[t.column] = max(margins[t.column], utf8.RuneCountInString(t.margin))
	}
	slices.SortStableFunc(texts, func(a, b text) int { return a.span - b.span })
	for _, t := range texts {
		missing := margins[t.column] + utf8.RuneCountInString(t.value)
		for _, w := range widths[t.column : t.column+t.span] {
			missing -= w
		}
		if missing > 0 && (t.span == 1 || slices.Contains(l.stretch, t.column)) {
			widths[t.column] += missing
		}
	}
	starts = make([]int, n+1)
	for i, w := range widths {
		starts[i+1] = starts[i] + w
	}
	return margins, starts
}

// pad writes blanks before a text, and none after it.
func (a align) pad(s string, width int) string {
	switch a {
	case center:
		return fmt.Sprintf("%*s%s", (width-utf8.RuneCountInString(s))/2, "", s)
	case right:
		return fmt.Sprintf("%*s", width, s)
	}
	return s
}
