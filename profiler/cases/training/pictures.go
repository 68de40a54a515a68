package training

import (
	"math"

	"heaplab/profiler/model"
)

// pictures are images that are kept as numbers or as bytes.
type pictures[T model.Float] interface {
	// part returns images lo to hi as numbers [images, height, width, channels]. They are valid
	// until the next call.
	part(lo, hi int) []T
}

// numberPictures are kept as the numbers that a training needs.
type numberPictures[T model.Float] struct {
	values []T
	pixels int
}

func newNumberPictures[T model.Float](levels []uint8, pixels int) *numberPictures[T] {
	n := &numberPictures[T]{make([]T, len(levels)), pixels}
	for i, level := range levels {
		n.values[i] = numberOf[T](level)
	}
	return n
}

func (n *numberPictures[T]) part(lo, hi int) []T { return n.values[lo*n.pixels : hi*n.pixels] }

// bytePictures are kept as bytes.
type bytePictures[T model.Float] struct {
	levels []uint8
	pixels int
	buffer []T // for the images of a part; nil: every part gets its own
}

func (b *bytePictures[T]) part(lo, hi int) []T {
	levels := b.levels[lo*b.pixels : hi*b.pixels]
	out := b.buffer
	if out == nil {
		out = make([]T, len(levels))
	}
	out = out[:len(levels)]
	for i, level := range levels {
		out[i] = numberOf[T](level)
	}
	return out
}

// numberOf returns the number from 0 to 1 of a level.
func numberOf[T model.Float](level uint8) T { return T(level) / math.MaxUint8 }

// levelsOf returns the levels next to numbers from 0 to 1.
func levelsOf(x []float32) []uint8 {
	levels := make([]uint8, len(x))
	for i, v := range x {
		levels[i] = uint8(math.Round(float64(v) * math.MaxUint8))
	}
	return levels
}
