package model

import "math"

// Adam is the optimizer of Kingma and Ba (arXiv:1412.6980) as Keras implements it: ε is
// added to √v before the bias correction, not after. The learning rate, β₁ and β₂ are
// Keras's defaults.
type Adam[T Float] struct {
	m, v []T     // first and second moments of each weight's gradient
	step int     // number of updates begun
	rate float64 // learning rate of the current update, including bias correction
}

const (
	learningRate = 0.001
	beta1        = 0.9
	beta2        = 0.999
	epsilon      = 1e-7
)

// NewAdam returns an optimizer for the given number of weights.
func NewAdam[T Float](weights int) *Adam[T] {
	return &Adam[T]{m: make([]T, weights), v: make([]T, weights)}
}

// next begins an update. It computes the bias correction in float64, because powers of β₂ near
// 1 lose too much precision in float32.
func (a *Adam[T]) next() {
	a.step++
	t := float64(a.step)
	a.rate = learningRate * math.Sqrt(1-math.Pow(beta2, t)) / (1 - math.Pow(beta1, t))
}

// update updates weights lo..hi from their gradients.
func (a *Adam[T]) update(weights, gradients []T, lo, hi int) {
	rate := T(a.rate)
	w, g := weights[lo:hi], gradients[lo:hi]
	m, v := a.m[lo:hi][:len(w)], a.v[lo:hi][:len(w)]
	for i, g := range g[:len(w)] {
		m[i] = beta1*m[i] + (1-beta1)*g
		v[i] = beta2*v[i] + (1-beta2)*g*g
		w[i] -= rate * m[i] / (T(math.Sqrt(float64(v[i]))) + epsilon)
	}
}
