package model

import "math/bits"

// A Cache holds the keys and values of the positions that a decoder has read, for each of
// its blocks.
type Cache[T Float] interface {
	// extend returns a block's keys and values [at + n, width], of which those of the first
	// at positions have been set; the caller sets the rest.
	extend(block, at, n int) (keys, values []T)
	// Reset forgets all positions.
	Reset()
	Bytes() int // what is held now
}

// A FixedCache was allocated before the first position, for all that there can be.
type FixedCache[T Float] struct {
	width  int
	blocks []keysValues[T] // each [context, width]
}

// keysValues are those of one block.
type keysValues[T Float] struct{ keys, values []T }

// NewFixedCache allocates for a context of so many positions.
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

// Bytes is the size for all positions that there can be.
func (c *FixedCache[T]) Bytes() int { return bytesOfAll(c.blocks) }

// A GrownCache doubles its room where a position has none, and keeps it from text to text.
type GrownCache[T Float] struct {
	width  int
	blocks []keysValues[T] // each [room, width]
}

// NewGrownCache returns a cache without room.
func NewGrownCache[T Float](m GPT2) *GrownCache[T] {
	return &GrownCache[T]{width: m.Width, blocks: make([]keysValues[T], m.Blocks)}
}

func (c *GrownCache[T]) extend(block, at, n int) (keys, values []T) {
	b, size := &c.blocks[block], (at+n)*c.width
	if size > len(b.keys) {
		room := max(size, 2*len(b.keys))
		b.keys, b.values = extended(b.keys, room), extended(b.values, room)
	}
	return b.keys[:size], b.values[:size]
}

func (c *GrownCache[T]) Reset() {}

// Bytes is the size of the room.
func (c *GrownCache[T]) Bytes() int { return bytesOfAll(c.blocks) }

// GrownPositions is for how many positions a GrownCache has room once it has read so many, at
// least 1, one by one.
func GrownPositions(positions int) int { return 1 << bits.Len(uint(positions-1)) }

// A ConcatenatedCache makes a fresh tensor of exact size of the old keys and the new, and of
// the values, each time, and leaves the old ones to the collector.
type ConcatenatedCache[T Float] struct {
	width  int
	blocks []keysValues[T] // each [positions, width]
}

// NewConcatenatedCache returns a cache without positions.
func NewConcatenatedCache[T Float](m GPT2) *ConcatenatedCache[T] {
	return &ConcatenatedCache[T]{width: m.Width, blocks: make([]keysValues[T], m.Blocks)}
}

func (c *ConcatenatedCache[T]) extend(block, at, n int) (keys, values []T) {
	b, size := &c.blocks[block], (at+n)*c.width
	b.keys, b.values = extended(b.keys, size), extended(b.values, size)
	return b.keys, b.values
}

// extended is a copy of s with room for more.
func extended[T Float](s []T, size int) []T {
	longer := make([]T, size)
	copy(longer, s)
	return longer
}

func (c *ConcatenatedCache[T]) Reset() { clear(c.blocks) }

// Bytes is the size for the positions that have been read.
func (c *ConcatenatedCache[T]) Bytes() int { return bytesOfAll(c.blocks) }

func bytesOfAll[T Float](blocks []keysValues[T]) int {
	bytes := 0
	for _, b := range blocks {
		bytes += bytesOf(b.keys) + bytesOf(b.values)
	}
	return bytes
}
