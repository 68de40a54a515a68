package model

import "math"

// Int8 is a matrix [rows, cols] quantized to 8 bits: weights only, symmetric, with one scale
// per column. Products widen one tile of a row at a time.
type Int8[T Float] struct {
	values []int8    // [rows, cols]: weight/scale, from −127 to 127
	scales []float32 // [cols]: the column's largest magnitude, divided by 127
	tiles  tiles[T]
}

// NewInt8 returns a quantized copy of the matrix [rows, cols].
func NewInt8[T Float](values []T, cols int) *Int8[T] {
	q := &Int8[T]{values: make([]int8, len(values)), scales: make([]float32, cols)}
	for from := 0; from < len(values); from += cols {
		for col, v := range values[from:][:cols] {
			q.scales[col] = max(q.scales[col], float32(math.Abs(float64(v))))
		}
	}
	for col := range q.scales {
		q.scales[col] /= maxInt8
	}
	for from := 0; from < len(values); from += cols {
		for col, v := range values[from:][:cols] {
			q.values[from+col] = quantized(v, q.scales[col])
		}
	}
	return q
}

// maxInt8 is the largest magnitude of a quantized number. −128 is not used.
const maxInt8 = 127

// quantized returns v/scale rounded to the nearest integer, half to even, and limited to
// ±maxInt8. It returns 0 if scale is 0.
func quantized[T Float](v T, scale float32) int8 {
	if scale == 0 {
		return 0
	}
	return int8(max(-maxInt8, min(maxInt8, math.RoundToEven(float64(v)/float64(scale)))))
}

// Bytes returns the size of values and scales in bytes.
func (q *Int8[T]) Bytes() int { return bytesOf(q.values) + bytesOf(q.scales) }

func (q *Int8[T]) addProducts(dst, x []T, step, from, to int) {
	tile := q.tiles.get()
	defer q.tiles.put(tile)
	cols := len(q.scales)
	n := len(dst) / cols
	eachTile(n, from, to, cols, func(k, col, width int) {
		widenInt8(tile[:width], q.values[k*cols+col:], q.scales[col:])
		addOuter(dst[col:], x[k-from:], tile[:width], n, step, cols)
	})
}

// widenInt8 sets dst to the values multiplied by their scales.
func widenInt8[T Float](dst []T, values []int8, scales []float32) {
	values, scales = values[:len(dst)], scales[:len(dst)]
	for i, v := range values {
		dst[i] = T(v) * T(scales[i])
	}
}

// Int8Table is a table [rows, cols] quantized to 8 bits: symmetric, with one scale per row, so
// that a token's numbers do not depend on other tokens.
type Int8Table[T Float] struct {
	values []int8    // [rows, cols]: value/scale, from −127 to 127
	scales []float32 // [rows]: the row's largest magnitude, divided by 127
	cols   int
	tiles  tiles[T]
}

// NewInt8Table returns a quantized copy of the table [rows, cols].
func NewInt8Table[T Float](values []T, cols int) *Int8Table[T] {
	q := &Int8Table[T]{
		values: make([]int8, len(values)),
		scales: make([]float32, len(values)/cols),
		cols:   cols,
	}
	for i := range q.scales {
		q.scales[i] = quantizeRow(q.values[i*cols:][:cols], rowOf(values, i, cols))
	}
	return q
}

// quantizeRow quantizes row to dst and returns the scale.
func quantizeRow[T Float](dst []int8, row []T) (scale float32) {
	for _, v := range row {
		scale = max(scale, float32(math.Abs(float64(v))))
	}
	scale /= maxInt8
	for i, v := range row {
		dst[i] = quantized(v, scale)
	}
	return scale
}

// Bytes returns the size of values and scales in bytes.
func (q *Int8Table[T]) Bytes() int { return bytesOf(q.values) + bytesOf(q.scales) }

func (q *Int8Table[T]) row(i int) []int8 { return q.values[i*q.cols:][:q.cols] }

func (q *Int8Table[T]) lookUp(dst []T, row int) {
	scale := T(q.scales[row])
	for i, v := range q.row(row) {
		dst[i] = T(v) * scale
	}
}

func (q *Int8Table[T]) rowProducts(dst, x []T, from, to int) {
	tile := q.tiles.get()
	defer q.tiles.put(tile)
	for i := from; i < to; i++ {
		row := q.row(i)
		var sum T
		for col := 0; col < q.cols; col += tileCols {
			t := tile[:min(tileCols, q.cols-col)]
			for j, v := range row[col:][:len(t)] {
				t[j] = T(v)
			}
			sum += dot(t, x[col:])
		}
		dst[i] = sum * T(q.scales[i])
	}
}
