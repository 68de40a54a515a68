package model

import (
	"fmt"
	"math"
	"testing"
)

func TestSigmoidAndTanh(t *testing.T) {
	xs := []float64{0, math.Copysign(0, -1), 1e-300, 5e-9, 0.001, 37, 699, 701, 1e10, math.MaxFloat64, math.Inf(1)}
	for x := 0.01; x < 50; x *= 1.01 {
		xs = append(xs, x)
	}
	for _, x := range xs {
		for _, x := range []float64{x, -x} {
			got := []float64{x}
			sigmoid(got)
			check(t, fmt.Sprintf("sigmoid of %v", x), got[0], 1/(1+math.Exp(-x)), 3e-16)
			got[0] = x
			tanh(got)
			check(t, fmt.Sprintf("tanh of %v", x), got[0], math.Tanh(x), 5e-16)
		}
	}
	no := []float32{float32(math.NaN())}
	sigmoid(no)
	if no[0] == no[0] {
		t.Errorf("sigmoid of NaN is %v", no[0])
	}
}

func TestBinaryCrossEntropy(t *testing.T) {
	probs, dlogits := []float64{0.9, 0.2, 0.5, 0, 1}, make([]float64, 5)
	loss, right := binaryCrossEntropy(dlogits, probs, []int32{1, 0, 1, 1, 0})
	check(t, "loss", loss, -math.Log(0.9)-math.Log(0.8)-math.Log(0.5)-2*math.Log(1e-7), 1e-8)
	checkAll(t, "gradient", dlogits, []float64{-0.02, 0.04, -0.1, -0.2, 0.2}, 1e-15)
	if right != 2 { // p = 0.5 is predicted negative
		t.Errorf("%d correct predictions, want 2", right)
	}
}
