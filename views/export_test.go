package views

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/perf/benchfmt"

	"heaplab/profiler"
	"heaplab/profiler/report"
)

// measured gives the variants of a report samples whose medians are those of its comparisons, and
// the numbers of operations of their runs.
func measured(r report.Report) report.Report {
	sample := func(i report.Interval) []float64 {
		lo, center, hi := float64(i.Lo), float64(i.Center), float64(i.Hi)
		return []float64{center, hi, lo, center, center, (center + hi) / 2}
	}
	for i := range r.Variants {
		v := &r.Variants[i]
		v.Samples, v.Calls = map[string][]float64{}, []int64{100, 101, 102, 103, 104, 105}
		for _, c := range r.Comparisons {
			switch {
			case i == 0:
				v.Samples[c.Unit] = sample(c.Baseline)
			case c.Variant == v.Name:
				v.Samples[c.Unit] = sample(c.Value)
			}
		}
	}
	return r
}

func TestExportsOfReports(t *testing.T) {
	comparison, sweep, calibration := testReportPage(), testReportPage(), testReportPage()
	comparison.Report, sweep.Report, calibration.Report = measured(testReport()), testSweep(), testCalibration()
	comparison.Report.URL = "https://heaplab.example/s/hl_7fq2k9"
	golden(t, "import.md", Markdown(ReportPage{Report: testImport(), Flame: flameOf(testImport(), profiler.ImportVariant)}))
	for name, p := range map[string]ReportPage{"comparison": comparison, "sweep": sweep, "calibration": calibration, "failed": testFailed()} {
		t.Run(name, func(t *testing.T) {
			golden(t, name+".md", Markdown(p))
			text, err := BenchText(p.Report)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".txt", string(text))
			table, err := CSV(p.Report)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".csv", string(table))
		})
	}
}

// reread collects the samples that stand in a text, by the part of the name behind the case's and
// by unit.
func reread(t *testing.T, text []byte) (samples map[string]map[string][]float64, iterations map[string][]int64, units benchfmt.UnitMetadataMap) {
	t.Helper()
	samples, iterations = map[string]map[string][]float64{}, map[string][]int64{}
	reader := benchfmt.NewReader(bytes.NewReader(text), "export")
	for reader.Scan() {
		switch record := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			t.Fatal(record)
		case *benchfmt.Result:
			_, parts := record.Name.Parts()
			name := string(bytes.Join(parts[:len(parts)-1], nil))
			if samples[name] == nil {
				samples[name] = map[string][]float64{}
			}
			for _, v := range record.Values {
				if v.OrigUnit != "" {
					v.Value, v.Unit = v.OrigValue, v.OrigUnit
				}
				samples[name][v.Unit] = append(samples[name][v.Unit], v.Value)
			}
			iterations[name] = append(iterations[name], int64(record.Iters))
		}
	}
	if err := reader.Err(); err != nil {
		t.Fatal(err)
	}
	return samples, iterations, reader.Units()
}

// What benchstat reads is what was measured, to the last digit and in the order of the runs.
func TestBenchTextHoldsEverySample(t *testing.T) {
	uneven := measured(testReport())
	uneven.Variants[1].Samples[profiler.HeapGoal] = []float64{1e7, 2e7}
	uneven.Variants[2].Calls = nil
	uneven.Config.Benchtime = "20x"
	for name, r := range map[string]report.Report{"comparison": measured(testReport()), "uneven": uneven, "sweep": testSweep(), "calibration": testCalibration()} {
		t.Run(name, func(t *testing.T) {
			text, err := BenchText(r)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]map[string][]float64{}
			for _, p := range pointsOf(r) {
				for _, v := range p.Variants {
					at := ""
					if r.Sweep != nil {
						at = "/gogc=" + p.Value
					}
					want[at+"/variant="+v.Name] = v.Samples
				}
			}
			got, iterations, units := reread(t, text)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("samples (-want +got):\n%s", diff)
			}
			for _, p := range pointsOf(r) {
				for unit := range p.Variants[0].Samples {
					if got := units.GetBetter(unit); got != profiler.LookupUnit(unit).Better {
						t.Errorf("better of %s is %d", unit, got)
					}
				}
			}
			if name == "uneven" && (!slices.Equal(iterations["/variant=fresh"], r.Variants[0].Calls) || iterations["/variant=preallocated"][0] != 20) {
				t.Errorf("iterations %v", iterations)
			}
		})
	}
}

