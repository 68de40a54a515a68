package access

import "unsafe"

// Fields is how many numbers a record has: as many as a cache line.
const Fields = LineSize / 4

// A Record is numbers that are kept together.
type Record struct{ Fields [Fields]float32 }

// Structs are records one after the other.
type Structs []Record

// NewStructs draws n records, of the numbers of a matrix with the same seed.
func NewStructs(n int, seed uint64) Structs {
	s, d := make(Structs, n), newDraw(seed)
	for i := range s {
		for field := range Fields {
			s[i].Fields[field] = d.next()
		}
	}
	return s
}

// Sum adds up field after field over all records.
func (s Structs) Sum() float64 {
	numbers := unsafe.Slice(&s[0].Fields[0], Fields*len(s)) // so that all orders share one loop
	total := 0.0
	for field := range Fields {
		total += sum(numbers, field, Fields, len(s))
	}
	return total
}

// Arrays are records with an array for each of their fields.
type Arrays [Fields][]float32

// NewArrays draws n records, of the numbers of a matrix with the same seed.
func NewArrays(n int, seed uint64) *Arrays {
	var a Arrays
	for field := range a {
		a[field] = make([]float32, n)
	}
	d := newDraw(seed)
	for i := range n {
		for field := range a {
			a[field][i] = d.next()
		}
	}
	return &a
}

// Sum adds up field after field over all records.
func (a *Arrays) Sum() float64 {
	total := 0.0
	for _, numbers := range a {
		total += sum(numbers, 0, 1, len(numbers))
	}
	return total
}
