package model

import (
	"math"
	"sync"

	"github.com/x448/float16"
)

// A BFloat16 is the upper half of a float32 (the brain floating-point format). It has the
// range of float32 with 8 bits of precision.
type BFloat16 uint16

// Narrow is a two-byte number type that is widened before multiplication.
type Narrow interface{ float16.Float16 | BFloat16 }

// Widened is a matrix of narrow numbers. Products widen one tile of a row at a time, never
// the whole matrix. They round as if the widened numbers had been stored.
type Widened[T Float, N Narrow] struct {
	values []N // [rows, cols]
	cols   int
	tiles  tiles[T]
}

// Half is a matrix of float16 (IEEE 754 binary16): from 6e-8 to 65,504, with 11 bits of
// precision. Larger numbers become infinite.
type Half[T Float] = Widened[T, float16.Float16]

// NewHalf returns the matrix [rows, cols] of those values rounded to float16, to which it
// does not refer. The first one also makes the table of all numbers, see HalfTableBytes.
func NewHalf[T Float](values []T, cols int) *Half[T] {
	halves()
	h := &Half[T]{values: make([]float16.Float16, len(values)), cols: cols}
	for i, v := range values {
		h.values[i] = float16.Fromfloat32(float32(v))
	}
	return h
}

// Brain is a matrix of BFloat16.
type Brain[T Float] = Widened[T, BFloat16]

// NewBrain returns a copy of the matrix [rows, cols] with the values rounded to BFloat16.
func NewBrain[T Float](values []T, cols int) *Brain[T] {
	b := &Brain[T]{values: make([]BFloat16, len(values)), cols: cols}
	for i, v := range values {
		b.values[i] = toBFloat16(float32(v))
	}
	return b
}

// toBFloat16 rounds to the nearest BFloat16, half to even. NaN stays NaN.
func toBFloat16(v float32) BFloat16 {
	bits := math.Float32bits(v)
	if v != v {
		return BFloat16(bits>>16 | 1<<6)
	}
	return BFloat16((bits + 0x7fff + bits>>16&1) >> 16)
}

// Bytes returns the size of the values in bytes.
func (w *Widened[T, N]) Bytes() int { return bytesOf(w.values) }

func (w *Widened[T, N]) addProducts(dst, x []T, step, from, to int) {
	tile := w.tiles.get()
	defer w.tiles.put(tile)
	n := len(dst) / w.cols
	eachTile(n, from, to, w.cols, func(k, col, width int) {
		widen(tile[:width], w.values[k*w.cols+col:][:width])
		addOuter(dst[col:], x[k-from:], tile[:width], n, step, w.cols)
	})
}

func (w *Widened[T, N]) lookUp(dst []T, row int) { widen(dst, w.values[row*w.cols:][:w.cols]) }

func (w *Widened[T, N]) rowProducts(dst, x []T, from, to int) {
	tile := w.tiles.get()
	defer w.tiles.put(tile)
	for i := from; i < to; i++ {
		row := w.values[i*w.cols:][:w.cols]
		var sum T
		for col := 0; col < w.cols; col += tileCols {
			t := tile[:min(tileCols, w.cols-col)]
			widen(t, row[col:][:len(t)])
			sum += dot(t, x[col:])
		}
		dst[i] = sum
	}
}

// HalfTableBytes is the size of the table that widens float16. A process has one table for all
// matrices.
const HalfTableBytes = 4 << 16

// halves returns all numbers of float16 by their bits. Looking them up is as fast as the best of
// bit tricks, and right for every number.
var halves = sync.OnceValue(func() *[1 << 16]float32 {
	var table [1 << 16]float32
	for bits := range table {
		table[bits] = float16.Frombits(uint16(bits)).Float32()
	}
	return &table
})

// widen converts narrow numbers to dst. It processes four numbers per iteration, because
// the loop overhead costs as much as one number.
func widen[T Float, N Narrow](dst []T, src []N) {
	dst = dst[:len(src)]
	i := 0
	switch src := any(src).(type) {
	case []float16.Float16:
		table := halves()
		for ; i+4 <= len(src); i += 4 {
			to, from := dst[i:i+4:i+4], src[i:i+4:i+4]
			to[0], to[1] = T(table[from[0]]), T(table[from[1]])
			to[2], to[3] = T(table[from[2]]), T(table[from[3]])
		}
		for ; i < len(src); i++ {
			dst[i] = T(table[src[i]])
		}
	case []BFloat16:
		for ; i+4 <= len(src); i += 4 {
			to, from := dst[i:i+4:i+4], src[i:i+4:i+4]
			to[0], to[1] = T(from[0].Float32()), T(from[1].Float32())
			to[2], to[3] = T(from[2].Float32()), T(from[3].Float32())
		}
		for ; i < len(src); i++ {
			dst[i] = T(src[i].Float32())
		}
	}
}

// Float32 returns b as a float32, exactly.
func (b BFloat16) Float32() float32 { return math.Float32frombits(uint32(b) << 16) }
