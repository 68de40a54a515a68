package model

import "math/bits"

// Packed is a kernel as a mask, one bit a weight, and the values that are not 0, one after
// the other. Where a row's values begin is counted from the last mark before it.
type Packed[T Float] struct {
	values []T
	mask   []uint64 // bit i%64 of word i/64: whether weight i is not 0
	marks  []uint32 // how many values come before every markedWords-th word
	cols   int
}

// markedWords is how many words of the mask one mark serves: 1,024 weights, so that the
// marks are a 32nd of the mask, and few words have to be counted.
const markedWords = 16

// NewPacked returns the kernel [rows, cols] of those weights, to which it does not refer.
func NewPacked[T Float](dense []T, cols int) *Packed[T] {
	words := (len(dense) + 63) / 64
	p := &Packed[T]{
		values: make([]T, 0, nonZeros(dense)),
		mask:   make([]uint64, words),
		marks:  make([]uint32, 0, (words+markedWords-1)/markedWords),
		cols:   cols,
	}
	for i, w := range dense {
		if i%(64*markedWords) == 0 {
			p.marks = append(p.marks, uint32(len(p.values)))
		}
		if w != 0 {
			p.values = append(p.values, w)
			p.mask[i/64] |= 1 << (i % 64)
		}
	}
	return p
}

// Bytes is the size of values, mask and marks.
func (p *Packed[T]) Bytes() int { return bytesOf(p.values) + bytesOf(p.mask) + bytesOf(p.marks) }

func (p *Packed[T]) addProducts(dst, x []T, step, from, to int) {
	var columns [64]int32
	at := p.before(from * p.cols)
	for k := from; k < to; k++ {
		for first := 0; first < p.cols; first += 64 {
			n := 0
			for word := p.bits(k*p.cols+first, p.cols-first); word != 0; word &= word - 1 {
				columns[n] = int32(first + bits.TrailingZeros64(word))
				n++
			}
			addSparse(dst, x[k-from:], step, p.values[at:at+n], columns[:n], p.cols)
			at += n
		}
	}
}

// before is how many values come before weight i.
func (p *Packed[T]) before(i int) int {
	word := i / 64
	mark := word / markedWords
	n := int(p.marks[mark])
	for _, w := range p.mask[mark*markedWords : word] {
		n += bits.OnesCount64(w)
	}
	return n + bits.OnesCount64(p.bits(word*64, i%64))
}

// bits are the mask's bits from weight i on, the first the lowest, at most n and 64 of
// them.
func (p *Packed[T]) bits(i, n int) uint64 {
	if n == 0 {
		return 0
	}
	word, shift := i/64, i%64
	b := p.mask[word] >> shift
	if shift > 0 && word+1 < len(p.mask) {
		b |= p.mask[word+1] << (64 - shift)
	}
	if n < 64 {
		b &= 1<<n - 1
	}
	return b
}
