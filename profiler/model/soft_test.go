package model

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// testTeacher returns the features and logits of a teacher with twice the filters.
func testTeacher[T Float](t *testing.T, m ImageClassifier, x []T) (filters int, pooled, logits []T) {
	t.Helper()
	m.Filters *= 2
	_, _, weights := generateImages[T](m, 1, 11)
	p := NewImagePredictor(m, DenseLayers(m, weights), Fresh[T]{}, 1)
	t.Cleanup(p.Close)
	pooled, logits = p.Features(x)
	return m.Filters, pooled, logits
}

func TestSoftGradient(t *testing.T) {
	for _, targets := range []SoftTargets{{1, 0.5}, {4, 0.9}, {3, 1}} {
		t.Run(fmt.Sprintf("T=%v,alpha=%v", targets.Temperature, targets.Alpha), func(t *testing.T) {
			eachImageShape(t, func(t *testing.T, m ImageClassifier) {
				x, labels, weights := generateImages[float64](m, 5, 7)
				_, _, teacher := testTeacher(t, m, x)
				trainer := NewSoftTrainer(m, weights, targets, Fresh[float64]{}, 2)
				defer trainer.Close()
				begin := func() { trainer.begin(x, labels, teacher) }
				begin()
				trainer.forward()
				trainer.loss()
				trainer.backward()
				checkGradients(t, trainer.step.gradients.All, weights.All, begin, trainer)
			})
		})
	}
}

// TestSoftLoss computes the loss for two classes by hand. At a temperature of 2, logits of 0 and
// 2·log 3 give probabilities of 1/4 and 3/4.
func TestSoftLoss(t *testing.T) {
	student, teacher := []float64{0, 0}, []float64{0, 2 * math.Log(3)}
	gradient := []float64{-0.5, 0.5} // of the labels' loss; the label is the first class
	loss := softCrossEntropy(gradient, student, teacher, 2, SoftTargets{Temperature: 2, Alpha: 0.75})
	check(t, "loss", loss, 4*(0.25*math.Log(0.5)+0.75*math.Log(1.5)), 1e-14)
	checkAll(t, "gradient", gradient, []float64{0.75*2*0.25 - 0.25*0.5, -0.75*2*0.25 + 0.25*0.5}, 1e-14)
}

// TestSoftTraining checks that training with alpha 0 is bit-identical to that of an
// ImageTrainer, and that a student equal to its teacher has loss and gradient 0.
func TestSoftTraining(t *testing.T) {
	m := imageShapes[0]
	plain, x, labels := newTestImageTrainer(t, m, 6, Fresh[float32]{}, 2)
	_, _, weights := generateImages[float32](m, 6, 7)
	_, _, teacher := testTeacher(t, m, x)
	soft := NewSoftTrainer(m, weights, SoftTargets{Temperature: 4}, Fresh[float32]{}, 2)
	defer soft.Close()
	for range 3 {
		want, _ := plain.Step(x, labels, func() {})
		got, err := soft.Step(x, labels, teacher, func() {})
		if err != nil || got != want {
			t.Fatalf("got %+v, %v, want %+v", got, err, want)
		}
	}
	if !slices.Equal(soft.Weights.All, plain.Weights.All) {
		t.Error("the weights differ")
	}

	same := []float32{1, 2, -3}
	gradient := []float32{9, 9, 9}
	if loss := softCrossEntropy(gradient, same, same, 3, SoftTargets{Temperature: 4, Alpha: 1}); loss != 0 || !slices.Equal(gradient, []float32{0, 0, 0}) {
		t.Errorf("student equal to its teacher: loss %v, gradient %v", loss, gradient)
	}
}

// TestFeatures checks that the logits of Features give the probabilities of Predict.
func TestFeatures(t *testing.T) {
	m := imageShapes[0]
	p, x := newTestImagePredictor(t, m, 5, Fresh[float64]{}, 2)
	want := p.Predict(x, func() {})
	pooled, logits := p.Features(x)
	got := make([]float64, len(logits))
	softmax(got, logits, m.Classes)
	checkAll(t, "outputs", got, want, 0)
	if len(pooled) != 5*m.DenseRows() {
		t.Errorf("%d features, want %d", len(pooled), 5*m.DenseRows())
	}
}
