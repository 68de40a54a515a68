package pool

import "sync"

// Slabs gives every request one slab, which is large enough for all its buffers. The buffers are
// returned together with the slab.
type Slabs struct {
	misses
	size int // numbers per slab
	mu   sync.Mutex
	free [][]float32
}

// NewSlabs returns slabs of size numbers.
func NewSlabs(size int) *Slabs { return &Slabs{size: size} }

func (s *Slabs) Request(int) Buffers { return &slabBuffers{slabs: s} }

// Warm allocates a slab for each request that can be in progress at once.
func (s *Slabs) Warm(d Demand) {
	for range d.Slabs {
		s.n.Add(1)
		s.free = append(s.free, make([]float32, s.size))
	}
}

func (s *Slabs) take() []float32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) == 0 {
		s.n.Add(1)
		return make([]float32, s.size)
	}
	slab := s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	return slab
}

func (s *Slabs) put(slab []float32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, slab)
}

type slabBuffers struct {
	slabs *Slabs
	slab  []float32
	used  int
}

func (b *slabBuffers) Begin(int) { b.slab, b.used = b.slabs.take(), 0 }

func (b *slabBuffers) Floats(n int) []float32 {
	f := b.slab[b.used:][:n:n]
	b.used += n
	clear(f)
	return f
}

func (b *slabBuffers) End() {
	b.slabs.put(b.slab)
	b.slab = nil
}
