package model

import (
	"slices"
	"testing"
)

// TestKeepFilters checks that the smaller model computes the same as the whole model with the
// other filters set to 0.
func TestKeepFilters(t *testing.T) {
	eachImageShape(t, func(t *testing.T, m ImageClassifier) {
		const batch = 3
		x, _, weights := generateImages[float64](m, batch, 7)
		left := max(1, m.Filters/2)
		small, weak := KeepFilters(m, weights, left)
		if small.Filters != left || len(weak.All) != small.WeightCount() {
			t.Fatalf("%d filters and %d weights left", small.Filters, len(weak.All))
		}

		// Set the removed filters to 0.
		kept := strongestColumns(weights.ConvKernel, m.Filters, left)
		for f := range m.Filters {
			if slices.Contains(kept, f) {
				continue
			}
			weights.ConvBias[f] = 0
			for at := f; at < len(weights.ConvKernel); at += m.Filters {
				weights.ConvKernel[at] = 0
			}
		}
		whole := NewImagePredictor(m, DenseLayers(m, weights), Fresh[float64]{}, 1)
		defer whole.Close()
		part := NewImagePredictor(small, DenseLayers(small, weak), Fresh[float64]{}, 1)
		defer part.Close()
		checkAll(t, "outputs", part.Predict(x, func() {}), whole.Predict(x, func() {}), 1e-15)
	})
}

func TestStrongestFilters(t *testing.T) {
	kernel := []float32{
		1, -5, 2, 0, 3,
		1, 1, -2, 0, -1,
	}
	for n, want := range [][]int{{}, {1}, {1, 2}, {1, 2, 4}, {0, 1, 2, 4}} {
		if got := strongestColumns(kernel, 5, n); !slices.Equal(got, want) {
			t.Errorf("%d of 5: got %v, want %v", n, got, want)
		}
	}
}
