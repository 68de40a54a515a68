package model

// W8A8 is an Int8 matrix with integer products. It quantizes the activations too, and sums
// in int32. The activations' scales are dynamic: each product computes them for groups of
// up to groupSize activations of each row. Static scales, calibrated beforehand on similar
// data, would save the search for the largest magnitude. That costs almost nothing compared
// with the product, and static scales clip values outside the calibrated range.
type W8A8[T Float] struct{ *Int8[T] }

// NewW8A8 returns a quantized copy of the matrix [rows, cols].
func NewW8A8[T Float](values []T, cols int) *W8A8[T] {
	return &W8A8[T]{NewInt8(values, cols)}
}

// groupSize is the maximum number of activations that share a scale. It is far below the
// 133,144 products whose sum fits into an int32.
const groupSize = 256

func (q *W8A8[T]) addProducts(dst, x []T, step, from, to int) {
	var room [groupSize]int8
	cols := len(q.scales)
	for k := from; k < to; k += groupSize {
		group := room[:min(groupSize, to-k)]
		for i := range len(dst) / cols {
			scale := quantizeRow(group, x[i*step+k-from:][:len(group)])
			q.addGroup(rowOf(dst, i, cols), group, scale, k)
		}
	}
}

// addGroup multiplies a group of activations by the rows from k on, and adds the products to
// dst [cols].
func (q *W8A8[T]) addGroup(dst []T, group []int8, scale float32, k int) {
	var room [tileCols]int32
	cols := len(dst)
	for col := 0; col < cols; col += tileCols {
		sums := room[:min(tileCols, cols-col)]
		clear(sums)
		addIntegerProducts(sums, group, q.values[k*cols+col:], cols)
		for j, sum := range sums {
			dst[col+j] += T(sum) * (T(scale) * T(q.scales[col+j]))
		}
	}
}

// addIntegerProducts multiplies the numbers of x by rows of w, which start stride elements
// apart, and adds the products to sums. Eight rows at a time share the loads and stores of
// the sums.
func addIntegerProducts(sums []int32, x, w []int8, stride int) {
	n := len(sums)
	for ; len(x) >= 8; x, w = x[8:], w[min(8*stride, len(w)):] {
		w0, w1, w2, w3 := w[:n], w[stride:][:n], w[2*stride:][:n], w[3*stride:][:n]
		w4, w5, w6, w7 := w[4*stride:][:n], w[5*stride:][:n], w[6*stride:][:n], w[7*stride:][:n]
		x0, x1, x2, x3 := int32(x[0]), int32(x[1]), int32(x[2]), int32(x[3])
		x4, x5, x6, x7 := int32(x[4]), int32(x[5]), int32(x[6]), int32(x[7])
		for j := range sums {
			sums[j] += x0*int32(w0[j]) + x1*int32(w1[j]) + x2*int32(w2[j]) + x3*int32(w3[j]) +
				x4*int32(w4[j]) + x5*int32(w5[j]) + x6*int32(w6[j]) + x7*int32(w7[j])
		}
	}
	for k, v := range x {
		row := w[k*stride:][:n]
		for j := range sums {
			sums[j] += int32(v) * int32(row[j])
		}
	}
}

// W8A8Table is an Int8Table with integer products, like W8A8.
type W8A8Table[T Float] struct{ *Int8Table[T] }

// NewW8A8Table returns a quantized copy of the table [rows, cols].
func NewW8A8Table[T Float](values []T, cols int) *W8A8Table[T] {
	return &W8A8Table[T]{NewInt8Table(values, cols)}
}

func (q *W8A8Table[T]) rowProducts(dst, x []T, from, to int) {
	var room [groupSize]int8
	clear(dst[from:to])
	for k := 0; k < q.cols; k += groupSize {
		group := room[:min(groupSize, q.cols-k)]
		scale := T(quantizeRow(group, x[k:][:len(group)]))
		for i := from; i < to; i += 4 {
			row := func(j int) []int8 { return q.row(min(i+j, to-1))[k:] }
			sums := fourDots(group, row(0), row(1), row(2), row(3))
			for j, sum := range sums[:min(4, to-i)] {
				dst[i+j] += T(sum) * (scale * T(q.scales[i+j]))
			}
		}
	}
}

// fourDots returns the dot products of x with four rows, twice as fast as one by one.
func fourDots(x, w0, w1, w2, w3 []int8) [4]int32 {
	w0, w1, w2, w3 = w0[:len(x)], w1[:len(x)], w2[:len(x)], w3[:len(x)]
	var s0, s1, s2, s3 int32
	for k, v := range x {
		s0 += int32(v) * int32(w0[k])
		s1 += int32(v) * int32(w1[k])
		s2 += int32(v) * int32(w2[k])
		s3 += int32(v) * int32(w3[k])
	}
	return [4]int32{s0, s1, s2, s3}
}
