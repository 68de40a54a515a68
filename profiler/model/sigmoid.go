package model

import "math"

// sigmoid replaces every number x with 1/(1+e⁻ˣ).
func sigmoid[T Float](s []T) { logistic(s, 1, 1, 0) }

// tanh replaces every number x with its hyperbolic tangent, 2/(1+e⁻²ˣ) − 1.
func tanh[T Float](s []T) { logistic(s, 2, 2, -1) }

// exp2Table holds the bits of 2^(i/128), minus i/128 in units of the exponent, which logistic
// adds back.
var exp2Table = func() (p [128]uint64) {
	for i := range p {
		p[i] = math.Float64bits(math.Exp2(float64(i)/float64(len(p)))) - uint64(i)<<52/uint64(len(p))
	}
	return p
}()

// logistic replaces every number x with height/(1+e^(−steep·x)) + base. It computes the
// exponential in float64 to within two units in the last place, more than twice as fast as
// math.Exp: 2^(k/128) from a table times the Taylor series of e^r, |r| ≤ ln 2/256 (Tang, 1989,
// "Table-driven implementation of the exponential function in IEEE floating-point arithmetic").
// It clamps the exponent to ±limit, where the result has long reached its limit.
func logistic[T Float](s []T, steep, height, base float64) {
	const (
		limit   = 700
		rounder = 0x1.8p52 // adding it rounds to an integer and puts that into the lowest bits
		scale   = 128 / math.Ln2
		high    = 0x1.62e42fefa0000p-8  // ln 2/128 with trailing zeros, so that k·high is exact
		low     = 0x1.cf79abc9e3b3ap-47 // ln 2/128 − high
	)
	for i, v := range s {
		x := -steep * float64(v)
		if x > limit {
			x = limit
		}
		if x < -limit {
			x = -limit
		}
		rounded := x*scale + rounder
		bits := math.Float64bits(rounded)
		k := rounded - rounder
		r := x - k*high - k*low
		e := math.Float64frombits(exp2Table[bits%128] + bits<<45)
		e += e * (r + r*r*(1./2+r*(1./6+r*(1./24+r*(1./120)))))
		s[i] = T(height/(1+e) + base)
	}
}

// binaryCrossEntropy returns the binary cross-entropy summed over the batch, and the number
// of correct predictions. It computes the gradient of the batch's mean loss with respect to the
// logits: (p − label) / batch. As in Keras, an example is predicted positive if p > 0.5.
//
//	dlogits, probs [batch], labels [batch]: 0 or 1
func binaryCrossEntropy[T Float](dlogits, probs []T, labels []int32) (loss float64, right int) {
	const minProbability = 1e-7 // Keras clips probabilities to [1e-7, 1 − 1e-7]
	for n, label := range labels {
		p := probs[n]
		ofLabel := float64(p)
		if label == 0 {
			ofLabel = 1 - ofLabel
		}
		loss -= math.Log(min(max(ofLabel, minProbability), 1-minProbability))
		if (p > 0.5) == (label == 1) {
			right++
		}
		dlogits[n] = (p - T(label)) / T(len(labels))
	}
	return loss, right
}
