package model

import (
	"cmp"
	"math"
	"slices"
)

// KeepFilters removes all but the given number of filters from a trained ImageClassifier.
// It keeps those whose weights have the largest L1 norm (Li et al., arXiv:1608.08710); of
// equal norms, the first. It also removes the rows of the dense kernel that belong to the
// removed filters. It returns the smaller shape and copies of its weights.
func KeepFilters[T Float](m ImageClassifier, w ImageWeights[T], filters int) (ImageClassifier, ImageWeights[T]) {
	kept := strongestColumns(w.ConvKernel, m.Filters, filters)
	small := m
	small.Filters = len(kept)
	s := ImageWeightsIn(small, make([]T, small.WeightCount()))
	for to, from := range kept {
		s.ConvBias[to] = w.ConvBias[from]
		for k := range len(w.ConvKernel) / m.Filters {
			s.ConvKernel[k*small.Filters+to] = w.ConvKernel[k*m.Filters+from]
		}
		for cell := range m.poolHeight() * m.poolWidth() {
			copy(rowOf(s.DenseKernel, cell*small.Filters+to, m.Classes), rowOf(w.DenseKernel, cell*m.Filters+from, m.Classes))
		}
	}
	copy(s.DenseBias, w.DenseBias)
	return small, s
}

// strongestColumns returns the n columns of kernel [rows, cols] with the largest L1 norms, in
// ascending order.
func strongestColumns[T Float](kernel []T, cols, n int) []int {
	sums := make([]float64, cols)
	for i, w := range kernel {
		sums[i%cols] += math.Abs(float64(w))
	}
	columns := make([]int, cols)
	for i := range columns {
		columns[i] = i
	}
	slices.SortStableFunc(columns, func(a, b int) int { return cmp.Compare(sums[b], sums[a]) })
	columns = columns[:n]
	slices.Sort(columns)
	return columns
}
