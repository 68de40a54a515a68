package model

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// normalize is layer normalization (Ba et al., arXiv:1607.06450): it scales each row of x to
// mean 0 and variance 1, then applies gain and shift. It sums in float64.
//
//	dst, x [n, width], gain, shift [width]
func normalize[T Float](dst, x, gain, shift []T) {
	const epsilon = 1e-5 // added to the variance, as in GPT-2
	width := len(gain)
	for ; len(x) > 0; dst, x = dst[width:], x[width:] {
		var sum, squares float64
		for _, v := range x[:width] {
			sum += float64(v)
		}
		mean := sum / float64(width)
		for _, v := range x[:width] {
			squares += (float64(v) - mean) * (float64(v) - mean)
		}
		scale := 1 / math.Sqrt(squares/float64(width)+epsilon)
		for i, v := range x[:width] {
			dst[i] = T((float64(v)-mean)*scale)*gain[i] + shift[i]
		}
	}
}

// gelu replaces every number x with x·Φ(x). As in GPT-2, Φ is approximated (Hendrycks and
// Gimpel, arXiv:1606.08415) by (1 + tanh z)/2 with z = √(2/π)·(x + 0.044715·x³), which equals
// 1/(1+e⁻²ᶻ).
func gelu[T Float](s []T) {
	const steep, cubic = 0.7978845608028654, 0.044715 // √(2/π)
	var room [tileCols]T
	for len(s) > 0 {
		x := s[:min(tileCols, len(s))]
		share := room[:len(x)]
		for i, v := range x {
			share[i] = v + cubic*v*v*v
		}
		logistic(share, 2*steep, 1, 0)
		for i, v := range share {
			x[i] *= v
		}
		s = s[len(x):]
	}
}

// attend computes scaled dot-product attention (Vaswani et al., 2017) of one head for one
// query: the mean of the values of all positions up to the query's, weighted by the softmax
// of the products of query and keys.
//
//	dst, query [head]; query must be aligned
//	keys, values: the head's rows [head], which start width elements apart
//	shares [positions]: set to the attention weights
func attend[T Float](dst, query, keys, values, shares []T, width int) {
	positions := len(shares)
	rowsTimes(shares, query, keys, positions, width, T(1/math.Sqrt(float64(len(query)))))
	softmax(shares, shares, positions)
	timesRows(dst, shares, values, positions, width)
}

// rowsTimes computes scale·w·x for rows of w that start stride elements apart: dst [n],
// x [cols]. x must be aligned.
func rowsTimes[T Float](dst, x, w []T, n, stride int, scale T) {
	switch dst := any(dst).(type) {
	case []float32:
		gonum.Implementation{}.Sgemv(blas.NoTrans, n, len(x), float32(scale), any(w).([]float32), stride, any(x).([]float32), 1, 0, dst, 1)
	case []float64:
		gonum.Implementation{}.Dgemv(blas.NoTrans, n, len(x), float64(scale), any(w).([]float64), stride, any(x).([]float64), 1, 0, dst, 1)
	}
}

// timesRows computes xᵀ·w for rows of w that start stride elements apart: dst [cols], x [n].
func timesRows[T Float](dst, x, w []T, n, stride int) {
	switch dst := any(dst).(type) {
	case []float32:
		gonum.Implementation{}.Sgemv(blas.Trans, n, len(dst), 1, any(w).([]float32), stride, any(x).([]float32), 1, 0, dst, 1)
	case []float64:
		gonum.Implementation{}.Dgemv(blas.Trans, n, len(dst), 1, any(w).([]float64), stride, any(x).([]float64), 1, 0, dst, 1)
	}
}

// add adds y to dst.
func add[T Float](dst, y []T) {
	y = y[:len(dst)]
	for i, v := range y {
		dst[i] += v
	}
}
