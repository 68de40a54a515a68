package model

// A TextPredictor runs one TextClassifier forward, for inference: it keeps only the units' states
// of a step of time. The tensors of a call come from its allocator.
type TextPredictor[T Float] struct {
	network *textNetwork[T]
}

// NewTextPredictor returns a predictor with those layers. Close ends its workers.
func NewTextPredictor[T Float](m TextClassifier, layers TextLayers[T], memory Allocator[T], workers int) *TextPredictor[T] {
	return &TextPredictor[T]{newTextNetwork(m, layers, memory, NewWorkers(workers))}
}

// Close stops the predictor's workers.
func (p *TextPredictor[T]) Close() { p.network.workers.Close() }

// PredictNeed returns the memory that Predict allocates for a batch of the given size. It
// never decreases as the batch grows.
func (m TextClassifier) PredictNeed(batch int) Need { return Need{Floats: m.forwardNeed(batch, false)} }

// Predict returns the probabilities [batch] that texts with the given ids [batch, steps] are
// positive, in memory from the allocator. It calls mark at the end, when all tensors are in use.
func (p *TextPredictor[T]) Predict(ids []int32, mark func()) []T {
	n := p.network
	defer n.releaseBatch()
	n.memory.Begin(n.model.PredictNeed(len(ids) / n.model.Steps))
	n.forward(ids, false)
	mark()
	return n.probs
}
