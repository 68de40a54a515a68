package model

// poolForward computes rows lo..hi of the batch·poolHeight output rows of the 2×2 max-pooling
// with stride 2, which drops an odd last row and column. Of equal values the first in reading
// order wins. argmax receives its position in the window, 2·dy + dx, and may be nil.
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
				poolMax(dst[at:][:f], upper[:f], upper[f:], lower[:f], lower[f:])
				continue
			}
			poolCell(dst[at:][:f], argmax[at:][:f], upper[:f], upper[f:], lower[:f], lower[f:])
		}
	}
}

// poolCell pools one window. a to d are its values in reading order, each [filters]. It looks
// for the position of the maximum from the last value to the first without branches, because
// a branch on random positions would be mispredicted.
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

// poolMax is poolCell without the positions.
func poolMax[T Float](dst, a, b, c, d []T) {
	a, b, c, d = a[:len(dst)], b[:len(dst)], c[:len(dst)], d[:len(dst)]
	for f := range dst {
		dst[f] = max(a[f], b[f], c[f], d[f])
	}
}
