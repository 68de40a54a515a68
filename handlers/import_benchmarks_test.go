package handlers_test

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/export"
	"heaplab/profiler/report"
	"heaplab/profiler/report/reporttest"
)

// benchLines returns results of one benchmark with these bytes per operation, in four units.
func benchLines(name string, bytes ...int) string {
	var b strings.Builder
	for i, n := range bytes {
		fmt.Fprintf(&b, "Benchmark%s-8\t100\t%d ns/op\t%d MB/s\t%d B/op\t%d hits\n", name, 5000+i, 10*n, n, 10*n)
	}
	return b.String()
}

const benchHead = "goos: linux\ncpu: AMD EPYC\npkg: example.com/json\nUnit hits better=higher\n"

// texts returns files of benchmark text: the first is the baseline.
func texts(files ...string) (parts []part) {
	for i, text := range files {
		field := "variant"
		if i == 0 {
			field = "baseline"
		}
		parts = append(parts, part{field, fmt.Sprintf("file%d.txt", i), []byte(text)})
	}
	return parts
}

func TestImportBenchmarks(t *testing.T) {
	s := newSite(t)
	same := benchHead + benchLines("Decode/n=1", 1000, 1000, 1000, 1000, 1000, 1000) + benchLines("Encode", 500, 500, 500, 500, 500, 500)
	before := same + benchLines("Gone", 1)
	after := benchHead + benchLines("Decode/n=1", 2000, 2000, 2000, 2000, 2000, 2000) + benchLines("Encode", 500, 500, 500, 500, 500, 500)
	files := texts(before, after, same)
	s.upload("/api/v1/imports", append(files, part{"note", "", []byte("a note")})...).want(t, http.StatusCreated, `"id":1`)
	rep := s.reportOf(1)
	if rep.Source != profiler.SubjectImport || rep.Note != "a note" || rep.Title != "file0.txt → file1.txt → file2.txt" || rep.Environment["pkg"] != "example.com/json" || rep.RunsDone != rep.RunsTotal {
		t.Errorf("report %+v", rep)
	}
	if len(rep.Rows) != 2 || rep.Rows[0].Row != "Decode/n=1-8" || !slices.Equal(rep.Rows[0].Variants[1].Samples["B/op"], []float64{2000, 2000, 2000, 2000, 2000, 2000}) {
		t.Fatalf("rows %+v", rep.Rows)
	}
	verdicts := map[string]report.Verdict{}
	for _, c := range rep.Comparisons {
		verdicts[c.Row+" "+c.Variant+" "+c.Unit] = c.Verdict
	}
	for of, want := range map[string]report.Verdict{
		"Decode/n=1-8 after B/op": report.Worse, "Decode/n=1-8 after MB/s": report.Better, "Decode/n=1-8 after hits": report.Better,
		"Decode/n=1-8 after-2 B/op": report.Same, "Encode-8 after B/op": report.Same, "Encode-8 after ns/op": report.Same,
	} {
		if verdicts[of] != want {
			t.Errorf("%s is %q, want %q", of, verdicts[of], want)
		}
	}
	if w := strings.Join(rep.Warnings, " "); !strings.Contains(w, "Gone-8") || !strings.Contains(w, "took turns") {
		t.Errorf("warnings %q", w)
	}

	// The same files again are the same experiment, whatever they are called.
	files[0].file = "renamed.txt"
	s.upload("/api/v1/imports", files...).want(t, http.StatusCreated, `"id":1`)
	s.upload("/api/v1/imports", texts(after, before, same)...).want(t, http.StatusCreated, `"id":2`)

	for _, path := range []string{
		"/experiments/1", "/experiments/1?after=after-2", "/experiments/1/report.md", "/experiments/1/report.html", "/experiments/1/report.txt",
		"/", "/compare?id=1:before&id=1:after", "/api/v1/experiments?source=import",
	} {
		s.get(path).want(t, http.StatusOK, "file1.txt")
	}
	page := s.get("/experiments/1").body
	for _, text := range []string{"NaN", "go tool pprof", "Calibrate", "interleaved", "Limits of a process", "Clone", "new?from=1"} {
		if strings.Contains(page, text) {
			t.Errorf("the report says %q", text)
		}
	}
	s.postForm("/experiments/1/shares", nil)
	s.get("/experiments/1/profile").want(t, http.StatusNotFound, "")
	s.get("/experiments/1/source").want(t, http.StatusOK, "")
}

// What heaplab exports can be imported again: every variant and value is the same.
func TestImportOfExport(t *testing.T) {
	s := newSite(t)
	exported := reporttest.WithSamples(reporttest.Comparison())
	text, err := export.BenchText(exported)
	if err != nil {
		t.Fatal(err)
	}
	s.upload("/api/v1/imports", texts(string(text))...).want(t, http.StatusCreated, `"id":1`)
	sameSamples(t, exported, s.reportOf(1))

	s.upload("/api/v1/imports", texts(benchHead+"Unit size assume=exact better=lower\n"+strings.ReplaceAll(benchLines("A/b", 1, 2, 3)+benchLines("C", 4, 5, 6), "hits", "size"), benchLines("A/b", 3, 2)+benchLines("C", 7))...).
		want(t, http.StatusCreated, `"id":2`)
	s.upload("/api/v1/imports", texts(s.get("/experiments/2/report.txt").body)...).want(t, http.StatusCreated, `"id":3`)
	first, second := s.reportOf(2), s.reportOf(3)
	if len(first.Rows) != 2 || len(second.Rows) != 2 || second.Units["size"] != first.Units["size"] || !first.Units["size"].Exact {
		t.Fatalf("rows %d and %d, units %v and %v", len(first.Rows), len(second.Rows), first.Units, second.Units)
	}
	for i, row := range first.Rows {
		sameSamples(t, report.Report{Variants: row.Variants}, report.Report{Variants: second.Rows[i].Variants})
	}
}

