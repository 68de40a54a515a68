package model

import (
	"fmt"
	"math"
)

// A training is what the trainers of all models have in common: the optimiser, the
// allocator of the steps' tensors and the workers.
type training[T Float] struct {
	memory  Allocator[T]
	workers *Workers

	adam               *Adam[T]
	weights, gradients []T              // of the update under way
	updateLoop         func(lo, hi int) // bound once: see loops
}

func newTraining[T Float](weights []T, memory Allocator[T], workers int) *training[T] {
	t := &training[T]{
		memory:  memory,
		workers: NewWorkers(workers),
		adam:    NewAdam[T](len(weights)),
		weights: weights,
	}
	t.updateLoop = t.updateWeights
	return t
}

// Close ends the trainer's workers.
func (t *training[T]) Close() { t.workers.Close() }

// A Result is how a step's batch did, before the weights withOffset.
type Result struct {
	Loss  float64 // mean over the batch
	Right int     // examples predicted right
}

// passes are the parts of a training step that has begun.
type passes interface {
	forward()
	loss() Result
	backward()
	update()
	release() // lets go of the step's tensors, which for a Fresh allocator are garbage from here
}

// take takes a step that has begun, and calls mark at the end of the backward pass.
func runStep(p passes, mark func()) (Result, error) {
	defer p.release()
	p.forward()
	result := p.loss()
	if math.IsNaN(result.Loss) || math.IsInf(result.Loss, 0) {
		return result, fmt.Errorf("training step: the loss is %v", result.Loss)
	}
	p.backward()
	mark()
	p.update()
	return result, nil
}

// move moves all weights against their gradients.
func (t *training[T]) updateAll(gradients []T) {
	const products = 16 // what an update costs, in multiplications: a root and a division
	t.adam.next()
	t.gradients = gradients
	t.workers.Run(len(t.weights), grain(products), t.updateLoop)
	t.gradients = nil
}

func (t *training[T]) updateWeights(lo, hi int) {
	t.adam.update(t.weights, t.gradients, lo, hi)
}
