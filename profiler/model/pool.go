package model

// poolForward computes rows lo to hi, of batch·poolHeight rows, of the 2×2 max-pooling
// with stride 2, which drops an odd last row and column. Of equal values the first in
// reading order wins; argmax is its place in the window, 2·dy + dx, and nil where nobody
// asks for it.
//
//	dst, argmax [batch, poolHeight, poolWidth, filters]
//	x [batch, convHeight, convWidth, filters]
func poolForward[T Float](m ImageClassifier, dst []T, argmax []uint8, x []T, lo, hi int) {
	f, line := m.Filters, m.convWidth()*m.Filters
	for row := lo; row < hi; row++ {
		image, y := row/m.poolHeight(), row%m.poolHeight()
		window := x[(image*m.convHeight()+2*y)*line:]
		for col := range m.poolWidth() {
			upper, lower := window[2*col*f:][:2*f], window[line+2*col*f:][:2*f]
			at := (row*m.poolWidth() + col) * f
			if argmax == nil {
				poolGreatest(dst[at:][:f], upper[:f], upper[f:], lower[:f], lower[f:])
				continue
			}
			poolCell(dst[at:][:f], argmax[at:][:f], upper[:f], upper[f:], lower[:f], lower[f:])
		}
	}
}

// poolCell pools one window; a to d are its places in reading order, each [filters]. It
// looks for the greatest value's place from the last on, without a jump: where the
// greatest stands is as good as random, and a jump would be mispredicted.
func poolCell[T Float](dst []T, argmax []uint8, a, b, c, d []T) {
	argmax, a, b, c, d = argmax[:len(dst)], a[:len(dst)], b[:len(dst)], c[:len(dst)], d[:len(dst)]
	for f := range dst {
		greatest := max(a[f], b[f], c[f], d[f])
		place := 3
		if c[f] == greatest {
			place = 2
		}
		if b[f] == greatest {
			place = 1
		}
		if a[f] == greatest {
			place = 0
		}
		dst[f], argmax[f] = greatest, uint8(place)
	}
}

// poolGreatest is poolCell without the place.
func poolGreatest[T Float](dst, a, b, c, d []T) {
	a, b, c, d = a[:len(dst)], b[:len(dst)], c[:len(dst)], d[:len(dst)]
	for f := range dst {
		dst[f] = max(a[f], b[f], c[f], d[f])
	}
}
