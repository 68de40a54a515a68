// Package access reads the same data in different ways: a matrix in different orders, and a file
// as a whole, in pieces or mapped.
package access

import (
	"embed"
	"math/rand/v2"
)

// Sources holds the files of this package. Case pages quote them.
//
//go:embed *.go
var Sources embed.FS

// A Matrix is n×n numbers, row by row. They are whole numbers below 256, so their sum is exact in
// any order.
type Matrix struct {
	n int
	x []float32 // [n, n]
}

// NewMatrix returns a matrix of random numbers.
func NewMatrix(n int, seed uint64) Matrix {
	m, d := Matrix{n, make([]float32, n*n)}, newDraw(seed)
	for i := range m.x {
		m.x[i] = d.next()
	}
	return m
}

// A draw generates random numbers. The same seed gives the same numbers.
type draw struct {
	random *rand.PCG
	word   uint64
	left   int // bytes of word that are not used yet
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

// Total returns the sum of the first n numbers of a seed.
func Total(n int, seed uint64) float64 {
	total, d := 0.0, newDraw(seed)
	for range n {
		total += float64(d.next())
	}
	return total
}

// sum adds up count numbers of x: those at from, from+step, from+2·step and so on. It keeps four
// sums, so that an addition waits for its number and not for the addition before it.
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

// Columns adds up the matrix column by column.
func (m Matrix) Columns() float64 {
	total := 0.0
	for col := range m.n {
		total += sum(m.x, col, m.n, m.n)
	}
	return total
}

// Rows adds up the matrix row by row.
func (m Matrix) Rows() float64 {
	total := 0.0
	for row := range m.n {
		total += sum(m.x, row*m.n, 1, m.n)
	}
	return total
}

// Blocks adds up the matrix block by block, and each block column by column. A block has size rows
// and columns.
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
