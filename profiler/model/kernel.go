package model

// A factor is a layer's weights [rows, cols] as the right side of a product.
type factor[T Float] interface {
	// addProducts adds to every row of dst [n, cols] what a row of x gives with the rows
	// from to to of the weights. The rows of x start step numbers apart and may overlap:
	//
	//	dst [i, f] += x [i·step + k] · w [from + k, f]
	addProducts(dst, x []T, step, from, to int)
}

// A Kernel is a layer's weights in a format that inference multiplies with. All formats add
// one product at a time to a sum, in the order of the rows, so that leaving out the products
// with 0 changes nothing: outputs are equal to the bit.
type Kernel[T Float] interface {
	factor[T]
	Bytes() int // what the format occupies
}

// unrolledDense are dense weights whose products are summed three at a time, as training does.
type unrolledDense[T Float] struct {
	values []T // [rows, cols]
	cols   int
}

// cachedWeights is how many weights are taken at once: in either type they stay in the
// second-level cache until all rows of x have met them.
const cachedWeights = 1 << 15

// blockRows is how many rows of so many columns are taken at once, in whole unrolledDense.
func blockRows(cols int) int { return max(3, cachedWeights/cols/3*3) }

func (t unrolledDense[T]) addProducts(dst, x []T, step, from, to int) {
	n := len(dst) / t.cols
	for k := from; k < to; k += blockRows(t.cols) {
		end := min(k+blockRows(t.cols), to)
		w, inner := t.values[k*t.cols:end*t.cols], end-k
		in := x[k-from:]
		i := 0
		for ; i+2 <= n; i += 2 {
			x0, x1 := in[i*step:][:inner], in[(i+1)*step:][:inner]
			addProducts(dst[i*t.cols:][:t.cols], dst[(i+1)*t.cols:][:t.cols], x0, x1, w)
		}
		if i < n {
			addProduct(dst[i*t.cols:][:t.cols], in[i*step:][:inner], w)
		}
	}
}

// Dense is a kernel as it was trained, nothing left out.
type Dense[T Float] struct {
	values []T // [rows, cols]
	cols   int
}

// NewDense returns the kernel [rows, cols] of those values, which it refers to.
func NewDense[T Float](values []T, cols int) *Dense[T] {
	return &Dense[T]{values: values, cols: cols}
}

// Bytes is the size of the values.
func (d *Dense[T]) Bytes() int { return bytesOf(d.values) }

// wideCols is from how many columns on the vector instructions of an outer product pay.
const wideCols = 64

func (d *Dense[T]) addProducts(dst, x []T, step, from, to int) {
	if d.cols >= wideCols {
		d.addWide(dst, x, step, from, to)
		return
	}
	w, inner := d.values[from*d.cols:to*d.cols], to-from
	n, i := len(dst)/d.cols, 0
	for ; i+2 <= n; i += 2 {
		x0, x1 := x[i*step:][:inner], x[(i+1)*step:][:inner]
		addInOrder(dst[i*d.cols:][:d.cols], dst[(i+1)*d.cols:][:d.cols], x0, x1, w)
	}
	if i < n {
		addProduct(dst[i*d.cols:][:d.cols], x[i*step:][:inner], w)
	}
}

// tileCols is how many numbers of a row are taken at once where the first-level cache is to
// hold what several rows add to, or numbers that have been widened.
const tileCols = 1024

// addWide is addProducts in outer products, which round alike. It takes a tile of columns at
// a time, so that what several rows add to stays in the first-level cache.
func (d *Dense[T]) addWide(dst, x []T, step, from, to int) {
	n := len(dst) / d.cols
	tile := tileCols
	if n == 1 {
		tile = d.cols // and the weights are read from front to back
	}
	for col := 0; col < d.cols; col += tile {
		width := min(tile, d.cols-col)
		for k := from; k < to; k++ {
			addOuter(dst[col:], x[k-from:], d.values[k*d.cols+col:][:width], n, step, d.cols)
		}
	}
}
