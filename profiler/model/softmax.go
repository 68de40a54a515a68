package model

import "math"

// softmax computes the class probabilities of each example. It subtracts the largest logit
// first, so that no exponential overflows.
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

// crossEntropy returns the sparse categorical cross-entropy summed over the batch, and the
// number of correct predictions. It computes the gradient of the batch's mean loss with respect
// to the logits: (p − 1 at the label) / batch.
//
//	dlogits, probs [batch, classes], labels [batch]
func crossEntropy[T Float](dlogits, probs []T, labels []int32, classes int) (loss float64, right int) {
	const minProbability = 1e-7 // Keras clips probabilities to this
	for n, label := range labels {
		p, d := probs[n*classes:][:classes], dlogits[n*classes:][:classes]
		loss -= math.Log(max(float64(p[label]), minProbability))
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

// argmaxOf returns the index of the first maximum.
func argmaxOf[T Float](s []T) int {
	best := 0
	for i, v := range s {
		if v > s[best] {
			best = i
		}
	}
	return best
}
