package model

// addProducts multiplies two rows of x by one matrix and adds the products to two rows of dst:
//
//	dst0 [f] += x0 [k] · w [k,f]
//	dst1 [f] += x1 [k] · w [k,f]
//
// A block of two rows and three k fits into 16 floating-point registers. Each loaded weight
// is used twice and each sum is stored once per three products, which is twice as fast as the
// plain loop.
func addProducts[T Float](dst0, dst1, x0, x1, w []T) {
	n := len(dst0)
	dst1 = dst1[:n]
	x1 = x1[:len(x0)]
	k := 0
	for ; k+3 <= len(x0); k += 3 {
		wa, wb, wc := w[k*n:][:n], w[(k+1)*n:][:n], w[(k+2)*n:][:n]
		a0, b0, c0 := x0[k], x0[k+1], x0[k+2]
		a1, b1, c1 := x1[k], x1[k+1], x1[k+2]
		for f := range dst0 {
			a, b, c := wa[f], wb[f], wc[f]
			dst0[f] += a0*a + b0*b + c0*c
			dst1[f] += a1*a + b1*b + c1*c
		}
	}
	addProduct(dst0, x0[k:], w[k*n:])
	addProduct(dst1, x1[k:], w[k*n:])
}

// addProduct is addProducts for one row: dst [f] += x [k] · w [k,f].
func addProduct[T Float](dst, x, w []T) {
	for k, v := range x {
		row := w[k*len(dst):][:len(dst)]
		for f := range dst {
			dst[f] += v * row[f]
		}
	}
}

// addInOrder is addProducts that adds each product separately, in the order of k. It rounds
// as addProduct does.
func addInOrder[T Float](dst0, dst1, x0, x1, w []T) {
	n := len(dst0)
	dst1 = dst1[:n]
	x1 = x1[:len(x0)]
	k := 0
	for ; k+3 <= len(x0); k += 3 {
		wa, wb, wc := w[k*n:][:n], w[(k+1)*n:][:n], w[(k+2)*n:][:n]
		a0, b0, c0 := x0[k], x0[k+1], x0[k+2]
		a1, b1, c1 := x1[k], x1[k+1], x1[k+2]
		for f := range dst0 {
			a, b, c := wa[f], wb[f], wc[f]
			dst0[f] = dst0[f] + a0*a + b0*b + c0*c
			dst1[f] = dst1[f] + a1*a + b1*b + c1*c
		}
	}
	addProduct(dst0, x0[k:], w[k*n:])
	addProduct(dst1, x1[k:], w[k*n:])
}

// transposedProducts computes x·wᵀ: dst [n, rows], x [n, cols], w [rows, cols]. It processes
// two rows of x and three rows of w at a time. At the edges it repeats the last row and stores
// the same sum again.
func transposedProducts[T Float](dst, x, w []T, cols int) {
	n, rows := len(x)/cols, len(w)/cols
	row := func(s []T, i int) []T { return s[i*cols:][:cols] }
	for j0 := 0; j0 < rows; j0 += 3 {
		j1, j2 := min(j0+1, rows-1), min(j0+2, rows-1)
		w0, w1, w2 := row(w, j0), row(w, j1), row(w, j2)
		for i0 := 0; i0 < n; i0 += 2 {
			i1 := min(i0+1, n-1)
			s := sixDots(row(x, i0), row(x, i1), w0, w1, w2)
			d0, d1 := dst[i0*rows:][:rows], dst[i1*rows:][:rows]
			d0[j0], d0[j1], d0[j2] = s[0], s[1], s[2]
			d1[j0], d1[j1], d1[j2] = s[3], s[4], s[5]
		}
	}
}

// sixDots returns the dot products of two rows with three, each summed in order.
func sixDots[T Float](x0, x1, w0, w1, w2 []T) [6]T {
	x1, w0, w1, w2 = x1[:len(x0)], w0[:len(x0)], w1[:len(x0)], w2[:len(x0)]
	var s00, s01, s02, s10, s11, s12 T
	for k, v0 := range x0 {
		v1 := x1[k]
		w := w0[k]
		s00 += v0 * w
		s10 += v1 * w
		w = w1[k]
		s01 += v0 * w
		s11 += v1 * w
		w = w2[k]
		s02 += v0 * w
		s12 += v1 * w
	}
	return [6]T{s00, s01, s02, s10, s11, s12}
}
