package imported

import (
	"errors"
	"math"
	"slices"
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
