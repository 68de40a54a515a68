package model

// CSR stores a kernel in compressed sparse rows: the values that are not 0, row by row,
// each with its column. The rows are the layer's inputs, so that a product reads both
// arrays in order.
type CSR[T Float] struct {
	values  []T
	columns []int32 // column of each value
	starts  []int32 // [rows + 1]: index of each row's first value, then the number of values
	cols    int
}

// NewCSR returns a compressed copy of the kernel [rows, cols].
func NewCSR[T Float](dense []T, cols int) *CSR[T] {
	count := nonZeros(dense)
	c := &CSR[T]{
		values:  make([]T, 0, count),
		columns: make([]int32, 0, count),
		starts:  make([]int32, 1, len(dense)/cols+1),
		cols:    cols,
	}
	for ; len(dense) > 0; dense = dense[cols:] {
		for j, w := range dense[:cols] {
			if w != 0 {
				c.values = append(c.values, w)
				c.columns = append(c.columns, int32(j))
			}
		}
		c.starts = append(c.starts, int32(len(c.values)))
	}
	return c
}

// Bytes returns the size of values, columns and starts in bytes.
func (c *CSR[T]) Bytes() int { return bytesOf(c.values) + bytesOf(c.columns) + bytesOf(c.starts) }

func (c *CSR[T]) addProducts(dst, x []T, step, from, to int) {
	for k := from; k < to; k++ {
		lo, hi := c.starts[k], c.starts[k+1]
		addSparse(dst, x[k-from:], step, c.values[lo:hi], c.columns[lo:hi], c.cols)
	}
}

// addSparse multiplies one number of x per row of dst [n, cols] by values, and adds the
// products at columns. The numbers are step elements apart. Four rows at a time share the
// loads of a value and its column.
func addSparse[T Float](dst, x []T, step int, values []T, columns []int32, cols int) {
	values = values[:len(columns)]
	n, i := len(dst)/cols, 0
	for ; i+4 <= n; i += 4 {
		four := dst[i*cols : (i+4)*cols]
		d0, d1, d2, d3 := four[:cols], four[cols:][:cols], four[2*cols:][:cols], four[3*cols:][:cols]
		x0, x1, x2, x3 := x[i*step], x[(i+1)*step], x[(i+2)*step], x[(i+3)*step]
		for p, j := range columns {
			v := values[p]
			d0[j] += x0 * v
			d1[j] += x1 * v
			d2[j] += x2 * v
			d3[j] += x3 * v
		}
	}
	for ; i < n; i++ {
		row, v := dst[i*cols:][:cols], x[i*step]
		for p, j := range columns {
			row[j] += v * values[p]
		}
	}
}

// nonZeros returns the number of weights that are not 0.
func nonZeros[T Float](weights []T) int {
	n := 0
	for _, w := range weights {
		if w != 0 {
			n++
		}
	}
	return n
}
