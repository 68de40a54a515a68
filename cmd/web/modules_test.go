package main

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"

	"heaplab/profiler"
	"heaplab/profiler/report"
)

// A moduleBenchmark is a benchmark of a well-known module.
type moduleBenchmark struct{ module, version, pkg, bench, time string }

var moduleBenchmarks = []moduleBenchmark{
	{"github.com/google/uuid", "v1.6.0", ".", "^BenchmarkUUID_MarshalJSON$", "2000x"},
	{"github.com/shopspring/decimal", "v1.4.0", ".", "^BenchmarkNewFromStringFloat$", "2000x"},
	{"github.com/golang-jwt/jwt/v5", "v5.2.2", ".", "^BenchmarkRSAParsing$", "500x"},
	{"github.com/go-chi/chi/v5", "v5.2.3", ".", "^BenchmarkMux$/^route:$/^$", "2000x"},
	{"go.uber.org/zap", "v1.27.0", ".", "^Benchmark10Fields$", "2000x"},
	{"github.com/fxamacker/cbor/v2", "v2.6.0", ".", `^BenchmarkMarshal$/^Go_map\[string\]interface\{\}_to_CBOR_map$`, "2000x"},
	{"github.com/RoaringBitmap/roaring/v2", "v2.4.5", ".", "^BenchmarkUnionRoaring$", "100x"},
	{"github.com/BurntSushi/toml", "v1.5.0", ".", "^BenchmarkExample$/^encode$", "200x"},
	{"github.com/klauspost/compress", "v1.20.3", "./zstd", "^BenchmarkDecoder_DecoderSmall$/^html.zst$/^buffered$", "50x"},
	{"github.com/PuerkitoBio/goquery", "v1.10.3", ".", "^BenchmarkMap$", "500x"},
	{"golang.org/x/net", "v0.40.0", "./html", "^BenchmarkParser$", "20x"},
	{"github.com/gorilla/mux", "v1.8.1", ".", "^BenchmarkMux$", "2000x"},
}

// plainRuns is the number of runs of go test, as many as the values of a comparison.
const plainRuns = 4

// What heaplab bench reports of benchmarks of well-known modules agrees with go test, its profiles have what the runtime
// counted, and a version does not differ from itself.
func TestModulesAgree(t *testing.T) {
	skipWithoutModules(t)
	var table strings.Builder
	for _, b := range moduleBenchmarks {
		t.Run(path.Base(b.module)+"@"+b.version, func(t *testing.T) {
			m := newProxyModule(t, b.module, b.pkg, b.version)
			m.addComment(b.pkg)
			m.commit("a comment")
			r := m.compare(b.pkg, b.bench, b.time)
			plain := m.plain(b, r.Config)
			fmt.Fprintf(&table, "| %s@%s | %s [%s]", b.module, b.version, nameOf(b.bench), strings.TrimSuffix(b.time, "x"))
			for _, unit := range []string{profiler.BytesPerOp, profiler.AllocsPerOp} {
				fmt.Fprintf(&table, " | %s", m.agree(unit, plain[unit], samplesOf(r, unit)))
				if c := r.Comparison("after", unit); c == nil || c.Verdict.Decided() {
					t.Errorf("%s of equal versions: %+v", unit, c)
				}
			}
			fmt.Fprintf(&table, " | %s |\n", m.checked(r))
		})
	}
	t.Logf("figures\n\n| module | benchmark [operations] | B/op: go test, heaplab | allocs/op: go test, heaplab | profile − counted |\n|---|---|---|---|---|\n%s", table.String())
}

