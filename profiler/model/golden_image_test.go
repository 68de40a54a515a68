package model

import "testing"

func testGoldenImage[T Float](t *testing.T, g *goldenFile) {
	m := g.Config.imageClassifier()
	x, labels, weights := generateImages[T](m, g.Config.Batch, g.Config.Seed)
	checkGenerated(t, g, x, labels, imageTensors(weights))
	if t.Failed() {
		return // other results cannot match
	}

	predictor := NewImagePredictor(m, DenseLayers(m, weights), Fresh[T]{}, 2)
	defer predictor.Close()
	checkAll(t, "output predicted", predictor.Predict(x, func() {}), g.Output, outputBound)

	trainer := NewImageTrainer(m, weights, Fresh[T]{}, 2)
	defer trainer.Close()
	checkGoldenSteps(t, g, goldenTrainer[T]{
		passes:    trainer,
		begin:     func() { trainer.begin(x, labels) },
		probs:     func() []T { return trainer.step.probs },
		gradients: func() map[string][]T { return imageTensors(trainer.step.gradients) },
	})
}

// generateImages draws data and weights from one stream, in the golden files' order.
func generateImages[T Float](m ImageClassifier, batch int, seed uint32) (x []T, labels []int32, weights ImageWeights[T]) {
	stream := lcg(seed)
	x = make([]T, batch*m.Pixels())
	for i := range x {
		x[i] = T(float32(stream.next()))
	}
	labels = stream.ints(batch, m.Classes)
	weights = ImageWeightsIn(m, make([]T, m.WeightCount()))
	draw(&stream, weights.ConvKernel, 0.15)
	draw(&stream, weights.ConvBias, 0.1)
	draw(&stream, weights.DenseKernel, 0.03)
	draw(&stream, weights.DenseBias, 0.1)
	return x, labels, weights
}

// imageTensors returns the tensors by their names in the golden files.
func imageTensors[T Float](w ImageWeights[T]) map[string][]T {
	return map[string][]T{
		"conv.kernel": w.ConvKernel, "conv.bias": w.ConvBias,
		"dense.kernel": w.DenseKernel, "dense.bias": w.DenseBias,
	}
}
