package model

// An TextPredictor runs one TextClassifier forward, for inference: of every step of time only the units'
// states are kept. What a call makes comes from its allocator.
type TextPredictor[T Float] struct {
	network *textNetwork[T]
}

// NewTextPredictor returns a predictor with those weights. Close ends its workers.
func NewTextPredictor[T Float](m TextClassifier, weights TextWeights[T], memory Allocator[T], workers int) *TextPredictor[T] {
	return &TextPredictor[T]{newTextNetwork(m, weights, memory, NewWorkers(workers))}
}

// Close ends the predictor's workers.
func (p *TextPredictor[T]) Close() { p.network.workers.Close() }

// PredictNeed is what a Predict of so many texts asks of its allocator; never less than a
// smaller one.
func (m TextClassifier) PredictNeed(batch int) Need { return Need{Floats: m.forwardNeed(batch, false)} }

// Predict returns the probabilities [batch] that texts ids [batch, steps] are positive. They
// come from the allocator like the rest. It calls mark when all is computed and alive.
func (p *TextPredictor[T]) Predict(ids []int32, mark func()) []T {
	n := p.network
	defer n.releaseBatch()
	n.memory.Begin(n.model.PredictNeed(len(ids) / n.model.Steps))
	n.forward(ids, false)
	mark()
	return n.probs
}
