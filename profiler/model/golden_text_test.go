package model

import "testing"

func testGoldenText[T Float](t *testing.T, g *goldenFile) {
	m := g.Config.textClassifier()
	ids, labels, weights := generateTexts[T](m, g.Config.Batch, g.Config.Seed)
	checkGenerated(t, g, ids, labels, textTensors(weights))
	if t.Failed() {
		return // other results cannot match
	}

	predictor := NewTextPredictor(m, DenseTextLayers(m, weights), Fresh[T]{}, 2)
	defer predictor.Close()
	checkAll(t, "output predicted", predictor.Predict(ids, func() {}), g.Output, outputBound)

	trainer := NewTextTrainer(m, weights, Fresh[T]{}, 2)
	defer trainer.Close()
	checkGoldenSteps(t, g, goldenTrainer[T]{
		passes:    trainer,
		begin:     func() { trainer.begin(ids, labels) },
		probs:     func() []T { return trainer.network.probs },
		gradients: func() map[string][]T { return textTensors(trainer.step.gradients) },
	})
}

// generateTexts draws texts and weights from one stream, in the golden files' order.
func generateTexts[T Float](m TextClassifier, batch int, seed uint32) (ids, labels []int32, weights TextWeights[T]) {
	stream := lcg(seed)
	ids = stream.ints(batch*m.Steps, m.Vocab)
	labels = stream.ints(batch, 2)
	weights = TextWeightsIn(m, make([]T, m.WeightCount()))
	draw(&stream, weights.Embedding, 0.5)
	for _, l := range weights.LSTM {
		draw(&stream, l.Kernel, 0.3)
		draw(&stream, l.Recurrent, 0.2)
		draw(&stream, l.Bias, 0.1)
	}
	draw(&stream, weights.HiddenKernel, 0.3)
	draw(&stream, weights.HiddenBias, 0.1)
	draw(&stream, weights.OutputKernel, 0.5)
	draw(&stream, weights.OutputBias, 0.1)
	return ids, labels, weights
}

// textTensors returns the tensors by their names in the golden files.
func textTensors[T Float](w TextWeights[T]) map[string][]T {
	tensors := map[string][]T{
		"embedding":     w.Embedding,
		"dense1.kernel": w.HiddenKernel, "dense1.bias": w.HiddenBias,
		"dense2.kernel": w.OutputKernel, "dense2.bias": w.OutputBias,
	}
	for d, name := range []string{"fwd", "bwd"} {
		l := w.LSTM[d]
		tensors[name+".kernel"], tensors[name+".recurrent"], tensors[name+".bias"] = l.Kernel, l.Recurrent, l.Bias
	}
	return tensors
}
