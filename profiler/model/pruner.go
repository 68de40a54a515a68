package model

import "math"

// A Pruner prunes kernels by magnitude while they are trained, as tfmot's
// prune_low_magnitude does: before each step the weights that the masks cut off become 0;
// the step then moves all weights. Biases are no kernels.
//
// A mask is a number for each weight, 1 or 0, of the weights' type, as in tfmot: pruning
// makes a training larger.
type Pruner[T Float] struct {
	schedule Schedule
	kernels  [][]T
	masks    [][]T // as kernels
	step     int   // steps begun
}

// NewPruner returns a pruner of kernels that a trainer moves. All masks are 1 at first.
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

// BeginStep belongs before each step of the training: it computes the masks anew from the
// weights where the schedule says so, and cuts off what they cut off.
func (p *Pruner[T]) BeginStep() {
	p.step++
	if due, sparsity := p.schedule.At(p.step); due {
		for i, kernel := range p.kernels {
			setMask(p.masks[i], kernel, sparsity)
		}
	}
	p.Strip()
}

// Strip cuts off what the masks cut off. It belongs after the last step, which has withOffset
// all weights.
func (p *Pruner[T]) Strip() {
	for i, kernel := range p.kernels {
		mask := p.masks[i][:len(kernel)]
		for j := range kernel {
			kernel[j] *= mask[j]
		}
	}
}

// Prune cuts off a share of each kernel, the weights of least magnitude, once and for all.
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

// Zeros is the share of weights that are 0.
func Zeros[T Float](kernels ...[]T) float64 {
	zeros, all := 0, 0
	for _, kernel := range kernels {
		all += len(kernel)
		for _, w := range kernel {
			if w == 0 {
				zeros++
			}
		}
	}
	return float64(zeros) / float64(all)
}

// setMask computes the mask of a kernel: 1 where a weight's magnitude is among the greatest.
// Of equal magnitudes all are kept.
func setMask[T Float](dst, kernel []T, sparsity float32) {
	least := kthMagnitude(kernel, keptCount(len(kernel), sparsity))
	for i, w := range kernel {
		dst[i] = 0
		if math.Abs(float64(w)) >= least {
			dst[i] = 1
		}
	}
}

// kept is how many weights of n stay. tfmot computes it in float32 and rounds halves to
// even; beyond 2²⁴ weights that can come out above n.
func keptCount(n int, sparsity float32) int {
	k := int(math.RoundToEven(float64(float32(n) * (1 - sparsity))))
	return min(max(1, k), n)
}

// kthMagnitude returns the k-th greatest magnitude. It needs no copy to sort: it finds the
// number's bits digit by digit, from counts of the weights that begin with the digits known
// so far. Magnitudes are ordered as their bits are.
func kthMagnitude[T Float](weights []T, k int) float64 {
	const digit = 1<<13 - 1
	var known, bits uint64 // which bits are known, and the bits
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
