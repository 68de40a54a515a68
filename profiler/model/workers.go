package model

import (
	"sync"
	"sync/atomic"
)

// Workers share out the chunks of a loop. They are started once, so that running a loop
// allocates nothing. One goroutine at a time may call Run, and takes part in the work.
type Workers struct {
	helpers int
	wake    chan struct{}  // one token a helper that a loop wants
	busy    sync.WaitGroup // helpers at work on a loop
	alive   sync.WaitGroup // helpers that have not ended

	// The loop under way.
	n, grain int
	body     func(lo, hi int)
	next     atomic.Int64 // first index that nobody has taken
}

// NewWorkers starts n workers, of which the caller of Run is one.
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

// Run calls body for the chunks [0,grain), [grain,2·grain) … of [0,n), the last of which
// may be shorter, in any order and at the same time. The chunks are the same whatever the
// number of workers.
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

// work takes chunks until none is left.
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

// Close ends the workers and waits for them.
func (w *Workers) Close() {
	close(w.wake)
	w.alive.Wait()
}

// chunkWork is how many multiplications make a chunk: some 20 µs of work, so that taking a
// chunk costs nothing beside it, and small work stays on one worker.
const chunkWork = 1 << 16

// chunkOf is how many units of so much work make a chunk.
func chunkOf(work int) int { return max(1, chunkWork/max(1, work)) }

// grain is chunkOf in even numbers, for kernels that take rows in pairs.
func grain(work int) int {
	return 2 * max(1, chunkWork/2/max(1, work))
}