func TestBenchTextConfiguration(t *testing.T) {
	r := measured(testReport())
	r.Variants[1].Name = "float 16/half-8"
	r.Environment["bad: Key"], r.Environment["empty"] = "x", ""
	text, err := BenchText(r)
	if err != nil {
		t.Fatal(err)
	}
	reader := benchfmt.NewReader(bytes.NewReader(text), "export")
	var names []string
	config := map[string]string{}
	for reader.Scan() {
		if result, ok := reader.Result().(*benchfmt.Result); ok {
			names = append(names, result.Name.String())
			for _, c := range result.Config {
				config[c.Key] = string(c.Value)
			}
		}
	}
	if len(names) != 18 || names[0] != "Preallocation/variant=fresh-2" || names[1] != "Preallocation/variant=float_16_half-8-2" {
		t.Errorf("names %q", names)
	}
	for key, want := range map[string]string{
		"goos": "linux", "cpu": "AMD EPYC 9354 32-Core Processor", "toolchain": "go1.26.8", "gogc": "100",
		"case": "preallocation", "benchtime": "500ms", "batch": "64", "optimizer": "adam", "empty": "", "bad": "",
	} {
		if config[key] != want {
			t.Errorf("%s is %q, want %q", key, config[key], want)
		}
	}
}

func TestBenchTextOfHostileText(t *testing.T) {
	r := hostileReport()
	r.Variants[0].Samples[hostile] = []float64{2}
	text, err := BenchText(r)
	if err != nil {
		t.Fatal(err)
	}
	samples, _, units := reread(t, text)
	if len(samples) != len(r.Variants) || len(units) != 2 {
		t.Errorf("samples %v, units %v", samples, units)
	}
}

// Medians in the table are those of the comparisons, which are in it too.
func TestCSV(t *testing.T) {
	r := measured(testReport())
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
			column(row, "verdict") != c.Verdict || column(row, "against") != "fresh" {
			t.Errorf("row %v, want %+v", row, c)
		}
		if c.Unit == profiler.BytesPerOp && column(row, "p") != "" {
			t.Errorf("p of an exact unit is %q", column(row, "p"))
		}
	}
}

// No cell is a formula.
func TestCSVCells(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "fresh": "fresh", "=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", " =1": "' =1", "＝1": "'＝1", "\t=1": `\t=1`, "a=b": "a=b",
	} {
		if got := cell(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// A report as a file has all that its page shows, and asks for nothing.
func TestReportFile(t *testing.T) {
	page := testReportPage()
	page.Report.URL = "https://heaplab.example/experiments/42"
	file := page
	file.File, file.Shared, file.Downloads, file.Exports = true, true, nil, nil
	doc := document(t, ReportFile(file))
	headings := func(doc *goquery.Document) (ids []string) {
		doc.Find("main section h2[id]").Each(func(_ int, s *goquery.Selection) { ids = append(ids, s.AttrOr("id", "")) })
		return slices.DeleteFunc(ids, func(id string) bool { return id == "files-h" })
	}
	if diff := cmp.Diff(headings(document(t, Report(page))), headings(doc)); diff != "" {
		t.Errorf("cards (-page +file):\n%s", diff)
	}
	checkFile(t, doc)
	if got := text(doc.Find("h1 + .lead")); got != "A copy of the report at https://heaplab.example/experiments/42" {
		t.Errorf("lead %q", got)
	}
	file.Expires = day
	if got := text(document(t, ReportFile(file)).Find("h1 + .lead")); !strings.HasSuffix(got, ", a link that is good until 21 Nov 2026, 14:32 UTC") {
		t.Errorf("lead %q", got)
	}
	file.Report, file.Commands = hostileReport(), []Command{{hostile, []string{hostile}}}
	file.Report.URL = page.Report.URL
	checkFile(t, document(t, ReportFile(file)))
	for _, r := range []report.Report{testSweep(), testCalibration(), testFailed().Report} {
		file.Report = r
		file.Report.URL = page.Report.URL
		checkFile(t, document(t, ReportFile(file)))
	}
}

func checkFile(t *testing.T, doc *goquery.Document) {
	t.Helper()
	if got := doc.Find(`meta[http-equiv="Content-Security-Policy"]`).AttrOr("content", ""); !strings.HasPrefix(got, "default-src 'none'; style-src 'unsafe-inline';") {
		t.Errorf("policy %q", got)
	}
	if n := doc.Find("script, form, iframe, img, dialog, [src], [popovertarget], [onerror], link:not([rel=icon])").Length(); n > 0 {
		t.Errorf("%d elements that load, run or send something", n)
	}
	doc.Find("[href]").Each(func(_ int, s *goquery.Selection) {
		switch href := s.AttrOr("href", ""); {
		case href == "#main", href == "https://heaplab.example/experiments/42":
		case s.Is("link") && strings.HasPrefix(href, "data:image/svg+xml;base64,"):
		default:
			t.Errorf("a way to %.80s", href)
		}
	})
	doc.Find("style").Remove()
	if body := doc.Text(); strings.ContainsAny(body, "\u202e\x1b") {
		t.Error("invisible characters reach the page as they are")
	}
	if size := len(fmt.Sprint(doc.Html())); size > 400<<10 {
		t.Errorf("%d bytes without the styles", size)
	}
}
