package model

import (
	"fmt"
	"slices"
	"testing"
)

// TestTextLayersInFormats compares predictions with weights in 16 bits with those in float32. With
// the same rounded weights they are equal to the bit. With the original weights they differ by the
// rounding: the slope of the last sigmoid is at most 1/4, and roundings of both signs mostly cancel
// in the sums before it, so an output moves by less than an eighth of a weight's relative rounding.
func TestTextLayersInFormats(t *testing.T) {
	shapes := append(slices.Clone(textShapes), TextClassifier{Vocab: 60, Steps: 12, Embedding: 16, Units: 32, Hidden: 16})
	for _, m := range shapes {
		ids, _, weights := generateTexts[float32](m, 11, 7)
		predict := func(layers TextLayers[float32]) []float32 {
			predictor := NewTextPredictor(m, layers, Fresh[float32]{}, 2)
			defer predictor.Close()
			return predictor.Predict(ids, func() {})
		}
		want := predict(DenseTextLayers(m, weights))
		for name, format := range map[string]struct {
			format Format[float32]
			round  float64 // half a unit in the last place
		}{
			"float16":  {HalfFormat[float32](), 0x1p-11},
			"bfloat16": {BrainFormat[float32](), 0x1p-8},
		} {
			t.Run(fmt.Sprintf("%s,%d words,units=%d", name, m.Vocab, m.Units), func(t *testing.T) {
				layers := TextLayersIn(m, weights, format.format)
				if got, want := layers.Bytes(), 2*m.WeightCount(); got != want {
					t.Errorf("%d bytes, want %d", got, want)
				}
				got := predict(layers)
				rounded := TextWeightsIn(m, rowsIn(format.format.Rest(weights.All, 1), len(weights.All), 1))
				if dense := predict(TextLayersIn(m, rounded, DenseFormat[float32]())); !slices.Equal(got, dense) {
					t.Errorf("outputs %v differ from those of the widened weights, %v", got, dense)
				}
				if slices.Equal(got, want) {
					t.Error("rounding the weights changed no output")
				}
				for i := range want {
					check(t, fmt.Sprintf("output %d", i), float64(got[i]), float64(want[i]), format.round/8)
				}
			})
		}
	}
}
