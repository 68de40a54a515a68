package model

import (
	"slices"
	"testing"
)

func TestTexts(t *testing.T) {
	m := TextClassifier{Vocab: 50, Steps: 9}
	ids, labels := Texts(m, 200, 1)
	if len(ids) != 200*m.Steps || len(labels) != 200 {
		t.Errorf("got %d ids and %d labels", len(ids), len(labels))
	}
	if least, most := slices.Min(ids), slices.Max(ids); least != Padding || most != 49 || slices.Contains(ids, Unknown) {
		t.Errorf("ids from %d to %d", least, most)
	}
	again, _ := Texts(m, 200, 1)
	other, _ := Texts(m, 200, 2)
	if !slices.Equal(ids, again) || slices.Equal(ids, other) {
		t.Error("texts do not depend on the seed, or not only on the seed")
	}
	if ids, _ := Texts(TextClassifier{Vocab: 1, Steps: 1}, 3, 1); !slices.Equal(ids, []int32{0, 0, 0}) {
		t.Errorf("ids with a vocabulary of one: %v", ids)
	}
}

// TestTextTraining trains the article's model and checks its accuracy on unseen texts.
func TestTextTraining(t *testing.T) {
	if raceEnabled {
		t.Skip("takes half a minute under the race detector; smaller tests cover the same code")
	}
	if testing.Short() {
		t.Skip("a whole training")
	}
	m := TextClassifier{Vocab: 1000, Steps: 50, Embedding: 16, Units: 32, Hidden: 16}
	const examples, unseen, batch, epochs = 500, 200, 32, 10
	ids, labels := Texts(m, examples+unseen, 1)
	trainer := NewTextTrainer(m, NewTextWeights[float32](m, 1), Preallocate[float32](m.Need(batch)), 2)
	defer trainer.Close()
	var right int
	for range epochs {
		right = 0
		for lo := 0; lo < examples; lo += batch {
			hi := min(lo+batch, examples)
			result, err := trainer.Step(ids[lo*m.Steps:hi*m.Steps], labels[lo:hi], func() {})
			if err != nil {
				t.Fatal(err)
			}
			right += result.Right
		}
	}
	if accuracy := float64(right) / examples; accuracy <= 0.9 {
		t.Errorf("accuracy in the last epoch %v", accuracy)
	}

	predictor := NewTextPredictor(m, DenseTextLayers(m, trainer.Weights), Fresh[float32]{}, 2)
	defer predictor.Close()
	right = 0
	for n, p := range predictor.Predict(ids[examples*m.Steps:], func() {}) {
		if (p > 0.5) == (labels[examples+n] == 1) {
			right++
		}
	}
	if accuracy := float64(right) / unseen; accuracy <= 0.9 {
		t.Errorf("accuracy on unseen texts %v", accuracy)
	}
}
