// Package access reads the same data in different ways: a matrix in different orders, a file
// whole, in pieces or mapped.
package access

import (
	"embed"
	"math/rand/v2"
)

// Sources are the files of this package, which case pages quote.
//
//go:embed *.go
var Sources embed.FS

// A Matrix is n×n numbers, row by row. They are whole numbers below 256, so that their sum is
// exact in whatever order they are added.
type Matrix struct {
	n int
	x []float32 // [n, n]
}

// NewMatrix draws the numbers of a matrix.
func NewMatrix(n int, seed uint64) Matrix {
	m, d := Matrix{n, make([]float32, n*n)}, newDraw(seed)
	for i := range m.x {
		m.x[i] = d.next()
	}
	return m
}

// A draw gives numbers, the same for a seed wherever they are put.
type draw struct {
	random *rand.PCG
	word   uint64
	left   int // bytes of it
}

func newDraw(seed uint64) *draw { return &draw{random: rand.NewPCG(seed, 0)} }

func (d *draw) next() float32 {
	if d.left == 0 {
		d.word, d.left = d.random.Uint64(), 8
	}
	number := uint8(d.word)
	d.word >>= 8
	d.left--
	return float32(number)
}

// Total is the sum of the first n numbers of a seed, which no order of theirs changes.
func Total(n int, seed uint64) float64 {
	total, d := 0.0, newDraw(seed)
	for range n {
		total += float64(d.next())
	}
	return total
}

// sum adds up count numbers of x, the first at from and each step after the one before. Four
// sums at a time have additions wait for numbers alone, not for each other.
func sum(x []float32, from, step, count int) float64 {
	var a, b, c, d float64
	for ; count >= 4; count -= 4 {
		a += float64(x[from])
		b += float64(x[from+step])
		c += float64(x[from+2*step])
		d += float64(x[from+3*step])
		from += 4 * step
	}
	for ; count > 0; count-- {
		a += float64(x[from])
		from += step
	}
	return a + b + c + d
}

// Columns adds up column after column.
func (m Matrix) Columns() float64 {
	total := 0.0
	for col := range m.n {
		total += sum(m.x, col, m.n, m.n)
	}
	return total
}

// Rows adds up row after row.
func (m Matrix) Rows() float64 {
	total := 0.0
	for row := range m.n {
		total += sum(m.x, row*m.n, 1, m.n)
	}
	return total
}

// Blocks adds up block after block of so many rows and columns, each column after column.
func (m Matrix) Blocks(size int) float64 {
	total := 0.0
	for top := 0; top < m.n; top += size {
		for left := 0; left < m.n; left += size {
			for col := left; col < min(left+size, m.n); col++ {
				total += sum(m.x, top*m.n+col, m.n, min(size, m.n-top))
			}
		}
	}
	return total
}
