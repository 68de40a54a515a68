package views

import (
	"strings"
	"time"

	"heaplab/profiler/export"
	"heaplab/profiler/words"
)

// Document returns what the Markdown of a report shows.
func (p ReportPage) Document() export.Document {
	d := export.Document{Report: p.Report, After: p.After}
	if len(p.Commands) > 0 {
		d.Reproduce = p.Commands[0].Lines
	}
	t := functions(p.Flame)
	d.Functions.Unit = t.unit()
	for _, row := range t.Rows {
		if row.Class != "same" {
			d.Functions.Rows = append(d.Functions.Rows, export.FunctionRow{
				Name: row.Package + row.Name, Before: t.Reading.cell(row.Flat.before), After: t.Reading.cell(row.Flat.after), Change: strings.TrimSpace(t.Reading.signedCell(row.Flat.delta()) + " " + row.Margin),
			})
		}
	}
	return d
}

// FilePolicy is the content security policy of a ReportFile: it loads nothing and runs nothing.
const FilePolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'"

// goodUntil says when a link expires, if it does.
func goodUntil(expires time.Time) string {
	if expires.IsZero() {
		return ""
	}
	return ", valid until " + words.Date(expires)
}
