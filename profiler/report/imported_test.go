package report

import (
	"slices"
	"strings"
	"testing"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/heap"
)

var allTypes = []heap.Type{heap.AllocSpace, heap.AllocObjects, heap.InuseSpace, heap.InuseObjects}

func TestComparable(t *testing.T) {
	alloc, inuse := allTypes[:2], allTypes[2:]
	for _, test := range []struct {
		name      string
		one, two  []heap.Type
		wantTypes []heap.Type
	}{
		{"all", allTypes, allTypes, allTypes},
		{"only in use", allTypes, inuse, inuse},
		{"nothing in common", alloc, inuse, nil},
		{"only objects", alloc[1:], allTypes, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := profiler.Comparable(profiler.Summary{Types: test.one}, profiler.Summary{Types: test.two}); !slices.Equal(got, test.wantTypes) {
				t.Errorf("types %v, want %v", got, test.wantTypes)
			}
		})
	}
}

func TestDurationWarning(t *testing.T) {
	for _, test := range []struct {
		before, after time.Duration
		want          bool
	}{{0, 0, false}, {10 * time.Second, 0, false}, {10 * time.Second, 10200 * time.Millisecond, false}, {10 * time.Second, time.Minute, true}} {
		profiles := []ProfileReport{{Variant: "baseline", Summary: profiler.Summary{Duration: test.before}}, {Variant: "variant", Summary: profiler.Summary{Duration: test.after}}}
		if got := durationWarning(profiles); (len(got) > 0) != test.want || test.want && !hasAll(got[0], []string{"10 s", "1 min"}) {
			t.Errorf("%v and %v: %q", test.before, test.after, got)
		}
	}
}

func TestImportWarnings(t *testing.T) {
	design := profiler.Design{Subject: profiler.SubjectImport, Variants: []profiler.VariantInfo{{Name: "baseline"}, {Name: "variant"}}}
	side := func(variant, sha string, samples int, period int64, types ...heap.Type) profiler.ImportedProfile {
		return profiler.ImportedProfile{Variant: variant, Profile: profiler.Profile{SHA256: sha, Summary: profiler.Summary{Types: types, Samples: samples, Period: period}}}
	}
	for _, test := range []struct {
		name  string
		sides []profiler.ImportedProfile
		want  [][]string // parts of each warning
	}{
		{"exact", []profiler.ImportedProfile{side("baseline", "a", 5, 1, allTypes...), side("variant", "b", 5, 1, allTypes...)}, nil},
		{"sampled", []profiler.ImportedProfile{side("baseline", "a", 5, 512<<10, allTypes...), side("variant", "b", 5, 512<<10, allTypes...)},
			[][]string{{"Both profiles were sampled", "512 KiB"}}},
		{"of unknown sampling", []profiler.ImportedProfile{side("baseline", "a", 5, 0, allTypes...), side("variant", "b", 5, 1, allTypes...)},
			[][]string{{"The profile of baseline does not say whether it was sampled"}}},
		{"sampled in two ways", []profiler.ImportedProfile{side("baseline", "a", 5, 100, allTypes...), side("variant", "b", 5, 2<<20, allTypes...)},
			[][]string{{"baseline", "sampled", "100 B"}, {"variant", "sampled", "2 MiB"}}},
		{"without samples", []profiler.ImportedProfile{side("baseline", "a", 0, 1, allTypes...), side("variant", "b", 5, 1, allTypes...)},
			[][]string{{"baseline", "no samples"}}},
		{"the same", []profiler.ImportedProfile{side("baseline", "a", 5, 1, allTypes...), side("variant", "a", 5, 1, allTypes...)},
			[][]string{{"identical"}}},
		{"other types", []profiler.ImportedProfile{side("baseline", "a", 5, 1, allTypes...), side("variant", "b", 5, 1, allTypes[2:]...)},
			[][]string{{"Only", "baseline", "alloc_space", "alloc_objects"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := NewImportReport(profiler.Experiment{Design: design}, test.sides)
			if !slices.EqualFunc(r.Warnings, test.want, hasAll) {
				t.Errorf("warnings %q, want %q", r.Warnings, test.want)
			}
			if len(r.Variants) != 2 || len(r.Profiles) != 2 || len(r.Comparisons) != 0 {
				t.Errorf("report = %+v", r)
			}
		})
	}
}

// hasAll reports whether a sentence has all parts. Its other words may change.
func hasAll(sentence string, parts []string) bool {
	return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(sentence, part) })
}
