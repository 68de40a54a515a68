package export

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/report/reporttest"
)

// The medians and comparisons of the table are those of the report.
func TestCSV(t *testing.T) {
	r := reporttest.WithSamples(reporttest.Comparison())
	table, err := CSV(r)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if want := 1 + 3*6; len(rows) != want {
		t.Fatalf("%d rows, want %d", len(rows), want)
	}
	column := func(row []string, name string) string { return row[slices.Index(rows[0], name)] }
	number := func(row []string, name string) float64 {
		v, err := strconv.ParseFloat(column(row, name), 64)
		if err != nil {
			t.Errorf("%s of %v: %v", name, row, err)
		}
		return v
	}
	for _, row := range rows[1:] {
		c := r.Comparison(column(row, "variant"), column(row, "unit"))
		if c == nil {
			if column(row, "variant") != "fresh" || column(row, "verdict") != "" || column(row, "against") != "" {
				t.Errorf("baseline %v", row)
			}
			continue
		}
		if number(row, "median") != float64(c.Value.Center) || number(row, "change") != float64(c.Change) || number(row, "floor_percent") != float64(c.Floor) ||
			column(row, "verdict") != string(c.Verdict) || column(row, "against") != "fresh" {
			t.Errorf("row %v, want %+v", row, c)
		}
		if c.Unit == profiler.BytesPerOp && column(row, "p") != "" {
			t.Errorf("p of an exact unit is %q", column(row, "p"))
		}
	}
}

// No spreadsheet takes a cell for a formula.
func TestCSVCells(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "fresh": "fresh", "=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", " =1": "' =1", "＝1": "'＝1", "\t=1": `\t=1`, "a=b": "a=b",
	} {
		if got := cell(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
