package imported

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/benchtext"
)

// Lines with different configurations are different rows only if they vary within a file: commits differ between sides.
func TestRowsOfConfigurations(t *testing.T) {
	before := "commit: 1\npkg: a\nBenchmarkA 1 1 B/op\npkg: b\nBenchmarkA 1 2 B/op\nBenchmarkB 1 3 B/op\n"
	after := "commit: 2\npkg: b\nBenchmarkA 1 4 B/op\npkg: a\nnote: x\nBenchmarkA 1 5 B/op\nnote:\nBenchmarkA 1 6 B/op\n"
	e, runs, err := ReadBenchmarks([]benchtext.File{{Name: "before", Text: []byte(before)}, {Name: "after", Text: []byte(after)}}, math.MaxInt)
	if err != nil {
		t.Fatal(err)
	}
	samples := profiler.NewSamples(runs)
	for _, want := range []struct {
		variant, row string
		values       []float64
	}{
		{"before", "a A", []float64{1}}, {"before", "b A", []float64{2}}, {"after", "b A", []float64{4}}, {"after", "a A", []float64{6}}, {"after", "note=x a A", nil}, {"before", "b B", nil},
	} {
		if got := samples.Of(want.variant, want.row)["B/op"]; !slices.Equal(got, want.values) {
			t.Errorf("%s of %s is %v, want %v", want.row, want.variant, got, want.values)
		}
	}
	if got, want := runs[0].Environment[profiler.EnvLeftOut], "b B, note=x a A"; got != want {
		t.Errorf("left out %q, want %q", got, want)
	}
	if len(e.Environment) != 0 {
		t.Errorf("common configuration %v", e.Environment)
	}
}

func TestPrimaryUnits(t *testing.T) {
	for text, want := range map[string][]string{
		"BenchmarkA 1 1 ns/op 2 B/op 3 x\n": {"B/op", "ns/op"},
		"BenchmarkA 1 1 y 2 x\n":            {"x", "y"},
	} {
		file := benchtext.File{Text: []byte(text)}
		e, _, err := ReadBenchmarks([]benchtext.File{file, file}, math.MaxInt)
		if err != nil || !slices.Equal(e.Design.Primary, want) {
			t.Errorf("%q: %v, %v", text, e.Design.Primary, err)
		}
	}
}

// A unit is what the text says, or benchfmt's own knowledge, or else less of it is better.
func TestUnits(t *testing.T) {
	file := benchtext.File{Text: []byte("Unit size assume=exact\nUnit hits better=higher\nUnit odd better=sideways\nBenchmarkA 1 1 size 2 hits 3 MB/s 4 ns/op 5 odd 6 plain\n")}
	e, _, err := ReadBenchmarks([]benchtext.File{file, file}, math.MaxInt)
	if err != nil {
		t.Fatal(err)
	}
	for unit, want := range map[string]profiler.UnitInfo{"size": {Better: -1, Exact: true}, "hits": {Better: 1}, "MB/s": {Better: 1}, "ns/op": {Better: -1}, "odd": {}, "plain": {Better: -1}} {
		if got := e.Design.Unit(unit); got.Better != want.Better || got.Exact != want.Exact {
			t.Errorf("%s: better %d, exact %v; want %+v", unit, got.Better, got.Exact, want)
		}
	}
}

func TestTooManyValues(t *testing.T) {
	file := benchtext.File{Name: "a", Text: []byte("BenchmarkA 1 1 x\nBenchmarkA 1 1 x\n")}
	_, _, err := ReadBenchmarks([]benchtext.File{file, file}, 3)
	if _, ok := errors.AsType[profiler.Faults](err); !ok {
		t.Errorf("error %v", err)
	}
}

// A side has as many rounds as lines of a benchmark that is compared, and no run without values.
func TestRounds(t *testing.T) {
	before := "BenchmarkA 1 1 x\nBenchmarkA 1 2 x\n"
	after := "BenchmarkA 1 3 x\n" + strings.Repeat("BenchmarkNew 1 4 x\n", 5)
	e, runs, err := ReadBenchmarks([]benchtext.File{{Name: "before", Text: []byte(before)}, {Name: "after", Text: []byte(after)}}, math.MaxInt)
	if err != nil {
		t.Fatal(err)
	}
	var got []profiler.Task
	for _, run := range runs {
		if len(run.Measurements) != 1 {
			t.Errorf("%+v has %d values", run.Task, len(run.Measurements))
		}
		got = append(got, run.Task)
	}
	want := []profiler.Task{{Kind: profiler.Measure, Variant: "before"}, {Kind: profiler.Measure, Variant: "after"}, {Kind: profiler.Measure, Variant: "before", Round: 1}}
	if !slices.Equal(got, want) || e.Config.Count != 2 {
		t.Errorf("%d rounds with the runs %+v, want %+v", e.Config.Count, got, want)
	}
}

// What a file needs in memory does not depend on how its configuration changes.
func TestHostileConfiguration(t *testing.T) {
	long := strings.Repeat("v", 400)
	changing := func(keys, results int, value string) []byte {
		var text strings.Builder
		for i := range results {
			text.WriteString("k" + strconv.Itoa(i%keys) + ": " + value + strconv.Itoa(i) + "\nBenchmarkA 1 1 x\n")
		}
		return []byte(text.String())
	}
	for name, test := range map[string]struct {
		text  []byte
		fault string
	}{
		"many keys":   {changing(5000, 5000, ""), "more than 64 keys of configuration"},
		"long values": {changing(60, 5000, long), "it can have 500"},
		"long lines":  {[]byte("log: " + strings.Repeat("v", 600) + "\nBenchmarkA 1 1 x\nlog: " + strings.Repeat("w", 600) + "\nBenchmarkA 1 1 x\n"), ""},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		file := benchtext.File{Name: "a", Text: test.text}
		_, _, err := ReadBenchmarks([]benchtext.File{file, file}, math.MaxInt)
		runtime.ReadMemStats(&after)
		if test.fault == "" && err != nil || test.fault != "" && (err == nil || !strings.Contains(err.Error(), test.fault)) {
			t.Errorf("%s: error %v", name, err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 200<<20 {
			t.Errorf("%s: %d MiB were allocated", name, n>>20)
		}
	}
}

// The time that a file needs does not grow with the product of its benchmarks and its rounds: these would be 400 million.
func TestManyBenchmarksAndRounds(t *testing.T) {
	var text strings.Builder
	for i := range 10_000 {
		text.WriteString("BenchmarkN" + strconv.Itoa(i) + " 1 1 x\nBenchmarkA 1 1 x\n")
	}
	file := benchtext.File{Name: "a", Text: []byte(text.String())}
	_, runs, err := ReadBenchmarks([]benchtext.File{file, file}, math.MaxInt)
	if err != nil || len(runs) != 20_000 {
		t.Errorf("%d runs, error %v", len(runs), err)
	}
}
