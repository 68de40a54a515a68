package listing

import (
	"strings"

	"github.com/aymanbagabas/go-udiff" // the diff of gopls, with the lines as data; git would need files and a process
)

// A DiffLine is a line of two texts, or of one of them.
type DiffLine struct {
	Before, After int // its number in each text, from 1; 0 if the text does not have it
	Text          string
}

// Diff returns the lines of two texts. Of lines that were replaced, those before come first.
func Diff(before, after string) []DiffLine {
	before, after = terminated(before), terminated(after)
	whole := max(strings.Count(before, "\n"), strings.Count(after, "\n")) + 1
	u, err := udiff.ToUnifiedDiff("", "", before, udiff.Lines(before, after), whole)
	if err != nil || len(u.Hunks) == 0 { // equal: edits that udiff made itself are never inconsistent
		var out []DiffLine
		for i, text := range splitLines(before) {
			out = append(out, DiffLine{i + 1, i + 1, text})
		}
		return out
	}
	var out []DiffLine
	was, now := 0, 0
	for _, l := range u.Hunks[0].Lines {
		d := DiffLine{Text: strings.TrimSuffix(l.Content, "\n")}
		if l.Kind != udiff.Insert {
			was++
			d.Before = was
		}
		if l.Kind != udiff.Delete {
			now++
			d.After = now
		}
		out = append(out, d)
	}
	return out
}

// Changed reports whether only one text has the line.
func (l DiffLine) Changed() bool { return l.Before == 0 || l.After == 0 }

// Sign returns the sign of the line in a diff: "-", "+" or a space.
func (l DiffLine) Sign() string {
	switch {
	case l.After == 0:
		return "-"
	case l.Before == 0:
		return "+"
	}
	return " "
}

// Window returns the part of lines around the one at index i that has at most most lines and size bytes.
func Window(lines []DiffLine, i, most, size int) []DiffLine {
	if i < 0 || i >= len(lines) {
		i = 0
	}
	first, end := i, i
	for first > 0 || end < len(lines) {
		grown := false
		for _, next := range []int{end, first - 1} {
			if next < 0 || next >= len(lines) || end-first == most || size < len(lines[next].Text)+1 {
				continue
			}
			size -= len(lines[next].Text) + 1
			first, end = min(first, next), max(end, next+1)
			grown = true
		}
		if !grown {
			break
		}
	}
	return lines[first:end]
}

// SideOf returns the text of one side of a part of lines, and the number of its first line. first is 0 if the side has
// none of the lines.
func SideOf(lines []DiffLine, after bool) (text string, first int) {
	var b strings.Builder
	for _, l := range lines {
		n := l.Before
		if after {
			n = l.After
		}
		if n == 0 {
			continue
		}
		if first == 0 {
			first = n
		}
		b.WriteString(l.Text)
		b.WriteByte('\n')
	}
	return b.String(), first
}

// Hunks splits lines into parts with at most context lines around each one that chosen returns true for.
func Hunks(lines []DiffLine, context int, chosen func(DiffLine) bool) [][]DiffLine {
	keep := make([]bool, len(lines))
	for i, l := range lines {
		if chosen(l) {
			for k := max(0, i-context); k < min(len(lines), i+context+1); k++ {
				keep[k] = true
			}
		}
	}
	var hunks [][]DiffLine
	for i := 0; i < len(lines); {
		end := i
		for end < len(lines) && keep[end] {
			end++
		}
		if end > i {
			hunks = append(hunks, lines[i:end])
		}
		i = max(end, i+1)
	}
	return hunks
}

func terminated(text string) string {
	if text == "" || strings.HasSuffix(text, "\n") {
		return text
	}
	return text + "\n"
}

// splitLines returns the lines of a text without their ends.
func splitLines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}