func sameSamples(t *testing.T, want, got report.Report) {
	t.Helper()
	if len(got.Variants) != len(want.Variants) {
		t.Fatalf("%d variants, want %d", len(got.Variants), len(want.Variants))
	}
	for i, v := range want.Variants {
		for unit, values := range v.Samples {
			if !slices.Equal(got.Variants[i].Samples[unit], values) {
				t.Errorf("%s of %s is %v, want %v", unit, v.Name, got.Variants[i].Samples[unit], values)
			}
		}
	}
}

// Everything that cannot be imported is refused with a sentence, and nothing is stored.
func TestImportBenchmarksRefused(t *testing.T) {
	s := newSite(t)
	s.app.MaxBinary = 1 << 20
	good := benchLines("A", 1, 2, 3)
	many := func(n int, line string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, line+"\n", i)
		}
		return b.String()
	}
	for name, test := range map[string]struct {
		parts []part
		fault string
	}{
		"profile and text":   {[]part{{"baseline", "a.txt", []byte(good)}, {"variant", "b.pb.gz", jsonProfile(t)}}, "import benchmark text and profiles separately"},
		"no results":         {texts(good, "PASS\n"), "has no results of benchmarks"},
		"cut off":            {texts(good, `{"Action":"output","Output":"x"}`+"\n"+`{"Act`), "file1.txt"},
		"two baselines":      {append(texts(good, good), part{"baseline", "c.txt", []byte(good)}), "every file is a side"},
		"nine files":         {texts(good, good, good, good, good, good, good, good, good), "8 files"},
		"counts":             {append(texts(good, good), part{"baseline_count", "", []byte("5")}, part{"variant_count", "", []byte("5")}), "must be empty"},
		"a program":          {append(texts(good, good), part{"baseline_binary", "app", []byte("ELF")}), "must be empty"},
		"not a number":       {texts(good, "BenchmarkA-8 1 NaN ns/op\n"), "line 1 of file1.txt"},
		"infinite":           {texts(good, "BenchmarkA-8 1 -Inf ns/op\n"), "line 1 of file1.txt"},
		"too large a number": {texts(good, "BenchmarkA-8 1 1e30 ns/op\n"), "not a valid measurement"},
		"nothing in common":  {texts(good, benchLines("B", 1)), "no benchmark of the baseline"},
		"many benchmarks":    {texts(many(1001, "BenchmarkN%d 1 1 ns/op"), many(1001, "BenchmarkN%d 1 1 ns/op")), "1,001 benchmarks"},
		"many units":         {texts("BenchmarkA 1"+strings.ReplaceAll(many(51, " 1 u%d"), "\n", ""), "BenchmarkA 1"+strings.ReplaceAll(many(51, " 1 u%d"), "\n", "")), "51 units"},
		"many results":       {texts(many(101, "BenchmarkA 1 %d ns/op"), "BenchmarkA 1 1 ns/op"), "101 results"},
		"many values":        {texts(many(100_001, "BenchmarkN%d 1 1 ns/op"), good), "100,000 values"},
		"a long name":        {texts(good, "Benchmark"+strings.Repeat("x", 501)+" 1 1 ns/op\n"), "501 bytes"},
		"a long line":        {texts(good, good+"Benchmark"+strings.Repeat("x", 70_000)+" 1 1 ns/op\n"), "file1.txt"},
		"one file":           {texts(good), "choose a second file"},
		"one variant":        {texts(benchLines("A/variant=x", 1)), "2 to 8 variants"},
	} {
		t.Run(name, func(t *testing.T) {
			s.upload("/api/v1/imports", test.parts...).want(t, http.StatusUnprocessableEntity, test.fault)
			s.upload("/imports", test.parts...).want(t, http.StatusUnprocessableEntity, "")
		})
	}
	s.get("/api/v1/experiments").want(t, http.StatusOK, `"items":[]`)
	s.wantNoFiles()
}

// Odd text is read, and shown without harm.
func TestImportOddBenchmarks(t *testing.T) {
	s := newSite(t)
	odd := "Benchmark<script>/a\u202eb-8 1 5 <b>/op 3 \x80unit\r\n" + "BenchmarkA 1 -1 drift 0 B/op 1e17 x\r\n"
	s.upload("/api/v1/imports", texts(odd, strings.ReplaceAll(odd, " 5 ", " 50 "))...).want(t, http.StatusCreated, `"id":1`)
	for _, path := range []string{"/experiments/1", "/experiments/1/report.md", "/experiments/1/report.html", "/experiments/1/report.csv", "/experiments/1/report.txt", "/api/v1/experiments/1"} {
		r := s.get(path)
		r.want(t, http.StatusOK, "")
		if strings.Contains(r.body, "<script>/a") && strings.Contains(r.Header.Get("Content-Type"), "html") {
			t.Errorf("%s has a script", path)
		}
	}
	c := s.reportOf(1).Comparisons
	if len(c) == 0 || math.IsNaN(float64(c[0].Change)) {
		t.Errorf("comparisons %+v", c)
	}
}
