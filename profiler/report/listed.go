package report

import (
	"slices"

	"heaplab/profiler"
)

// Listed reports whether a list of a variant's metrics shows a unit to people. Memory that awaits
// collection is shown only if it is more than 1% of the live heap of the variant or of the baseline.
func Listed(r Report, variant, unit string) bool {
	return unit != profiler.Awaiting || slices.ContainsFunc(r.Variants, func(v VariantReport) bool {
		return (v.Name == variant || v.Name == r.Variants[0].Name) && awaitsCollection(v)
	})
}

// minAwaiting is the share of the live heap from which memory that awaits collection is shown.
const minAwaiting = 0.01

func awaitsCollection(v VariantReport) bool {
	awaiting, live := v.Samples[profiler.Awaiting], v.Samples[profiler.LiveHeap]
	if len(awaiting) == 0 || len(live) == 0 {
		return false
	}
	return NewInterval(awaiting).Center > minAwaiting*NewInterval(live).Center
}
