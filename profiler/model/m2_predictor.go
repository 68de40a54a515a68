package model

// An M2Predictor runs one M2 forward, for inference: of every step of time only the units'
// states are kept. What a call makes comes from its allocator.
type M2Predictor[T Float] struct {
	network *m2Network[T]
}

// NewM2Predictor returns a predictor with those weights. Close ends its workers.
func NewM2Predictor[T Float](m M2, weights M2Weights[T], memory Allocator[T], workers int) *M2Predictor[T] {
	return &M2Predictor[T]{newM2Network(m, weights, memory, NewWorkers(workers))}
}

// Close ends the predictor's workers.
func (p *M2Predictor[T]) Close() { p.network.workers.Close() }

// PredictNeed is what a Predict of so many texts asks of its allocator; never less than a
// smaller one.
func (m M2) PredictNeed(batch int) Need { return Need{Floats: m.forwardNeed(batch, false)} }

// Predict returns the probabilities [batch] that texts ids [batch, steps] are positive. They
// come from the allocator like the rest. It calls mark when all is computed and alive.
func (p *M2Predictor[T]) Predict(ids []int32, mark func()) []T {
	n := p.network
	defer n.forgetBatch()
	n.memory.Begin(n.m2.PredictNeed(len(ids) / n.m2.Steps))
	n.forward(ids, false)
	mark()
	return n.probs
}
