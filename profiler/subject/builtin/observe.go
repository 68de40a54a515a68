package builtin

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"

	"heaplab/profiler"
	"heaplab/profiler/child"
)

// observeMemory sets up v again and measures what the benchmark cannot: the first operation apart from
// the others; collections and page faults without those that package testing and the set-up cause; the
// memory at the mark of one more operation, minus the program's own footprint; and the peak of resident
// memory.
func observeMemory(v *Variant, in Input, n int, own footprint) ([]profiler.Measurement, error) {
	runtime.GC() // free the work of the benchmark
	work, err := v.Setup(in)
	if err != nil {
		return nil, fmt.Errorf("set up: %w", err)
	}
	// Garbage of the benchmark and of the set-up does not belong to the operations.
	debug.FreeOSMemory()
	if err := child.ResetPeakRSS(); err != nil {
		return nil, err
	}
	rss, err := child.StartRSSSampler()
	if err != nil {
		return nil, err
	}
	defer rss.Stop()

	measurements, err := observeOps(work, n)
	if err != nil {
		return nil, err
	}
	mark, err := footprintAtMark(work)
	if err != nil {
		return nil, err
	}
	measurements = append(measurements, mark.minus(own)...)
	measurements = append(measurements, work.Metrics()...)
	if err := work.Close(); err != nil {
		return nil, err
	}
	peak, err := rss.Stop()
	if err != nil {
		return nil, err
	}
	return append(measurements,
		profiler.Measurement{Unit: profiler.PeakAnon, Value: float64(peak.Anon)},
		profiler.Measurement{Unit: profiler.PeakFile, Value: float64(peak.File)},
		// The high-water mark is read last, so it covers everything above.
		profiler.Measurement{Unit: profiler.PeakRSS, Value: float64(peak.HighWater)},
	), nil
}

// observeOps does n operations, at least two. It measures the first one alone, because it may allocate
// memory that the others reuse. Allocations per operation are those of the others. The costs of
// collections and page faults are those of a window at the end: see window.
func observeOps(work Work, n int) ([]profiler.Measurement, error) {
	read, err := newCounterReader()
	if err != nil {
		return nil, err
	}
	ops := max(n, 2)
	start, err := read.read()
	if err != nil {
		return nil, err
	}
	if err := work.Op(unmarked); err != nil {
		return nil, err
	}
	first, err := read.read()
	if err != nil {
		return nil, err
	}
	w := newWindow(read, start, ops)
	for done := 1; done < ops; done++ {
		if done == w.next {
			if err := w.check(done); err != nil {
				return nil, err
			}
		}
		if err := work.Op(unmarked); err != nil {
			return nil, err
		}
	}
	end, err := read.read()
	if err != nil {
		return nil, err
	}
	measurements := append(
		[]profiler.Measurement{{Unit: profiler.FirstOp, Value: float64(first.bytes - start.bytes)}},
		end.allocations(first, ops-1)...,
	)
	costs := end.costs(w.before, ops-w.opened, n)
	if w.regrew(end, ops) {
		costs = slices.DeleteFunc(costs, func(m profiler.Measurement) bool { return m.Unit == profiler.MinorFaults })
	}
	return append(measurements, costs...), nil
}

// A window is the part of a loop of operations in which costs are counted. Before the loop, free heap
// was returned to the kernel, so at first the heap grows into pages that the kernel must map again. The
// window therefore begins after warmUpCycles collections, or after half of the operations if there were
// fewer by then. It contains at least one operation.
type window struct {
	read   *counterReader
	cycles uint64 // number of collections after which it begins
	half   int    // of the operations
	next   int    // number of operations before the next check; 0 if the window has begun

	opened int      // number of operations before the window
	warm   bool     // it began after the collections
	before counters // at its beginning
}

// warmUpCycles is the number of collections after which the heap has its usual size. After the first one
// it still grows: in preallocation with batch=8, fresh had 1,773 page faults until the end of the first
// collection, 892 until the end of the second, and 462 in the 50 operations and 8 collections after it.
const warmUpCycles = 2

// newWindow returns the window of a loop of ops operations, at least two. start has the counters before
// the first one.
func newWindow(read *counterReader, start counters, ops int) window {
	return window{read: read, cycles: start.cycles + warmUpCycles, half: ops / 2, next: 1}
}

// regrew reports whether the heap may have grown in the window into pages that this program, not an
// operation, returned to the kernel: by more than a page per operation. Minor page faults are then not those
// of the operations: in preallocation at 5x, fresh had 350 per operation, and 28 at 500ms. Nothing can use
// these pages before the window instead, because they would count in the peak of resident memory.
func (w *window) regrew(end counters, ops int) bool {
	pages := (int64(end.backed) - int64(w.before.backed)) / int64(os.Getpagesize())
	return !w.warm && pages > int64(ops-w.opened)
}

// check begins the window after done operations if it is time. Each check comes after twice as many
// operations as the one before, so that checks take no time even if an operation takes a nanosecond.
func (w *window) check(done int) (err error) {
	w.warm = w.read.cycles() >= w.cycles
	if done < w.half && !w.warm {
		w.next = min(2*done, w.half)
		return nil
	}
	w.opened, w.next = done, 0
	w.before, err = w.read.read()
	return err
}
