package pool

import (
	"sync"
	"sync/atomic"
)

// Memory provides the buffers of requests.
type Memory interface {
	// Request returns Buffers for requests that need at most most buffers.
	Request(most int) Buffers
	// Warm fills a pool with all buffers that can be in use at once.
	Warm(Demand)
	// Misses returns how many buffers have been allocated.
	Misses() int64
}

// Buffers provides the buffers of one request at a time.
type Buffers interface {
	Begin(total int)        // begins a request that needs total numbers in all its buffers
	Floats(n int) []float32 // returns a buffer of n zeros
	End()                   // ends the request: its buffers are no longer used
}

// misses counts the buffers that a pool had to allocate.
type misses struct{ n atomic.Int64 }

func (m *misses) Misses() int64 { return m.n.Load() }

// Fresh allocates every buffer and leaves it to the garbage collector.
type Fresh struct{ misses }

func (f *Fresh) Request(int) Buffers { return (*freshBuffers)(f) }
func (f *Fresh) Warm(Demand)         {}

type freshBuffers Fresh

func (f *freshBuffers) Begin(int) {}
func (f *freshBuffers) End()      {}

func (f *freshBuffers) Floats(n int) []float32 {
	f.n.Add(1)
	return make([]float32, n)
}

// SyncPool has a sync.Pool for each size class. The pools hold pointers: putting a slice into a
// pool by value would allocate 24 bytes each time.
type SyncPool struct {
	misses
	classes []sync.Pool
}

// NewSyncPool returns a pool of buffers of at most largest numbers.
func NewSyncPool(largest int) *SyncPool {
	p := &SyncPool{classes: make([]sync.Pool, classOf(largest)+1)}
	for c := range p.classes {
		p.classes[c].New = func() any {
			p.n.Add(1)
			b := make([]float32, 1<<c)
			return &b
		}
	}
	return p
}

func (p *SyncPool) Request(most int) Buffers {
	return &syncBuffers{p, make([]*[]float32, 0, most)}
}

func (p *SyncPool) Warm(d Demand) { warm(p, d) }

type syncBuffers struct {
	pool *SyncPool
	held []*[]float32
}

func (b *syncBuffers) Begin(int) {}

func (b *syncBuffers) Floats(n int) []float32 {
	f := b.pool.classes[classOf(n)].Get().(*[]float32)
	b.held = append(b.held, f)
	clear((*f)[:n])
	return (*f)[:n]
}

func (b *syncBuffers) End() {
	for _, f := range b.held {
		b.pool.classes[classOf(len(*f))].Put(f)
	}
	clear(b.held) // so that buffers that the pool drops can be collected
	b.held = b.held[:0]
}

// FreeList keeps all returned buffers, by size class.
type FreeList struct {
	misses
	mu   sync.Mutex
	free [][][]float32 // [size class][buffers]
}

// NewFreeList returns a list of buffers of at most largest numbers.
func NewFreeList(largest int) *FreeList {
	return &FreeList{free: make([][][]float32, classOf(largest)+1)}
}

func (l *FreeList) Request(most int) Buffers {
	return &listBuffers{l, make([][]float32, 0, most)}
}

func (l *FreeList) Warm(d Demand) { warm(l, d) }

// take returns a buffer of a size class.
func (l *FreeList) take(class int) []float32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	free := l.free[class]
	if len(free) == 0 {
		l.n.Add(1)
		return make([]float32, 1<<class)
	}
	l.free[class] = free[:len(free)-1]
	return free[len(free)-1]
}

// put returns buffers to the list.
func (l *FreeList) put(buffers [][]float32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range buffers {
		class := classOf(len(f))
		l.free[class] = append(l.free[class], f)
	}
}

type listBuffers struct {
	list *FreeList
	held [][]float32
}

func (b *listBuffers) Begin(int) {}

func (b *listBuffers) Floats(n int) []float32 {
	f := b.list.take(classOf(n))
	b.held = append(b.held, f)
	clear(f[:n])
	return f[:n]
}

func (b *listBuffers) End() {
	b.list.put(b.held)
	b.held = b.held[:0]
}

// warm takes as many buffers of each class as can be in use at once, then returns all of them. It
// holds them until the end so that a garbage collection cannot remove them from the pool.
func warm(m Memory, d Demand) {
	b := m.Request(0)
	for class, n := range d.Classes {
		for range n {
			b.Floats(1 << class)
		}
	}
	b.End()
}
