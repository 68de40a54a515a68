package export

import (
	"bytes"
	"encoding/csv"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// csvColumns are the columns of CSV. A change is the difference from "against", in the unit and, as
// delta, in percent; lo and hi are the ends of its 95% interval.
var csvColumns = []string{
	"at", "variant", "unit", "n", "median", "lo", "hi",
	"against", "change", "change_lo", "change_hi", "delta_percent", "delta_lo_percent", "delta_hi_percent",
	"p", "p_adjusted", "floor_percent", "margin_percent", "basis", "verdict", "reason",
}

// CSV writes a line for every variant and unit, with all digits. Undefined values are empty. The
// column "at" is the row, such as GOGC=50. In a sweep, a variant has one line against the baseline and
// one against itself at the first value.
func CSV(r report.Report) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := [][]string{csvColumns}
	for _, p := range rowsOf(r) {
		for _, v := range p.Variants {
			for _, unit := range slices.SortedFunc(maps.Keys(v.Samples), profiler.CompareUnits) {
				rows = append(rows, csvRows(r, p, v, unit)...)
			}
		}
	}
	err := w.WriteAll(rows)
	return b.Bytes(), err
}

// csvRows returns the lines of one sample: one for each comparison, or one without a comparison.
func csvRows(r report.Report, p report.RowReport, v report.VariantReport, unit string) [][]string {
	at := p.Row
	i := report.NewInterval(v.Samples[unit])
	sample := []string{cell(at), cell(v.Name), cell(unit), strconv.Itoa(i.N), csvNumber(i.Center), csvNumber(i.Lo), csvNumber(i.Hi)}
	var rows [][]string
	if c := p.Comparison(v.Name, unit); c != nil {
		rows = append(rows, append(slices.Clone(sample), csvComparison(*c, r.Variants[0].Name)...))
	}
	if c := p.AlongOf(v.Name, unit); c != nil {
		rows = append(rows, append(slices.Clone(sample), csvComparison(*c, v.Name+" at "+r.Rows[0].Row)...))
	}
	if len(rows) > 0 {
		return rows
	}
	row := append(sample, make([]string, len(csvColumns)-len(sample))...)
	if r.Kind == profiler.KindCalibration && r.Calibration != nil {
		if floor, ok := r.Calibration.Floors[unit]; ok {
			row[slices.Index(csvColumns, "floor_percent")] = csvNumber(profiler.Float(100 * floor))
		}
	}
	return [][]string{row}
}

func csvComparison(c report.Comparison, against string) []string {
	row := []string{cell(against)}
	for _, v := range []profiler.Float{c.Change, c.ChangeLo, c.ChangeHi, c.Delta, c.DeltaLo, c.DeltaHi, c.P, c.PAdjusted, c.Floor, c.Margin} {
		row = append(row, csvNumber(v))
	}
	return append(row, cell(string(c.Basis)), cell(string(c.Verdict)), cell(string(c.Reason)))
}

// csvNumber writes a number with all its digits and without an exponent.
func csvNumber(v profiler.Float) string {
	if !v.Finite() {
		return ""
	}
	return strconv.FormatFloat(float64(v), 'f', -1, 64)
}

// cell escapes a text that a spreadsheet would take for a formula: formulas begin with one of these
// signs (https://owasp.org/www-community/attacks/CSV_Injection).
func cell(s string) string {
	s = words.Plain(s)
	first, _ := utf8.DecodeRuneInString(strings.TrimSpace(s))
	if strings.ContainsRune("=+-@＝＋－＠", first) {
		return "'" + s
	}
	return s
}
