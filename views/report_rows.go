package views

import (
	"net/url"

	"heaplab/profiler"
	"heaplab/profiler/report"
)

func unitTitle(unit string) string { return profiler.LookupUnit(unit).Title }

// urlOf returns the address of the page with other fields. It keeps the row.
func (p ReportPage) urlOf(fields url.Values) string {
	if p.Report.Row != "" {
		fields.Set("row", p.Report.Row)
	}
	return p.SelfURL + "?" + fields.Encode()
}

// rowURL returns the address of the page of one row, or "" if there is none, as in a file.
func (p ReportPage) rowURL(row string) string {
	if p.File {
		return ""
	}
	fields := url.Values{"row": {row}}
	if p.After != "" {
		fields.Set("after", p.After)
	}
	return p.SelfURL + "?" + fields.Encode()
}

// rowLink is the text of the link to the page of a row.
func rowLink(at report.Report) string {
	if len(at.Profiles) > 0 {
		return "Profiles and functions"
	}
	return "Details"
}

// allRowsURL returns the address of the page of all rows.
func (p ReportPage) allRowsURL() string {
	if p.After == "" {
		return p.SelfURL
	}
	return p.SelfURL + "?" + url.Values{"after": {p.After}}.Encode()
}

// rowNoun is the noun for the rows of a report.
func rowNoun(r report.Report) string {
	if r.Sweep != nil {
		return "value"
	}
	return "row"
}
