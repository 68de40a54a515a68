package model

import "gonum.org/v1/gonum/blas/gonum"

// addMatrixProduct adds x·w to dst [n, cols], with x [n, inner] and w [inner, cols].
func addMatrixProduct[T Float](dst, x, w []T, cols int) {
	n, inner := len(dst)/cols, len(w)/cols
	for k := range inner {
		addOuter(dst, x[k:], w[k*cols:][:cols], n, inner, cols)
	}
}

// addTransposed adds xᵀ·y to rows lo..hi of dst [inner, cols], with x [n, inner] and y
// [n, cols].
func addTransposed[T Float](dst, x, y []T, inner, cols, lo, hi int) {
	for i := range len(y) / cols {
		addOuter(dst[lo*cols:hi*cols], x[i*inner+lo:], y[i*cols:][:cols], hi-lo, 1, cols)
	}
}

// addOuter adds the outer product of n numbers of x, which are step elements apart, and y
// [cols] to dst [n, cols], whose rows start stride elements apart. It is BLAS's ger, with
// gonum's vector instructions. For the few rows used here it is faster than gonum's gemm.
// That one also allocates, starts goroutines for large matrices, and with a transposed
// right operand rounds differently depending on memory alignment. addOuter adds each
// product separately.
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

// addScaled adds scale·y to the first len(y) elements of dst. It is BLAS's axpy, which is
// faster than ger for one row.
func addScaled[T Float](dst, y []T, scale T) {
	switch dst := any(dst).(type) {
	case []float32:
		gonum.Implementation{}.Saxpy(len(y), float32(scale), any(y).([]float32), 1, dst, 1)
	case []float64:
		gonum.Implementation{}.Daxpy(len(y), float64(scale), any(y).([]float64), 1, dst, 1)
	}
}
