package model

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// normalize takes every row of x to mean 0 and variance 1, and to gain and shift (Ba et al.,
// arXiv:1607.06450). Sums are taken in float64.
//
//	dst, x [n, width], gain, shift [width]
func normalize[T Float](dst, x, gain, shift []T) {
	const least = 1e-5 // added to the variance, as in GPT-2
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
		scale := 1 / math.Sqrt(squares/float64(width)+least)
		for i, v := range x[:width] {
			dst[i] = T((float64(v)-mean)*scale)*gain[i] + shift[i]
		}
	}
}

// gelu takes every number x to x·Φ(x), with Φ approximated as in GPT-2 (Hendrycks and Gimpel,
// arXiv:1606.08415): (1 + tanh z)/2 where z = √(2/π)·(x + 0.044715·x³), which is 1/(1+e⁻²ᶻ).
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

// attend mixes the values that one head has at all positions up to a query's, in shares
// after the products of the query with their keys (Vaswani et al., 2017).
//
//	dst, query [head], which is aligned
//	keys, values: the head's numbers, in rows [head] that start width apart
//	shares [positions]: room
func attend[T Float](dst, query, keys, values, shares []T, width int) {
	positions := len(shares)
	rowsTimes(shares, query, keys, positions, width, T(1/math.Sqrt(float64(len(query)))))
	softmax(shares, shares, positions)
	timesRows(dst, shares, values, positions, width)
}

// rowsTimes computes scale·w·x, of rows of w that start stride apart: dst [n], x [cols],
// which is aligned.
func rowsTimes[T Float](dst, x, w []T, n, stride int, scale T) {
	switch dst := any(dst).(type) {
	case []float32:
		gonum.Implementation{}.Sgemv(blas.NoTrans, n, len(x), float32(scale), any(w).([]float32), stride, any(x).([]float32), 1, 0, dst, 1)
	case []float64:
		gonum.Implementation{}.Dgemv(blas.NoTrans, n, len(x), float64(scale), any(w).([]float64), stride, any(x).([]float64), 1, 0, dst, 1)
	}
}

// timesRows computes xᵀ·w, of rows of w that start stride apart: dst [cols], x [n].
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
