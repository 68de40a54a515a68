package model

import "math/bits"

// Packed stores a kernel as a bit mask and a list of the values that are not 0. Marks give
// the number of values before every markedWords-th word of the mask.
type Packed[T Float] struct {
	values []T
	mask   []uint64 // bit i%64 of word i/64 is 1 if weight i is not 0
	marks  []uint32 // number of values before every markedWords-th word
	cols   int
}

// markedWords is the number of mask words per mark. With 16 words, or 1,024 weights, the marks
// take 1/32 of the mask's memory, and finding a value counts the bits of few words.
const markedWords = 16

// NewPacked returns a packed copy of the kernel [rows, cols].
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

// Bytes returns the size of values, mask and marks in bytes.
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

// before returns the number of values before weight i.
func (p *Packed[T]) before(i int) int {
	word := i / 64
	mark := word / markedWords
	n := int(p.marks[mark])
	for _, w := range p.mask[mark*markedWords : word] {
		n += bits.OnesCount64(w)
	}
	return n + bits.OnesCount64(p.bits(word*64, i%64))
}

// bits returns up to n mask bits, at most 64, starting with weight i in the lowest bit.
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