// nameOf returns the name of a benchmark from its pattern.
func nameOf(pattern string) string {
	return strings.NewReplacer("^", "", "$", "", `\`, "", "Benchmark", "").Replace(pattern)
}

// addComment adds a comment to a file of a package.
func (m goModule) addComment(pkg string) {
	m.Helper()
	files, err := filepath.Glob(filepath.Join(m.dir, pkg, "*.go"))
	if err != nil || len(files) == 0 {
		m.Fatalf("no files in %s: %v", pkg, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		m.Fatal(err)
	}
	m.write(filepath.Join(pkg, filepath.Base(files[0])), string(text)+"\n// A comment.\n")
}

// plain returns the values by unit of several runs of go test, under the conditions of an experiment.
func (m goModule) plain(b moduleBenchmark, c profiler.Config) map[string][]float64 {
	m.Helper()
	binary := filepath.Join(m.TempDir(), "plain")
	m.output("go", "test", "-c", "-o", binary, b.pkg)
	env := []string{"GOMAXPROCS=" + strconv.Itoa(c.GOMAXPROCS), "GOGC=" + c.GOGC, "GOMEMLIMIT=" + c.GOMEMLIMIT}
	values := map[string][]float64{}
	for range plainRuns {
		out := m.outputIn(b.pkg, env, binary, "-test.run=^$", "-test.bench="+b.bench, "-test.benchtime="+b.time, "-test.benchmem")
		results := benchfmt.NewReader(bytes.NewReader(out), "")
		n := 0
		for results.Scan() {
			result, ok := results.Result().(*benchfmt.Result)
			if !ok {
				continue
			}
			n++
			for _, v := range result.Values {
				values[v.Unit] = append(values[v.Unit], v.Value)
			}
		}
		if n != 1 {
			m.Fatalf("%d results, want 1\n%s", n, out)
		}
	}
	return values
}

// samplesOf returns the values of both variants.
func samplesOf(r report.Report, unit string) (values []float64) {
	for _, v := range r.Variants {
		values = append(values, v.Samples[unit]...)
	}
	return values
}

// agree checks that heaplab and go test report the same, and returns both. go test rounds down. If the runs of either
// differ among themselves, such as those of a benchmark with a sync.Pool, it returns that without a check.
func (m goModule) agree(unit string, plain, own []float64) string {
	m.Helper()
	slices.Sort(plain)
	slices.Sort(own)
	if len(plain) != plainRuns || len(own) != plainRuns {
		m.Fatalf("%s: go test %v, heaplab %v", unit, plain, own)
	}
	slack := map[string]float64{profiler.BytesPerOp: 64, profiler.AllocsPerOp: 1}[unit]
	slack = max(slack, own[0]/1000)
	figures := fmt.Sprintf("%s, %s", rangeOf(plain, 0), rangeOf(own, 2))
	if own[len(own)-1]-own[0] > slack || plain[len(plain)-1]-plain[0] > slack {
		return figures + " (varies between runs)"
	}
	middle := func(values []float64) float64 { return (values[1] + values[2]) / 2 }
	if math.Abs(middle(plain)-middle(own)) > slack {
		m.Errorf("%s: go test %v, heaplab %v", unit, plain, own)
	}
	return figures
}

// rangeOf returns the least and the largest of sorted values, or one of them if they look the same.
func rangeOf(values []float64, digits int) string {
	lo, hi := strconv.FormatFloat(values[0], 'f', digits, 64), strconv.FormatFloat(values[len(values)-1], 'f', digits, 64)
	if lo == hi {
		return lo
	}
	return lo + " to " + hi
}

// checked checks that the allocs profiles have what the runtime counted, and returns the differences in bytes.
func (m goModule) checked(r report.Report) string {
	m.Helper()
	differences := map[string]int64{}
	for _, p := range r.Profiles {
		if p.Kind != profiler.Allocs {
			continue
		}
		c := p.SelfCheck
		if c == nil || !c.OK {
			m.Errorf("the self-check of %s: %+v", p.Variant, c)
			continue
		}
		differences[p.Variant] = c.Difference()
	}
	if len(differences) != len(r.Variants) {
		m.Errorf("allocs profiles of %v, want of %d variants", slices.Sorted(maps.Keys(differences)), len(r.Variants))
	}
	return fmt.Sprintf("%d, %d B", differences["before"], differences["after"])
}
