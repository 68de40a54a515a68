package report

import (
	"slices"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/heap"
)

func TestNamelessWarnings(t *testing.T) {
	of := func(name string, bytes int64) heap.Function {
		return heap.Function{Name: name, Flat: heap.Values{InuseSpace: bytes}}
	}
	one := []heap.Function{of("0x10 in app (build ID abcdef12)", 60), of("0x20 in libc.so.6 (build ID 99999999)", 50)}
	two := []heap.Function{of("0x10 in app (build ID 12345678)", 60)}
	unknown := []heap.Function{of("0x10 in app", 60)}
	named := []heap.Function{of("main.f", 60)}
	const names = "addresses instead of names"
	for _, test := range []struct {
		name          string
		before, after []heap.Function
		want          [][]string // parts of each warning
	}{
		{"empty", nil, nil, nil},
		{"names", named, named, nil},
		{"a name that begins alike", []heap.Function{of("unknownParser.read", 100)}, named, nil},
		{"mostly names", append(named, of("0x10 in app", 40)), named, nil},
		{"hardly names", []heap.Function{of("main.f", 40), of("0x10 in app", 50), of("unknown", 10)}, named, [][]string{{"baseline", names, "program app", "pprof@latest -proto app FILE"}}},
		{"nothing known", []heap.Function{of("unknown", 10)}, named, [][]string{{names, "the program that was profiled", "PROGRAM FILE"}}},
		{"name that a shell would split", []heap.Function{of("0x10 in a;b", 10)}, named, [][]string{{"program a;b", "PROGRAM FILE"}}},
		{"one build", one, one, [][]string{{"both profiles", "build ID abcdef12"}}},
		{"two builds", one, two, [][]string{{"baseline", "abcdef12"}, {"variant", "12345678"}, {"of two builds", "cannot be compared"}}},
		{"an unknown build", one, unknown, [][]string{{"baseline"}, {"variant"}, {"does not say of which build"}}},
		{"unknown builds", unknown, unknown, [][]string{{"both profiles"}, {"does not say of which build"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			profiles := []ProfileReport{{Variant: "baseline", Summary: profiler.Summary{Functions: test.before}}, {Variant: "variant", Summary: profiler.Summary{Functions: test.after}}}
			if got := namelessWarnings(profiles); !slices.EqualFunc(got, test.want, hasAll) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
