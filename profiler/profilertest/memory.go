package profilertest

import (
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"heaplab/profiler"
	"heaplab/profiler/subject/builtin"
)

// memory is a case whose variants use memory in ways that are easy to measure wrongly.
var memory = builtin.Case{
	Name:      "memory",
	Title:     "Memory that is easy to measure wrongly",
	Technique: "test",
	Variants: []builtin.Variant{
		{Name: "grows", Setup: grow},
		{Name: "fills", Setup: fill},
		{Name: "maps", Setup: always(touchNewPages)},
		{Name: "finalizer", Setup: dropping(func(d *Dropped) { runtime.SetFinalizer(d, func(*Dropped) {}) })},
		{Name: "cleanup", Setup: dropping(func(d *Dropped) { runtime.AddCleanup(d, func(int) {}, 0) })},
		{Name: "pool", Setup: dropping(func(d *Dropped) { pool.Put(d) })},
		{Name: "beside", Setup: allocateBeside},
	},
	Primary:  []string{profiler.BytesPerOp},
	Estimate: func(profiler.Params) builtin.Estimate { return builtin.Estimate{Op: time.Millisecond} },
}

// grow returns work whose first operation allocates a block and keeps it.
func grow(builtin.Input) (builtin.Work, error) {
	var kept []byte
	return &work{op: func(mark func()) error {
		if kept == nil {
			kept = allocate()
		}
		kept[0] = 1
		mark()
		return nil
	}}, nil
}

// fill returns work that writes to memory that was mapped during set-up: the kernel maps its pages in the
// first operation.
func fill(builtin.Input) (builtin.Work, error) {
	memory, err := newPages(2048)
	if err != nil {
		return nil, err
	}
	return &work{op: func(mark func()) error {
		touch(memory)
		mark()
		return nil
	}}, nil
}

// NewPages is the number of pages that an operation of the variant "maps" maps, writes to and unmaps.
const NewPages = 64

func touchNewPages(mark func()) error {
	memory, err := newPages(NewPages)
	if err != nil {
		return err
	}
	touch(memory)
	mark()
	return unix.Munmap(memory)
}

// newPages maps memory that no file backs. The kernel maps each page when it is first touched.
func newPages(n int) ([]byte, error) {
	return unix.Mmap(-1, 0, n*os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
}

// touch writes to every page of memory.
func touch(memory []byte) {
	for i := 0; i < len(memory); i += os.Getpagesize() {
		memory[i] = 1
	}
}

// Dropped is memory that an operation drops before its mark.
type Dropped [10 << 20]byte

var pool sync.Pool

// dropping returns a set-up of work that drops memory before its mark. It first frees what the operation
// before dropped.
func dropping(drop func(*Dropped)) func(builtin.Input) (builtin.Work, error) {
	return always(func(mark func()) error {
		runtime.GC()
		time.Sleep(time.Millisecond) // for the finalizer to run
		runtime.GC()
		drop(newDropped())
		mark()
		return nil
	})
}

//go:noinline
func newDropped() *Dropped { return new(Dropped) }

// allocateBeside returns work whose operation allocates a block, and tells a goroutine that set-up started
// to allocate another.
func allocateBeside(builtin.Input) (builtin.Work, error) {
	start, done := make(chan bool), make(chan []byte)
	go beside(start, done)
	return &work{op: func(mark func()) error {
		start <- true
		other := <-done
		own := allocate()
		mark()
		own[0], other[0] = 1, 1
		return nil
	}}, nil
}

func beside(start <-chan bool, done chan<- []byte) {
	for range start {
		done <- allocate()
	}
}
