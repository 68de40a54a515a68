package report

import (
	"testing"

	"heaplab/profiler"
)

func TestListed(t *testing.T) {
	variant := func(name string, awaiting, live float64) VariantReport {
		return VariantReport{Name: name, Samples: map[string][]float64{profiler.Awaiting: {awaiting}, profiler.LiveHeap: {live}}}
	}
	for _, test := range []struct {
		name          string
		before, after VariantReport
		want          bool
	}{
		{"nothing awaits", variant("before", 0, 0), variant("after", 0, 1000), false},
		{"1% of both", variant("before", 10, 1000), variant("after", 10, 1000), false},
		{"over 1% of the baseline", variant("before", 11, 1000), variant("after", 0, 1000), true},
		{"over 1% of the variant", variant("before", 0, 1000), variant("after", 11, 1000), true},
		{"not measured", VariantReport{Name: "before"}, VariantReport{Name: "after"}, false},
	} {
		r := Report{Variants: []VariantReport{test.before, test.after, variant("other", 1000, 1000)}}
		if got := Listed(r, "after", profiler.Awaiting); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
		if !Listed(r, "after", profiler.LiveHeap) {
			t.Errorf("%s: the live heap is not listed", test.name)
		}
	}
}
