package model

import "math/bits"

// A Cache stores the keys and values of the positions that a decoder has read, for each
// block.
type Cache[T Float] interface {
	// extend returns a block's keys and values [at + n, width]. Those of the first at
	// positions are set; the caller sets the others.
	extend(block, at, n int) (keys, values []T)
	// Reset removes all positions.
	Reset()
	Bytes() int // size of the memory currently allocated
}

// A FixedCache is allocated once for the maximum number of positions.
type FixedCache[T Float] struct {
	width  int
	blocks []keysValues[T] // each [context, width]
}

// keysValues are the keys and values of one block.
type keysValues[T Float] struct{ keys, values []T }

// NewFixedCache returns a cache for the given number of positions.
func NewFixedCache[T Float](m GPT2, positions int) *FixedCache[T] {
	c := &FixedCache[T]{width: m.Width, blocks: make([]keysValues[T], m.Blocks)}
	for i := range c.blocks {
		c.blocks[i] = keysValues[T]{make([]T, positions*m.Width), make([]T, positions*m.Width)}
	}
	return c
}

func (c *FixedCache[T]) extend(block, at, n int) (keys, values []T) {
	b, end := &c.blocks[block], (at+n)*c.width
	return b.keys[:end], b.values[:end]
}

func (c *FixedCache[T]) Reset() {}

// Bytes returns the size for the maximum number of positions.
func (c *FixedCache[T]) Bytes() int { return bytesOfAll(c.blocks) }

// A GrownCache doubles its capacity when it is full. It keeps its memory for the next text.
type GrownCache[T Float] struct {
	width  int
	blocks []keysValues[T] // each [capacity, width]
}

// NewGrownCache returns an empty cache.
func NewGrownCache[T Float](m GPT2) *GrownCache[T] {
	return &GrownCache[T]{width: m.Width, blocks: make([]keysValues[T], m.Blocks)}
}

func (c *GrownCache[T]) extend(block, at, n int) (keys, values []T) {
	b, size := &c.blocks[block], (at+n)*c.width
	if size > len(b.keys) {
		capacity := max(size, 2*len(b.keys))
		b.keys, b.values = extended(b.keys, capacity), extended(b.values, capacity)
	}
	return b.keys[:size], b.values[:size]
}

func (c *GrownCache[T]) Reset() {}

// Bytes returns the size of the current capacity.
func (c *GrownCache[T]) Bytes() int { return bytesOfAll(c.blocks) }

// GrownPositions returns the capacity, in positions, of a GrownCache that has read the
// given number of positions, at least 1, one by one.
func GrownPositions(positions int) int { return 1 << bits.Len(uint(positions-1)) }

// A ConcatenatedCache allocates new tensors of the exact size for each chunk of positions and
// copies the old keys and values. The garbage collector frees the old tensors.
type ConcatenatedCache[T Float] struct {
	width  int
	blocks []keysValues[T] // each [positions, width]
}

// NewConcatenatedCache returns an empty cache.
func NewConcatenatedCache[T Float](m GPT2) *ConcatenatedCache[T] {
	return &ConcatenatedCache[T]{width: m.Width, blocks: make([]keysValues[T], m.Blocks)}
}

func (c *ConcatenatedCache[T]) extend(block, at, n int) (keys, values []T) {
	b, size := &c.blocks[block], (at+n)*c.width
	b.keys, b.values = extended(b.keys, size), extended(b.values, size)
	return b.keys, b.values
}

// extended returns a copy of s with the given length.
func extended[T Float](s []T, size int) []T {
	longer := make([]T, size)
	copy(longer, s)
	return longer
}

func (c *ConcatenatedCache[T]) Reset() { clear(c.blocks) }

// Bytes returns the size for the positions read so far.
func (c *ConcatenatedCache[T]) Bytes() int { return bytesOfAll(c.blocks) }

func bytesOfAll[T Float](blocks []keysValues[T]) int {
	bytes := 0
	for _, b := range blocks {
		bytes += bytesOf(b.keys) + bytesOf(b.values)
	}
	return bytes
}
