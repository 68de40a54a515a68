package export

import (
	"fmt"
	"strings"

	"heaplab/profiler/benchtext"
)

// BenchTables writes comparisons of benchmark text in Markdown, with the numbers of benchstat.
func BenchTables(tables []benchtext.Table) string {
	var b strings.Builder
	for _, t := range tables {
		var config []string
		for _, s := range t.Config {
			if s.Value != "" {
				config = append(config, markdown(s.Key+": "+s.Value))
			}
		}
		if len(config) > 0 {
			b.WriteString(strings.Join(config, ", ") + "\n\n")
		}
		b.WriteString(benchTable(t))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func benchTable(t benchtext.Table) string {
	head := []string{markdown(t.Unit)}
	for i, name := range t.Files {
		head = append(head, markdown(name))
		if i > 0 {
			head = append(head, "vs base")
		}
	}
	var notes benchtext.Notes
	var rows [][]string
	for _, row := range t.Rows {
		rows = append(rows, benchRow(t, row, &notes))
	}
	if len(t.Rows) > 1 {
		line := []string{benchtext.MeanLabel}
		for i, m := range t.Means {
			mark := notes.Mark(m.Warnings)
			if i == 0 {
				line = append(line, join(t.Mean(m), mark))
			} else {
				line = append(line, t.Mean(m), join(m.Change(), mark))
			}
		}
		rows = append(rows, line)
	}
	text := markdownTable(head, 1, rows) + "\n\n"
	for i, note := range notes.Texts {
		text += fmt.Sprintf("%s %s  \n", benchtext.Superscript(i+1), markdown(note))
	}
	if len(notes.Texts) > 0 {
		text += "\n"
	}
	return text
}

// benchRow writes a benchmark: for each file its center and, after the first, its change.
func benchRow(t benchtext.Table, row benchtext.Row, notes *benchtext.Notes) []string {
	line := []string{markdownCode(row.Name)}
	scale := t.Scale(row)
	for i, c := range row.Cells {
		value, change := "", ""
		if c != nil {
			value = join(scale.Format(c.Summary.Center)+" ± "+c.Summary.PctRangeString(), notes.Mark(c.Summary.Warnings))
			if c.Comparison != nil {
				change = join(markdown(c.Delta)+" ("+c.Comparison.String()+")", notes.Mark(c.Comparison.Warnings))
			}
		}
		if line = append(line, value); i > 0 {
			line = append(line, change)
		}
	}
	return line
}

// join joins the texts that are not empty with spaces.
func join(texts ...string) string { return strings.TrimSpace(strings.Join(texts, " ")) }
