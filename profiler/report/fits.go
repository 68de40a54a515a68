package report

import (
	"fmt"

	"heaplab/profiler/words"
)

// Fitted returns the indices of the variants that have a fit: a run of the whole job.
func Fitted(r Report) []int {
	var fitted []int
	for i, v := range r.Variants {
		if v.Fit != nil && len(v.Fit.Epochs) > 0 {
			fitted = append(fitted, i)
		}
	}
	return fitted
}

// SameWeights reports whether the whole jobs of at least two variants ended with equal weights.
func SameWeights(r Report) bool {
	return len(Fitted(r)) > 1 && len(otherWeights(r)) == 0
}

// WeightsText says whether the whole jobs of all variants ended with equal weights.
func WeightsText(r Report) string {
	fitted := Fitted(r)
	if len(fitted) < 2 {
		return "Only one variant ran the whole job, so there is nothing to compare its result with."
	}
	different := otherWeights(r)
	if len(different) == 0 {
		return "The final weights of all variants are bit-identical: the optimisation does not change the result."
	}
	return fmt.Sprintf("The final weights of %s differ from those of %s: compare loss and accuracy.", words.List(different), words.Plain(r.Variants[fitted[0]].Name))
}

// otherWeights returns the names of the variants whose weights differ from the first.
func otherWeights(r Report) []string {
	fitted := Fitted(r)
	first := r.Variants[fitted[0]].Fit.Weights
	var names []string
	for _, i := range fitted[1:] {
		if v := r.Variants[i]; v.Fit.Weights != first || first == "" {
			names = append(names, words.Plain(v.Name))
		}
	}
	return names
}
