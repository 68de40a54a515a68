package model

// An Allocator gives out the tensors of one training step: activations, gradients and
// temporaries. What it gives holds arbitrary values, and is the step's until the next one
// begins.
type Allocator[T Float] interface {
	Begin(need Need) // opens a step, which will ask for exactly that much
	Floats(n int) []T
	Indices(n int) []uint8
}

// Need is what one step asks of its allocator.
type Need struct {
	Floats  int // numbers, in all tensors together
	Indices int // one-byte indices
}

// Fresh allocates every tensor when its layer asks for it, and leaves it to the collector
// after the step.
type Fresh[T Float] struct{}

func (Fresh[T]) Begin(Need)            {}
func (Fresh[T]) Floats(n int) []T      { return make([]T, n) }
func (Fresh[T]) Indices(n int) []uint8 { return make([]uint8, n) }

// Resize keeps one buffer from step to step, and reallocates it when a larger batch needs
// more than it has.
type Resize[T Float] struct{ buffer[T] }

func (r *Resize[T]) Begin(need Need) {
	if need.Floats > len(r.floats) || need.Indices > len(r.indices) {
		r.buffer = newBuffer[T](need)
	}
	r.rewind()
}

// Preallocated has one buffer that was allocated before the first step.
type Preallocated[T Float] struct{ buffer[T] }

// Preallocate allocates for the step that needs most.
func Preallocate[T Float](most Need) *Preallocated[T] {
	return &Preallocated[T]{newBuffer[T](most)}
}

func (p *Preallocated[T]) Begin(Need) { p.rewind() }

// A buffer is memory for a whole step, given out from front to back.
type buffer[T Float] struct {
	floats  []T
	indices []uint8
	used    Need
}

func newBuffer[T Float](need Need) buffer[T] {
	return buffer[T]{floats: make([]T, need.Floats), indices: make([]uint8, need.Indices)}
}

func (b *buffer[T]) rewind() { b.used = Need{} }

func (b *buffer[T]) Floats(n int) []T {
	from := b.used.Floats
	b.used.Floats += n
	return b.floats[from:b.used.Floats:b.used.Floats]
}

func (b *buffer[T]) Indices(n int) []uint8 {
	from := b.used.Indices
	b.used.Indices += n
	return b.indices[from:b.used.Indices:b.used.Indices]
}
