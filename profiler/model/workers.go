package model

import (
	"sync"
	"sync/atomic"
)

// Workers run chunks of a loop in parallel. The goroutines start once, so that running a loop
// allocates nothing. Only one goroutine at a time may call Run, and it does part of the work.
type Workers struct {
	helpers int
	wake    chan struct{}  // one value for each helper that a loop needs
	busy    sync.WaitGroup // helpers running the current loop
	alive   sync.WaitGroup // helpers that have not exited

	// The current loop.
	n, grain int
	body     func(lo, hi int)
	next     atomic.Int64 // first index that is not taken
}

// NewWorkers starts n workers. The caller of Run counts as one of them.
func NewWorkers(n int) *Workers {
	w := &Workers{helpers: n - 1, wake: make(chan struct{}, n)}
	for range w.helpers {
		w.alive.Go(func() {
			for range w.wake {
				w.work()
				w.busy.Done()
			}
		})
	}
	return w
}

// Run calls body for the chunks [0,grain), [grain,2·grain) … of [0,n), in any order and
// concurrently. The last chunk may be shorter. The chunks do not depend on the number of
// workers.
func (w *Workers) Run(n, grain int, body func(lo, hi int)) {
	w.n, w.grain, w.body = n, grain, body
	w.next.Store(0)
	chunks := (n + grain - 1) / grain
	helpers := max(0, min(w.helpers, chunks-1))
	w.busy.Add(helpers)
	for range helpers {
		w.wake <- struct{}{}
	}
	w.work()
	w.busy.Wait()
	w.body = nil
}

// work runs chunks until none is left.
func (w *Workers) work() {
	for {
		hi := int(w.next.Add(int64(w.grain)))
		lo := hi - w.grain
		if lo >= w.n {
			return
		}
		w.body(lo, min(hi, w.n))
	}
}

// Close stops the workers and waits for them.
func (w *Workers) Close() {
	close(w.wake)
	w.alive.Wait()
}

// chunkWork is the number of multiplications per chunk, about 20 µs of work: much longer than
// taking a chunk, and small loops stay on one worker.
const chunkWork = 1 << 16

// chunkOf returns the number of iterations per chunk, for iterations of the given number of
// multiplications.
func chunkOf(work int) int { return max(1, chunkWork/max(1, work)) }

// grain is chunkOf rounded down to an even number, at least 2, for kernels that process
// rows in pairs.
func grain(work int) int {
	return 2 * max(1, chunkWork/2/max(1, work))
}
