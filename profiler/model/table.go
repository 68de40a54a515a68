package model

import (
	"sync"
	"unsafe"

	"gonum.org/v1/gonum/blas/gonum"
)

// A Table is a matrix [rows, cols] of which inference takes single rows, in a format: the
// embedding of a model's tokens, which is also what their logits are products with.
type Table[T Float] interface {
	// lookUp sets dst [cols] to a row.
	lookUp(dst []T, row int)
	// rowProducts sets dst [from:to] to the products of the rows from to to with x [cols],
	// which starts where aligned memory does.
	rowProducts(dst, x []T, from, to int)
	Bytes() int // what the format occupies
}

// tiles are rooms for widened numbers, of which each worker has one while it multiplies.
type tiles[T Float] struct{ pool sync.Pool }

func (t *tiles[T]) get() *[tileCols]T {
	if tile, ok := t.pool.Get().(*[tileCols]T); ok {
		return tile
	}
	return new([tileCols]T)
}

func (t *tiles[T]) put(tile *[tileCols]T) { t.pool.Put(tile) }

// eachTile calls do for the tiles of rows from to to, in the order of the rows for any column:
// for one row of x from front to back, as memory is read fastest, and for several a column of
// tiles at a time, so that what they add to stays in the first-level cache.
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

// dot is the sum of the products of w with the numbers of x, in gonum's vector instructions.
// In float32 the order of its sums depends on where x starts in memory, and w does not
// matter: x has to be aligned for results that are equal to the bit.
func dot[T Float](w, x []T) T {
	switch w := any(w).(type) {
	case []float32:
		return T(gonum.Implementation{}.Sdot(len(w), w, 1, any(x).([]float32), 1))
	case []float64:
		return T(gonum.Implementation{}.Ddot(len(w), w, 1, any(x).([]float64), 1))
	}
	return 0
}

// vectorBytes is the size of a vector of gonum's instructions.
const vectorBytes = 16

// aligned returns n numbers that start at a whole vector.
func aligned[T Float](n int) []T {
	s := make([]T, n+vectorBytes/4)
	for uintptr(unsafe.Pointer(&s[0]))%vectorBytes != 0 {
		s = s[1:]
	}
	return s[:n:n]
}

// paddedCount is how many numbers n take of aligned memory if what follows is to be aligned
// too.
func paddedCount(n int) int { return (n + 3) / 4 * 4 }
