package access

import "unsafe"

// Fields is the number of fields of a record: as many numbers as fit a cache line.
const Fields = lineSize / 4

// A Record holds its fields side by side.
type Record struct{ Fields [Fields]float32 }

// Structs holds records one after the other.
type Structs []Record

// NewStructs returns n random records. They have the numbers of a matrix with the same seed.
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
	numbers := unsafe.Slice(&s[0].Fields[0], Fields*len(s)) // so that all layouts use the same loop
	total := 0.0
	for field := range Fields {
		total += sum(numbers, field, Fields, len(s))
	}
	return total
}

// Arrays holds records as one array per field.
type Arrays [Fields][]float32

// NewArrays returns n random records. They have the numbers of a matrix with the same seed.
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
