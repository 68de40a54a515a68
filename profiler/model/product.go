package model

// addProducts adds to two rows of dst the products of two rows of x with one matrix:
//
//	dst0 [f] += x0 [k] · w [k,f]
//	dst1 [f] += x1 [k] · w [k,f]
//
// Two rows by three k is what fits the 16 floating-point registers: each weight loaded
// serves two products and each sum stored three, which makes it twice as fast as the plain
// loop.
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

// addInOrder is addProducts with every product added to the sum by itself, in the order of
// k: it rounds as addProduct does.
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
