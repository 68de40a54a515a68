package builtin

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/child"
)

// allocsBudget limits the time of the operations of an allocs child. Code with many small allocations is
// up to 50 times slower if every allocation is recorded.
const allocsBudget = 5 * time.Second

// profileAllocs records all allocations of at most n operations, without warm-up and set-up. A heap
// profile covers allocations up to the second-to-last collection, so there is a collection before the
// operations and another before writing. The profile is written at once, before other code
// allocates. So its total equals the runtime's count for these operations. Another child reads the
// profile and checks that.
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
	return child.Answer{Calls: calls, SelfCheck: check, Profiled: child.Profiled{Caller: reflect.TypeFor[order]().PkgPath()}}, nil
}

// repeat does up to n operations, at least one, within the budget.
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

// newStop returns a func that sets the profiling rate to 0 on all n processors of the runtime. A
// processor notices the new rate only at its next allocation, which it still records. So the func
// occupies all processors at once; each makes one allocation at the old rate and one at the new
// rate. Both are recorded and counted, 32 bytes per processor, and none after them.
func newStop(n int) (stop func()) {
	var started, recorded, stopped atomic.Int64
	var all sync.WaitGroup
	start := make(chan struct{})
	for range n {
		all.Go(func() {
			<-start
			meet(&started, n) // n goroutines at once occupy all processors
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

// kept prevents the compiler from removing newStop's allocations.
var kept atomic.Pointer[[16]byte]

// timelineBudget limits the time of the operations of a peak child.
const timelineBudget = 1500 * time.Millisecond

// profilePeak records memory over time during up to n operations and one more. At the mark of the last
// operation it writes a profile of the memory in use. Recording starts before set-up, because the
// peak includes what set-up allocates, but not the earlier allocations of this program.
func profilePeak(v *Variant, in Input, n int64) (child.Answer, error) {
	file, err := os.Create(child.ProfileFile)
	if err != nil {
		return child.Answer{}, err
	}
	defer file.Close()
	child.StartThreads()
	collect() // the first time, reading metrics allocates
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
		collect()
		werr = pprof.Lookup("heap").WriteTo(file, 0)
	})
	if err := errors.Join(err, werr, file.Close(), work.Close()); err != nil {
		return child.Answer{}, err
	}
	a.Timeline, err = timeline.Finish(a.Calls)
	return a, err
}
