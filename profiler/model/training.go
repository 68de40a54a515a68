package model

import (
	"fmt"
	"math"
)

// A trainState is the state that all trainers share: the optimizer, the allocator of the step's
// tensors and the workers.
type trainState[T Float] struct {
	memory  Allocator[T]
	workers *Workers

	adam               *Adam[T]
	weights, gradients []T              // gradients are nil between updates
	updateLoop         func(lo, hi int) // bound once: see imageLoops
}

func newTrainState[T Float](weights []T, memory Allocator[T], workers int) *trainState[T] {
	t := &trainState[T]{
		memory:  memory,
		workers: NewWorkers(workers),
		adam:    NewAdam[T](len(weights)),
		weights: weights,
	}
	t.updateLoop = t.updateWeights
	return t
}

// Close stops the trainer's workers.
func (t *trainState[T]) Close() { t.workers.Close() }

// A Result describes a training step's batch before the weights were updated.
type Result struct {
	Loss  float64 // mean loss of the batch
	Right int     // number of correct predictions
}

// passes are the phases of a training step.
type passes interface {
	forward()
	loss() Result
	backward()
	update()
	release() // drops the step's tensors, so that the collector can free those of a Fresh allocator
}

// runStep runs a step that has begun. It calls mark at the end of the backward pass. It
// returns an error, without updating the weights, if the loss is NaN or infinite.
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

// updateAll updates all weights.
func (t *trainState[T]) updateAll(gradients []T) {
	const products = 16 // cost of one update in multiplications: a square root and a division
	t.adam.next()
	t.gradients = gradients
	t.workers.Run(len(t.weights), grain(products), t.updateLoop)
	t.gradients = nil
}

func (t *trainState[T]) updateWeights(lo, hi int) {
	t.adam.update(t.weights, t.gradients, lo, hi)
}
