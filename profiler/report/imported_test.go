package report

import (
	"slices"
	"testing"

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

func TestImportWarnings(t *testing.T) {
	design := profiler.Design{Subject: profiler.SubjectImport, Variants: []profiler.VariantInfo{{Name: "baseline"}, {Name: "variant"}}}
	side := func(variant, sha string, samples int, period int64, types ...heap.Type) profiler.ImportedProfile {
		return profiler.ImportedProfile{Variant: variant, Profile: profiler.Profile{SHA256: sha, Summary: profiler.Summary{Types: types, Samples: samples, Period: period}}}
	}
	for _, test := range []struct {
		name  string
		sides []profiler.ImportedProfile
		want  []string
	}{
		{"exact", []profiler.ImportedProfile{side("baseline", "a", 5, 1, allTypes...), side("variant", "b", 5, 0, allTypes...)}, nil},
		{"sampled", []profiler.ImportedProfile{side("baseline", "a", 5, 512<<10, allTypes...), side("variant", "b", 5, 512<<10, allTypes...)},
			[]string{"Both profiles were sampled, one allocation in 512 KiB: small values are estimates."}},
		{"sampled in two ways", []profiler.ImportedProfile{side("baseline", "a", 5, 100, allTypes...), side("variant", "b", 5, 2<<20, allTypes...)},
			[]string{
				"The profile of baseline was sampled, one allocation in 100 B: small values are estimates.",
				"The profile of variant was sampled, one allocation in 2 MiB: small values are estimates.",
			}},
		{"without samples", []profiler.ImportedProfile{side("baseline", "a", 0, 0, allTypes...), side("variant", "b", 5, 0, allTypes...)},
			[]string{"The profile of baseline has no samples, so the two profiles cannot be compared."}},
		{"the same", []profiler.ImportedProfile{side("baseline", "a", 5, 0, allTypes...), side("variant", "a", 5, 0, allTypes...)},
			[]string{"Both profiles are identical, so nothing differs."}},
		{"other types", []profiler.ImportedProfile{side("baseline", "a", 5, 0, allTypes...), side("variant", "b", 5, 0, allTypes[2:]...)},
			[]string{"Only the profile of baseline has alloc_space and alloc_objects, so they are not compared."}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := NewImportReport(profiler.Experiment{Design: design}, test.sides)
			if !slices.Equal(r.Warnings, test.want) {
				t.Errorf("warnings %q, want %q", r.Warnings, test.want)
			}
			if len(r.Variants) != 2 || len(r.Profiles) != 2 || len(r.Comparisons) != 0 {
				t.Errorf("report = %+v", r)
			}
		})
	}
}
