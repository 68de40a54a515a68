package handlers

import (
	"net/http"
	"net/url"

	"heaplab/profiler"
	"heaplab/profiler/report"
)

// rowField is the field of an address that chooses one of the benchmarks of a report.
const rowField = "row"

// atRow returns the report of the row that the address names, or the whole report if it has no such row. The rows of a
// sweep are not shown one by one.
func atRow(r *http.Request, rep report.Report) report.Report {
	if rep.Kind != profiler.KindComparison {
		return rep
	}
	at, _ := rep.AtRow(r.URL.Query().Get(rowField))
	return at
}

// profiledRow is atRow for pages that need profiles: by default it returns the first row that has some.
func profiledRow(r *http.Request, rep report.Report) report.Report {
	at := atRow(r, rep)
	if rows := profiledRows(rep); len(at.Rows) > 0 && len(rows) > 0 {
		at, _ = rep.AtRow(rows[0])
	}
	return at
}

// profiledRows returns the names of the rows that have profiles, in the order of the report.
func profiledRows(rep report.Report) []string {
	var rows []string
	for i := range rep.Rows {
		if at := rep.At(i); len(at.Profiles) > 0 {
			rows = append(rows, at.Row)
		}
	}
	return rows
}

// kept returns the fields of an address that links on the page of a report keep, or nil.
func kept(r *http.Request, rep report.Report) url.Values {
	fields := url.Values{}
	if per := r.URL.Query().Get(divideBy); per != "" && !isShare(r) {
		fields.Set(divideBy, per)
	}
	if rep.Row != "" {
		fields.Set(rowField, rep.Row)
	}
	if len(fields) == 0 {
		return nil
	}
	return fields
}

// rowQuery returns the end of the query of a profile's address that names its row.
func rowQuery(row string) string {
	if row == "" {
		return ""
	}
	return "&" + url.Values{rowField: {row}}.Encode()
}
