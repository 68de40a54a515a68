package model

// A factor is the right operand of a matrix product: a layer's weights [rows, cols].
type factor[T Float] interface {
	// addProducts multiplies rows of x by the rows from..to of the weights and adds the products
	// to dst [n, cols]. The rows of x start step elements apart and may overlap:
	//
	//	dst [i, f] += x [i·step + k] · w [from + k, f]
	addProducts(dst, x []T, step, from, to int)
}

// A Kernel holds a layer's weights in a storage format for inference. All formats add one
// product at a time, in row order. Skipping products with 0 therefore changes nothing, and
// sparse formats give bit-identical outputs.
type Kernel[T Float] interface {
	factor[T]
	Bytes() int // size of the stored weights
}

// unrolledDense holds dense weights for training. It sums three products at a time.
type unrolledDense[T Float] struct {
	values []T // [rows, cols]
	cols   int
}

// cachedWeights is the number of weights per block. A block of float32 or float64 weights
// stays in the second-level cache while all rows of x are multiplied by it.
const cachedWeights = 1 << 15

// blockRows returns the number of weight rows per block, a multiple of three.
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

// Dense stores a kernel's weights uncompressed.
type Dense[T Float] struct {
	values []T // [rows, cols]
	cols   int
}

// NewDense returns a kernel [rows, cols] that refers to values.
func NewDense[T Float](values []T, cols int) *Dense[T] {
	return &Dense[T]{values: values, cols: cols}
}

// Bytes returns the size of the values in bytes.
func (d *Dense[T]) Bytes() int { return bytesOf(d.values) }

// wideCols is the number of columns from which outer products with vector instructions are
// faster.
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

// tileCols is the number of columns processed at once. A tile of sums or of widened weights
// fits into the first-level cache.
const tileCols = 1024

// addWide is addProducts by outer products, with the same rounding. It processes one tile of
// columns at a time, so that the sums of several rows stay in the first-level cache.
func (d *Dense[T]) addWide(dst, x []T, step, from, to int) {
	n := len(dst) / d.cols
	tile := tileCols
	if n == 1 {
		tile = d.cols // read the weights sequentially
	}
	for col := 0; col < d.cols; col += tile {
		width := min(tile, d.cols-col)
		for k := from; k < to; k++ {
			addOuter(dst[col:], x[k-from:], d.values[k*d.cols+col:][:width], n, step, d.cols)
		}
	}
}
