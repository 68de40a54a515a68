package model

import "math"

// sigmoid takes every number to 1/(1+e⁻ˣ).
func sigmoid[T Float](s []T) { logistic(s, 1, 1, 0) }

// tanh takes every number to its hyperbolic tangent, 2/(1+e⁻²ˣ) − 1.
func tanh[T Float](s []T) { logistic(s, 2, 2, -1) }

// exp2Table are 2^(i/len), as bits from which i/len is taken off the exponent again.
var exp2Table = func() (p [128]uint64) {
	for i := range p {
		p[i] = math.Float64bits(math.Exp2(float64(i)/float64(len(p)))) - uint64(i)<<52/uint64(len(p))
	}
	return p
}()

// logistic takes every number x to height/(1+e^(−steep·x)) + base. The exponential is taken
// in float64, within two units in the last place, and more than twice as fast as by math.Exp:
// as 2^(k/128) from a table times e^r, |r| ≤ ln 2/256, from its series (Tang, 1989, "Table-
// driven implementation of the exponential function in IEEE floating-point arithmetic").
// Beyond ±limit, where the result is its limit long since, it does not follow the number.
func logistic[T Float](s []T, steep, height, base float64) {
	const (
		limit   = 700
		rounder = 0x1.8p52 // added and taken off, it rounds to a whole number, whose bits are the lowest
		scale   = 128 / math.Ln2
		high    = 0x1.62e42fefa0000p-8  // ln 2/128 with zeros at its end, so that whole numbers times it are exact,
		low     = 0x1.cf79abc9e3b3ap-47 // and the rest of it
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

// binaryCrossEntropy returns the binary cross-entropy summed over the batch and how many
// examples are predicted right, and computes the gradient of the logits for the batch's
// mean loss: (p − label) / batch. Keras calls an example positive above one half.
//
//	dlogits, probs [batch], labels [batch]: 0 or 1
func binaryCrossEntropy[T Float](dlogits, probs []T, labels []int32) (loss float64, right int) {
	const least = 1e-7 // Keras's clip: no probability counts as less
	for n, label := range labels {
		p := probs[n]
		of := float64(p) // the label's probability
		if label == 0 {
			of = 1 - of
		}
		loss -= math.Log(min(max(of, least), 1-least))
		if (p > 0.5) == (label == 1) {
			right++
		}
		dlogits[n] = (p - T(label)) / T(len(labels))
	}
	return loss, right
}
