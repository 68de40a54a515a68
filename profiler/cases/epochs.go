package cases

import (
	"fmt"
	"math"

	"heaplab/profiler"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// A span is a batch: examples lo to hi.
type span struct{ lo, hi int }

// shortLast deals examples out in full batches, and in one of what is left over.
func shortLast(examples, batch int) []span {
	var spans []span
	for lo := 0; lo < examples; lo += batch {
		spans = append(spans, span{lo, min(lo+batch, examples)})
	}
	return spans
}

// shortFirst does the same, but begins with what is left over.
func shortFirst(examples, batch int) []span {
	var spans []span
	hi := examples % batch
	if hi == 0 {
		hi = batch
	}
	for lo := 0; lo < examples; lo, hi = hi, hi+batch {
		spans = append(spans, span{lo, hi})
	}
	return spans
}

// trainEpochs takes a step on each batch, in every epoch, and returns what each epoch came to.
func trainEpochs(epochs int, batches []span, watch builtin.Watch, step func(span) (model.Result, error)) ([]profiler.Epoch, error) {
	var out []profiler.Epoch
	for i := range epochs {
		var loss, examples float64
		var right int
		for _, b := range batches {
			result, err := step(b)
			if err != nil {
				return nil, fmt.Errorf("epoch %d: %w", i+1, err)
			}
			loss += result.Loss * float64(b.hi-b.lo)
			examples += float64(b.hi - b.lo)
			right += result.Right
		}
		out = append(out, profiler.Epoch{Loss: loss / examples, Accuracy: float64(right) / examples})
		watch.Epoch(out[i])
	}
	return out, nil
}

// A score adds up what predictions are worth.
type score struct {
	worst, loss float64
	right, n    int
}

// differs takes in an output and what it should be.
func (s *score) differs(got, want float64) { s.worst = max(s.worst, math.Abs(got-want)) }

// predicts takes in whether an example is predicted right, and the probability that its label was
// given. The loss is the model's own, which clips at 1e-7.
func (s *score) predicts(right bool, probability float64) {
	s.n++
	if right {
		s.right++
	}
	s.loss -= math.Log(max(probability, 1e-7))
}

// numbers are of qualityUnits.
func (s *score) numbers() []float64 {
	n := float64(s.n)
	return []float64{s.worst, float64(s.right) / n, s.loss / n}
}
