package model

import (
	"sync"
	"unsafe"

	"gonum.org/v1/gonum/blas/gonum"
)

// A Table stores a matrix [rows, cols] in a format that allows access to single rows. It holds
// the token embedding of a language model, which also computes the logits.
type Table[T Float] interface {
	// lookUp sets dst [cols] to a row.
	lookUp(dst []T, row int)
	// rowProducts sets dst [from:to] to the dot products of the rows from..to with x
	// [cols]. x must be aligned.
	rowProducts(dst, x []T, from, to int)
	Bytes() int // size of the stored values
}

// tiles is a pool of buffers for widened numbers. Each worker uses one at a time.
type tiles[T Float] struct{ pool sync.Pool }

func (t *tiles[T]) get() *[tileCols]T {
	if tile, ok := t.pool.Get().(*[tileCols]T); ok {
		return tile
	}
	return new([tileCols]T)
}

func (t *tiles[T]) put(tile *[tileCols]T) { t.pool.Put(tile) }

// eachTile calls do for the tiles of rows from..to. For any column, the rows are in order.
// For one row of x (n = 1) it goes through memory sequentially, which is fastest. For
// several, it finishes a column of tiles first, so that the sums stay in the first-level
// cache.
func eachTile(n, from, to, cols int, do func(k, col, width int)) {
	if n == 1 {
		for k := from; k < to; k++ {
			for col := 0; col < cols; col += tileCols {
				do(k, col, min(tileCols, cols-col))
			}
		}
		return
	}
	for col := 0; col < cols; col += tileCols {
		for k := from; k < to; k++ {
			do(k, col, min(tileCols, cols-col))
		}
	}
}

func (d *Dense[T]) lookUp(dst []T, row int) { copy(dst, rowOf(d.values, row, d.cols)) }

func (d *Dense[T]) rowProducts(dst, x []T, from, to int) {
	for i := from; i < to; i++ {
		row := rowOf(d.values, i, d.cols)
		var sum T
		for col := 0; col < d.cols; col += tileCols {
			sum += dot(row[col:min(col+tileCols, d.cols)], x[col:])
		}
		dst[i] = sum
	}
}

// dot returns the dot product of w with the first len(w) numbers of x, with gonum's vector
// instructions. In float32 the order of the sums depends on the alignment of x, but not of
// w. For bit-identical results, x must be aligned.
func dot[T Float](w, x []T) T {
	switch w := any(w).(type) {
	case []float32:
		return T(gonum.Implementation{}.Sdot(len(w), w, 1, any(x).([]float32), 1))
	case []float64:
		return T(gonum.Implementation{}.Ddot(len(w), w, 1, any(x).([]float64), 1))
	}
	return 0
}

// vectorBytes is the size of the vectors in gonum's instructions.
const vectorBytes = 16

// aligned returns n numbers whose address is a multiple of vectorBytes.
func aligned[T Float](n int) []T {
	s := make([]T, n+vectorBytes/4)
	for uintptr(unsafe.Pointer(&s[0]))%vectorBytes != 0 {
		s = s[1:]
	}
	return s[:n:n]
}

// paddedCount rounds n up to a multiple of 4, so that memory after n aligned numbers is
// aligned too.
func paddedCount(n int) int { return (n + 3) / 4 * 4 }
