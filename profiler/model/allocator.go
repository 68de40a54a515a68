package model

// An Allocator provides the tensors of one training step: activations, gradients and
// temporaries. Their initial values are arbitrary. They are valid until the next Begin.
type Allocator[T Float] interface {
	Begin(need Need) // begins a step, which allocates exactly that much
	Floats(n int) []T
	Indices(n int) []uint8
}

// Need is the amount of memory that one step allocates.
type Need struct {
	Floats  int // total number of elements of all tensors
	Indices int // number of one-byte indices
}

// Fresh allocates each tensor when its layer runs. The garbage collector frees it after the
// step.
type Fresh[T Float] struct{}

func (Fresh[T]) Begin(Need)            {}
func (Fresh[T]) Floats(n int) []T      { return make([]T, n) }
func (Fresh[T]) Indices(n int) []uint8 { return make([]uint8, n) }

// Resize keeps one buffer across steps. It reallocates the buffer when a batch needs more than
// its size.
type Resize[T Float] struct{ buffer[T] }

func (r *Resize[T]) Begin(need Need) {
	if need.Floats > len(r.floats) || need.Indices > len(r.indices) {
		r.buffer = newBuffer[T](need)
	}
	r.rewind()
}

// Preallocated uses one buffer that is allocated before the first step.
type Preallocated[T Float] struct{ buffer[T] }

// Preallocate returns an allocator with room for the largest step.
func Preallocate[T Float](most Need) *Preallocated[T] {
	return &Preallocated[T]{newBuffer[T](most)}
}

func (p *Preallocated[T]) Begin(Need) { p.rewind() }

// A buffer is memory for a whole step. It is handed out from front to back.
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
