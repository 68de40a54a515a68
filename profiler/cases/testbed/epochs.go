package testbed

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"

	"heaplab/profiler"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// A Batch is examples Lo to Hi.
type Batch struct{ Lo, Hi int }

// ShortLast splits the examples into full batches and, last, one with the rest.
func ShortLast(examples, size int) []Batch {
	var batches []Batch
	for lo := 0; lo < examples; lo += size {
		batches = append(batches, Batch{lo, min(lo+size, examples)})
	}
	return batches
}

// ShortFirst splits the examples into one batch with the rest and, after it, full ones.
func ShortFirst(examples, size int) []Batch {
	var batches []Batch
	hi := examples % size
	if hi == 0 {
		hi = size
	}
	for lo := 0; lo < examples; lo, hi = hi, hi+size {
		batches = append(batches, Batch{lo, hi})
	}
	return batches
}

// Unwatched watches a fit and does nothing.
var Unwatched = builtin.Watch{Epoch: func(profiler.Epoch) {}, Mark: func() {}}

// TrainEpochs takes a step on each batch, in every epoch, and returns the result of each epoch.
func TrainEpochs(epochs int, batches []Batch, watch builtin.Watch, step func(Batch) (model.Result, error)) ([]profiler.Epoch, error) {
	var out []profiler.Epoch
	for i := range epochs {
		var loss, examples float64
		var right int
		for _, b := range batches {
			result, err := step(b)
			if err != nil {
				return nil, fmt.Errorf("epoch %d: %w", i+1, err)
			}
			loss += result.Loss * float64(b.Hi-b.Lo)
			examples += float64(b.Hi - b.Lo)
			right += result.Right
		}
		out = append(out, profiler.Epoch{Loss: loss / examples, Accuracy: float64(right) / examples})
		watch.Epoch(out[i])
	}
	return out, nil
}

// WeightsDigest returns the SHA-256 of the weights' bytes, little-endian, in hex.
func WeightsDigest[T model.Float](weights []T) string {
	hash := sha256.New()
	for chunk := range slices.Chunk(weights, 4096) {
		binary.Write(hash, binary.LittleEndian, chunk) // a hash never fails
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// CheckBatch rejects a batch that is larger than the number of examples.
func CheckBatch(batch, examples int) profiler.Faults {
	if batch > examples {
		return profiler.Faults{{Field: "batch", Message: fmt.Sprintf("must be at most the number of examples, %d", examples)}}
	}
	return nil
}
