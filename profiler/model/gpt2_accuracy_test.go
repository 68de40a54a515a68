package model

import (
	"math"
	"testing"
)

func TestPerplexity(t *testing.T) {
	for _, test := range []struct {
		name   string
		logits []float64 // [3, 2]
		text   []int32
		want   float64
	}{
		{"equal logits", []float64{5, 5, -1, -1, 0, 0}, []int32{0, 1, 0}, 2},
		{"certainty", []float64{0, 1000, 1000, 0, 0, 0}, []int32{0, 1, 0}, 1},
		{"one half and one quarter", []float64{0, 0, 0, math.Log(3), 0, 9}, []int32{0, 1, 0}, math.Sqrt(8)},
	} {
		t.Run(test.name, func(t *testing.T) {
			check(t, "perplexity", Perplexity(test.logits, test.text), test.want, 1e-12)
		})
	}
}

func TestLogitError(t *testing.T) {
	reference := []float64{1, -2, 3}
	check(t, "error", LogitError([]float32{1.5, -2, 2}, reference), 1, 0)
	if got := LogitError([]float32{1, float32(math.NaN()), 3}, reference); !math.IsNaN(got) {
		t.Errorf("error of NaN is %v, want NaN", got)
	}
}

// TestFormatAccuracy compares logits in all formats with those of dense weights. The bounds are
// about twice the measured values.
func TestFormatAccuracy(t *testing.T) {
	m := GPT2{Vocab: 101, Width: 64, Heads: 4, Blocks: 3, Context: 32}
	text, tensors := generateGPT2[float64](m, 30, 3)
	logitsIn := func(format Format[float64]) []float64 {
		return newTestDecoder(t, m, weightsOf(t, m, format, tensors), NewFixedCache[float64](m, m.Context), 1, 2).Logits(text)
	}
	reference := logitsIn(DenseFormat[float64]())
	perplexity := Perplexity(reference, text)
	for _, test := range []struct {
		name       string
		bound      float64
		perplexity float64 // relative
	}{
		{"csr", 0, 0}, {"packed", 0, 0},
		{"half", 5e-3, 3e-4}, {"brain", 4e-2, 4e-3}, {"int8", 0.1, 4e-3}, {"w8a8", 0.1, 4e-3},
	} {
		logits := logitsIn(gpt2Formats[float64]()[test.name])
		got := LogitError(logits, reference)
		t.Logf("%s: error %.2g, perplexity %v, of %v", test.name, got, Perplexity(logits, text), perplexity)
		check(t, test.name+" error", got, 0, test.bound)
		check(t, test.name+" perplexity", Perplexity(logits, text), perplexity, test.perplexity*perplexity)
		if test.bound > 0 && got == 0 {
			t.Errorf("%s: logits are exact, so nothing was rounded", test.name)
		}
	}
}
