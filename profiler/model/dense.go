package model

// denseBlock is the number of products that are summed before the sum is added to an output.
// In float32, one long sum would lose small terms.
const denseBlock = 256

// denseForward computes x·kernel + bias for examples lo..hi.
//
//	dst [batch, outputs], x [batch, inputs], kernel [inputs, outputs], bias [outputs]
//	sums [batch, outputs]: scratch space for the sums of a block
func denseForward[T Float](dst, sums, x []T, kernel factor[T], bias []T, lo, hi int) {
	outputs := len(bias)
	for n := lo; n < hi; n++ {
		copy(dst[n*outputs:][:outputs], bias)
	}
	addDense(dst, sums, x, kernel, outputs, lo, hi)
}

// addDense adds x·kernel to dst for examples lo to hi. Its shapes are those of denseForward.
func addDense[T Float](dst, sums, x []T, kernel factor[T], outputs, lo, hi int) {
	inputs := len(x) / (len(dst) / outputs)
	for from := 0; from < inputs; from += denseBlock {
		to := min(from+denseBlock, inputs)
		block := sums[lo*outputs : hi*outputs]
		clear(block)
		kernel.addProducts(block, x[lo*inputs+from:], inputs, from, to)
		for i := lo * outputs; i < hi*outputs; i++ {
			dst[i] += sums[i]
		}
	}
}

// denseBackward computes the gradients of inputs lo..hi and of their weights in one pass over
// the inputs.
//
//	dkernel, kernel [inputs, outputs]
//	dx, x [batch, inputs]
//	dy [batch, outputs]
func denseBackward[T Float](dkernel, dx, kernel, x, dy []T, outputs, lo, hi int) {
	inputs := len(kernel) / outputs
	clear(dkernel[lo*outputs : hi*outputs])
	for n := range len(dy) / outputs {
		gradient := dy[n*outputs:][:outputs]
		for i := lo; i < hi; i++ {
			w := kernel[i*outputs:][:len(gradient)]
			dw := dkernel[i*outputs:][:len(gradient)]
			v, sum := x[n*inputs+i], T(0)
			for j, g := range gradient {
				dw[j] += v * g
				sum += w[j] * g
			}
			dx[n*inputs+i] = sum
		}
	}
}

// biasBackward sums dy [batch, outputs] over the batch into dbias [outputs].
func biasBackward[T Float](dbias, dy []T) {
	clear(dbias)
	for ; len(dy) > 0; dy = dy[len(dbias):] {
		for i, g := range dy[:len(dbias)] {
			dbias[i] += g
		}
	}
}

// relu replaces negative numbers with 0.
func relu[T Float](s []T) {
	for i, v := range s {
		s[i] = max(v, 0)
	}
}

// reluBackward sets the gradient dy to 0 where the ReLU output y is 0.
func reluBackward[T Float](dy, y []T) {
	for i, v := range y {
		if v <= 0 {
			dy[i] = 0
		}
	}
}
