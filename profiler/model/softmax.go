package model

import "math"

// softmax computes the probabilities of each example's classes. The greatest logit is
// taken off first, so that no exponential overflows.
//
//	dst, logits [batch, classes]
func softmax[T Float](dst, logits []T, classes int) {
	for at := 0; at < len(logits); at += classes {
		in, out := logits[at:at+classes], dst[at:at+classes]
		greatest := in[argmaxOf(in)]
		var sum float64
		for i, v := range in {
			e := math.Exp(float64(v - greatest))
			out[i] = T(e)
			sum += e
		}
		for i, e := range out {
			out[i] = T(float64(e) / sum)
		}
	}
}

// crossEntropy returns the sparse categorical cross-entropy summed over the batch and how
// many examples are predicted right, and computes the gradient of the logits for the
// batch's mean loss: (p − 1 at the label) / batch.
//
//	dlogits, probs [batch, classes], labels [batch]
func crossEntropy[T Float](dlogits, probs []T, labels []int32, classes int) (loss float64, right int) {
	const least = 1e-7 // Keras's clip: no probability counts as less
	for n, label := range labels {
		p, d := probs[n*classes:][:classes], dlogits[n*classes:][:classes]
		loss -= math.Log(max(float64(p[label]), least))
		if argmaxOf(p) == int(label) {
			right++
		}
		for i, v := range p {
			d[i] = v / T(len(labels))
		}
		d[label] = (p[label] - 1) / T(len(labels))
	}
	return loss, right
}

// argmaxOf is the index of the first greatest value.
func argmaxOf[T Float](s []T) int {
	best := 0
	for i, v := range s {
		if v > s[best] {
			best = i
		}
	}
	return best
}
