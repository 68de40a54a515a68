package builtin

import (
	"errors"
	"fmt"
	"heaplab/profiler"
	"heaplab/profiler/child"
	"os"
	"runtime"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"
)

// allocsBudget bounds the measured window of an allocs child: recording every allocation
// makes code that allocates much in small pieces up to 50 times slower.
const allocsBudget = 5 * time.Second

// profileAllocs records exactly what at most n operations allocate, warm-up and set-up left
// out. Heap profiles know nothing younger than the last collection but one, so a collection
// stands before the window and another before writing; and the profile is written at once,
// before anything else allocates. Its total then equals the runtime's own count of the
// window to the byte, which the self-check asserts once another child has read the profile.
func profileAllocs(v *Variant, in Input, n int64) (child.Answer, error) {
	file, err := os.Create(child.ProfileFile)
	if err != nil {
		return child.Answer{}, err
	}
	defer file.Close()
	work, err := warmUp(v, in)
	if err != nil {
		return child.Answer{}, err
	}

	child.StartThreads()
	stop := newStop(runtime.GOMAXPROCS(0))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	runtime.MemProfileRate = 1
	calls, err := repeat(work, n, allocsBudget)
	stop()
	runtime.ReadMemStats(&after)
	runtime.GC()
	werr := pprof.Lookup("allocs").WriteTo(file, 0)
	if err := errors.Join(err, werr, file.Close(), work.Close()); err != nil {
		return child.Answer{}, err
	}

	check := &profiler.SelfCheck{Calls: calls, TotalAlloc: int64(after.TotalAlloc - before.TotalAlloc)}
	return child.Answer{Calls: calls, SelfCheck: check}, nil
}

// repeat does up to n operations, at least one, for as long as the budget lasts.
func repeat(work Work, n int64, budget time.Duration) (calls int64, err error) {
	start := time.Now()
	for calls < max(n, 1) && (calls == 0 || time.Since(start) < budget) {
		if err := work.Op(unmarked); err != nil {
			return calls, err
		}
		calls++
	}
	return calls, nil
}

// newStop returns a func that sets the rate to 0 on each of the runtime's n processors. One
// that recorded at the old rate notices the new one at its next allocation, which it still
// records. So each is held, records an allocation at the old rate, and makes another at the
// new one: both are recorded and counted, 32 bytes a processor, and none is recorded later.
func newStop(n int) (stop func()) {
	var held, recorded, stopped atomic.Int64
	var all sync.WaitGroup
	start := make(chan struct{})
	for range n {
		all.Go(func() {
			<-start
			meet(&held, n) // all at once, which takes all processors
			kept.Store(new([16]byte))
			meet(&recorded, n)
			runtime.MemProfileRate = 0
			meet(&stopped, n)
			kept.Store(new([16]byte))
		})
	}
	return func() {
		close(start)
		all.Wait()
	}
}

// meet returns once n callers have arrived, and keeps their processors busy until then.
func meet(arrived *atomic.Int64, n int) {
	arrived.Add(1)
	for arrived.Load() < int64(n) {
	}
}

// kept has the compiler leave newStop's allocations in.
var kept atomic.Pointer[[16]byte]

// timelineBudget bounds how long a peak child does operations for its timeline.
const timelineBudget = 1500 * time.Millisecond

// profilePeak records memory over time while up to n operations run and one more, and writes
// what is in use at the mark of the last. Every allocation from set-up on is recorded, for what was set up
// is part of the peak; what this program holds for itself was allocated before.
func profilePeak(v *Variant, in Input, n int64) (child.Answer, error) {
	file, err := os.Create(child.ProfileFile)
	if err != nil {
		return child.Answer{}, err
	}
	defer file.Close()
	child.StartThreads()
	if _, err := readCounters(); err != nil { // the runtime allocates when asked for the first time
		return child.Answer{}, err
	}
	timeline, err := child.NewTimelineSampler()
	if err != nil {
		return child.Answer{}, err
	}
	runtime.MemProfileRate = 1
	work, err := v.Setup(in)
	if err != nil {
		return child.Answer{}, fmt.Errorf("set up: %w", err)
	}
	timeline.Start()
	calls, err := repeat(work, n, timelineBudget)
	if err != nil {
		return child.Answer{}, err
	}
	a, werr := child.Answer{Calls: calls + 1}, errNoMark
	err = work.Op(func() {
		timeline.Mark()
		runtime.GC()
		werr = pprof.Lookup("heap").WriteTo(file, 0)
	})
	if err := errors.Join(err, werr, file.Close(), work.Close()); err != nil {
		return child.Answer{}, err
	}
	a.Timeline, err = timeline.Finish(a.Calls)
	return a, err
}
