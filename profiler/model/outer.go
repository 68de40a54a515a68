package model

import "gonum.org/v1/gonum/blas/gonum"

// addMatrixProduct adds to dst [n, cols] the products x·w, of x [n, inner] and w [inner, cols].
func addMatrixProduct[T Float](dst, x, w []T, cols int) {
	n, inner := len(dst)/cols, len(w)/cols
	for k := range inner {
		addOuter(dst, x[k:], w[k*cols:][:cols], n, inner, cols)
	}
}

// addTransposed adds to rows lo to hi of dst [inner, cols] the products xᵀ·y, of x [n, inner]
// and y [n, cols].
func addTransposed[T Float](dst, x, y []T, inner, cols, lo, hi int) {
	for i := range len(y) / cols {
		addOuter(dst[lo*cols:hi*cols], x[i*inner+lo:], y[i*cols:][:cols], hi-lo, 1, cols)
	}
}

// addOuter adds to dst [n, cols], whose rows start stride apart, every product of one of n
// numbers of x, which stand step apart, with one of y [cols]: BLAS's ger, in gonum's vector
// instructions. For the few rows that are taken at once it is faster than gonum's gemm, which
// moreover allocates and starts goroutines for large matrices, and whose sums with a turned
// right side depend on where that starts in memory. Here every product is added by itself.
func addOuter[T Float](dst, x, y []T, n, step, stride int) {
	if n == 1 {
		addScaled(dst, y, x[0])
		return
	}
	cols := len(y)
	switch dst := any(dst).(type) {
	case []float32:
		gonum.Implementation{}.Sger(n, cols, 1, any(x).([]float32), step, any(y).([]float32), 1, dst, stride)
	case []float64:
		gonum.Implementation{}.Dger(n, cols, 1, any(x).([]float64), step, any(y).([]float64), 1, dst, stride)
	}
}

// addScaled adds the numbers of y, times scale, to the first of dst: BLAS's axpy, which for one
// row is faster than ger.
func addScaled[T Float](dst, y []T, scale T) {
	switch dst := any(dst).(type) {
	case []float32:
		gonum.Implementation{}.Saxpy(len(y), float32(scale), any(y).([]float32), 1, dst, 1)
	case []float64:
		gonum.Implementation{}.Daxpy(len(y), float64(scale), any(y).([]float64), 1, dst, 1)
	}
}
