package benchtext

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"golang.org/x/perf/benchunit"

	"heaplab/profiler/words"
)

// Each file has these columns in a layout, after that of the names. The first file has only the first three.
const (
	centerColumn = iota
	rangeColumn
	notesColumn // of the sample
	deltaColumn
	testColumn
	changeNotesColumn // of the comparison
	fileColumns
)

// columnsOf returns the first column of a file, and how many it has.
func columnsOf(file int) (first, n int) {
	if file == 0 {
		return 1, deltaColumn
	}
	return 1 + deltaColumn + (file-1)*fileColumns, fileColumns
}

// WriteText writes tables as benchstat does. Invisible characters of names are escaped.
func WriteText(w io.Writer, tables []Table) error {
	for i := range tables {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		for n, s := range tables[i].Config {
			if i > 0 && s == tables[i-1].Config[n] { // said before
				continue
			}
			if _, err := fmt.Fprintf(w, "%s: %s\n", words.Plain(s.Key), words.Plain(s.Value)); err != nil {
				return err
			}
		}
		if _, err := io.WriteString(w, tables[i].text()); err != nil {
			return err
		}
	}
	return nil
}

// text writes a table with its warnings.
func (t *Table) text() string {
	const bar = " │ "
	var l layout
	var notes Notes
	var files, units []text
	for i, name := range t.Files {
		first, n := columnsOf(i)
		l.stretch = append(l.stretch, first)
		files = append(files, text{first, n, words.Plain(name), bar, center})
		units = append(units, text{first, deltaColumn, words.Plain(t.Unit), bar, center})
		if i > 0 {
			units = append(units, text{first + deltaColumn, fileColumns - deltaColumn, "vs base", "  ", left})
		}
	}
	edge, _ := columnsOf(len(t.Files))
	border := text{edge, 1, "", strings.TrimRight(bar, " "), left}
	l.lines = append(l.lines, append(files, border), append(units, border))
	for _, row := range t.Rows {
		l.lines = append(l.lines, t.line(row, &notes))
	}
	if len(t.Rows) > 1 {
		l.lines = append(l.lines, t.meanLine(&notes))
	}
	return l.String() + strings.Join(notes.lines(), "")
}

func (t *Table) line(row Row, notes *Notes) []text {
	line := []text{at(0, words.Plain(row.Name))}
	scale := t.Scale(row)
	for i, c := range row.Cells {
		if c == nil {
			continue
		}
		first, _ := columnsOf(i)
		line = append(line,
			text{first + centerColumn, 1, scale.Format(c.Summary.Center), " ", right},
			text{first + rangeColumn, 1, c.Summary.PctRangeString(), " ± ", right},
			at(first+notesColumn, notes.Mark(c.Summary.Warnings)))
		if c.Comparison != nil {
			line = append(line,
				text{first + deltaColumn, 1, c.Delta, " ", right},
				at(first+testColumn, "("+c.Comparison.String()+")"),
				at(first+changeNotesColumn, notes.Mark(c.Comparison.Warnings)))
		}
	}
	return line
}

func (t *Table) meanLine(notes *Notes) []text {
	line := []text{at(0, MeanLabel)}
	for i, m := range t.Means {
		first, n := columnsOf(i)
		if !math.IsNaN(m.Center) {
			line = append(line, text{first + centerColumn, 1, t.Mean(m), " ", right})
		}
		if i > 0 {
			change := text{first + deltaColumn, 1, m.Change(), " ", right}
			if math.IsNaN(m.Ratio) {
				change.align = left
			}
			line = append(line, change)
		}
		line = append(line, at(first+n-1, notes.Mark(m.Warnings)))
	}
	return line
}

// MeanLabel is the name of the line of means.
const MeanLabel = "geomean"

// Mean writes the mean of a column; "" if it is undefined.
func (t *Table) Mean(m Mean) string {
	if math.IsNaN(m.Center) {
		return ""
	}
	return benchunit.Scale(m.Center, benchunit.ClassOf(t.Unit))
}

// Change writes the mean change of a column; "?" if it is undefined.
func (m Mean) Change() string {
	if math.IsNaN(m.Ratio) {
		return "?"
	}
	return fmt.Sprintf("%+.2f%%", (m.Ratio-1)*100)
}

// Scale returns the scale that the values of a row share.
func (t *Table) Scale(row Row) benchunit.Scaler {
	var centers []float64
	for _, c := range row.Cells {
		if c != nil {
			centers = append(centers, c.Summary.Center)
		}
	}
	return benchunit.CommonScale(centers, benchunit.ClassOf(t.Unit))
}

// Notes are distinct warnings in the order in which a table refers to them.
type Notes struct{ Texts []string }

// Mark returns the marks that refer to warnings, and adds those that are new.
func (n *Notes) Mark(warnings []error) string {
	var marks []string
	for _, w := range warnings {
		i := slices.Index(n.Texts, w.Error())
		if i < 0 {
			i, n.Texts = len(n.Texts), append(n.Texts, w.Error())
		}
		marks = append(marks, Superscript(i+1))
	}
	return strings.Join(marks, " ")
}

// lines writes the warnings below a table.
func (n *Notes) lines() []string {
	var out []string
	for i, text := range n.Texts {
		out = append(out, Superscript(i+1)+" "+text+"\n")
	}
	return out
}

// Superscript writes a number in superscript digits.
func Superscript(n int) string {
	return strings.Map(func(digit rune) rune { return []rune("⁰¹²³⁴⁵⁶⁷⁸⁹")[digit-'0'] }, fmt.Sprint(n))
}
