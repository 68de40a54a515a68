package model

import "math"

// A Pruner prunes kernels by magnitude during training, as tfmot's prune_low_magnitude
// does. Before each step it sets the masked weights to 0; the step then updates all
// weights. Biases are not pruned.
//
// A mask has one number per weight, 0 or 1, of the weights' type, as in tfmot. Pruning
// therefore increases the memory of a training.
type Pruner[T Float] struct {
	schedule Schedule
	kernels  [][]T
	masks    [][]T // shaped like kernels
	step     int   // number of steps begun
}

// NewPruner returns a pruner of the given kernels. All masks are initially 1.
func NewPruner[T Float](schedule Schedule, kernels ...[]T) *Pruner[T] {
	p := &Pruner[T]{schedule: schedule, kernels: kernels}
	for _, kernel := range kernels {
		mask := make([]T, len(kernel))
		for i := range mask {
			mask[i] = 1
		}
		p.masks = append(p.masks, mask)
	}
	return p
}

// BeginStep must be called before each training step. If the schedule says so, it recomputes
// the masks from the weights. Then it applies them.
func (p *Pruner[T]) BeginStep() {
	p.step++
	if due, sparsity := p.schedule.At(p.step); due {
		for i, kernel := range p.kernels {
			setMask(p.masks[i], kernel, sparsity)
		}
	}
	p.Strip()
}

// Strip applies the masks. It must be called after the last step, which has updated all
// weights.
func (p *Pruner[T]) Strip() {
	for i, kernel := range p.kernels {
		mask := p.masks[i][:len(kernel)]
		for j := range kernel {
			kernel[j] *= mask[j]
		}
	}
}

// Prune sets the given share of each kernel, the weights of smallest magnitude, to 0.
func Prune[T Float](sparsity float64, kernels ...[]T) {
	for _, kernel := range kernels {
		least := kthMagnitude(kernel, keptCount(len(kernel), float32(sparsity)))
		for i, w := range kernel {
			if math.Abs(float64(w)) < least {
				kernel[i] = 0
			}
		}
	}
}

// setMask sets dst to the mask of a kernel: 1 for the weights of largest magnitude, 0 for the
// others. It keeps all weights that equal the smallest kept magnitude.
func setMask[T Float](dst, kernel []T, sparsity float32) {
	least := kthMagnitude(kernel, keptCount(len(kernel), sparsity))
	for i, w := range kernel {
		dst[i] = 0
		if math.Abs(float64(w)) >= least {
			dst[i] = 1
		}
	}
}

// keptCount returns how many of n weights remain at a sparsity, at least 1. tfmot computes this
// in float32 and rounds half to even. Beyond 2²⁴ weights the result can exceed n, so it is
// limited to n.
func keptCount(n int, sparsity float32) int {
	k := int(math.RoundToEven(float64(float32(n) * (1 - sparsity))))
	return min(max(1, k), n)
}

// kthMagnitude returns the k-th largest magnitude without a sorted copy. It finds the bits of
// the result 13 at a time, from counts of the weights that begin with the bits found so far.
// This works because magnitudes are ordered like their bits.
func kthMagnitude[T Float](weights []T, k int) float64 {
	const digit = 1<<13 - 1
	var known, bits uint64 // mask of the bits found so far, and their values
	for _, shift := range []int{52, 39, 26, 13, 0} {
		var counts [digit + 1]int32
		for _, w := range weights {
			if b := math.Float64bits(math.Abs(float64(w))); b&known == bits {
				counts[b>>shift&digit]++
			}
		}
		d := digit
		for ; k > int(counts[d]); d-- {
			k -= int(counts[d])
		}
		bits |= uint64(d) << shift
		known |= digit << shift
	}
	return math.Float64frombits(bits)
}
