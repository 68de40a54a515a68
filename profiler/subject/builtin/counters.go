package builtin

import (
	"fmt"
	"runtime"
	"runtime/metrics"

	"heaplab/profiler"
	"heaplab/profiler/child"

	"golang.org/x/sys/unix"
)

// counters holds counts since the start of this process.
type counters struct {
	bytes   uint64  // allocated on the heap
	mallocs uint64  // allocations
	cycles  uint64  // collections that the runtime started by itself
	gcCPU   float64 // CPU time of collections in seconds, until the end of the last one
	pause   uint64  // nanoseconds during which collections stopped the program
	goal    uint64  // heap size in bytes at which the next collection starts
	live    uint64  // live heap of the last collection in bytes
	minflt  int64   // page faults without input
	majflt  int64   // page faults with input
	backed  uint64  // bytes of the heap that are not returned to the kernel
}

// A counterReader reads counters. Reading allocates nothing, because it happens between operations
// whose allocations are counted.
type counterReader struct {
	samples []metrics.Sample
	usage   unix.Rusage
	stats   runtime.MemStats
}

// newCounterReader returns a reader that has read once: the first time allocates.
func newCounterReader() (*counterReader, error) {
	r := &counterReader{samples: []metrics.Sample{
		{Name: "/gc/cycles/automatic:gc-cycles"},
		{Name: "/cpu/classes/gc/total:cpu-seconds"},
		{Name: "/gc/heap/goal:bytes"},
		{Name: "/gc/heap/live:bytes"},
	}}
	_, err := r.read()
	r.cycles()
	return r, err
}

func (r *counterReader) read() (counters, error) {
	metrics.Read(r.samples)
	if err := unix.Getrusage(unix.RUSAGE_SELF, &r.usage); err != nil {
		return counters{}, fmt.Errorf("read page faults: %w", err)
	}
	runtime.ReadMemStats(&r.stats)
	return counters{
		bytes:   r.stats.TotalAlloc,
		mallocs: r.stats.Mallocs,
		cycles:  r.samples[0].Value.Uint64(),
		gcCPU:   r.samples[1].Value.Float64(),
		pause:   r.stats.PauseTotalNs,
		goal:    r.samples[2].Value.Uint64(),
		live:    r.samples[3].Value.Uint64(),
		minflt:  r.usage.Minflt,
		majflt:  r.usage.Majflt,
		backed:  r.stats.HeapSys - r.stats.HeapReleased,
	}, nil
}

// cycles returns the number of collections that the runtime started by itself. It takes about a
// microsecond, less than read, which stops the program.
func (r *counterReader) cycles() uint64 {
	metrics.Read(r.samples[:1])
	return r.samples[0].Value.Uint64()
}

// noGoal is the smallest heap goal that means "no goal": collections are off.
const noGoal = child.MaxMagnitude

// allocations returns the allocations per operation of ops operations.
func (c counters) allocations(before counters, ops int) []profiler.Measurement {
	return []profiler.Measurement{
		{Unit: profiler.BytesPerOp, Value: float64(c.bytes-before.bytes) / float64(ops)},
		{Unit: profiler.AllocsPerOp, Value: float64(c.mallocs-before.mallocs) / float64(ops)},
	}
}

// costs returns the costs of collections and page faults of ops operations. The pauses are scaled to n
// operations. The heap goal and the headroom are the values at the end; they are missing if there is no
// goal.
func (c counters) costs(before counters, ops, n int) []profiler.Measurement {
	perOp := func(count float64) float64 { return count / float64(ops) }
	measurements := []profiler.Measurement{
		{Unit: profiler.GCCycles, Value: perOp(float64(c.cycles - before.cycles))},
		{Unit: profiler.GCCPU, Value: perOp(max(c.gcCPU-before.gcCPU, 0))},
		{Unit: profiler.GCPause, Value: perOp(float64(c.pause-before.pause)) * float64(n)},
		{Unit: profiler.MinorFaults, Value: perOp(float64(c.minflt - before.minflt))},
		{Unit: profiler.MajorFaults, Value: perOp(float64(c.majflt - before.majflt))},
	}
	if c.goal < noGoal {
		measurements = append(measurements,
			profiler.Measurement{Unit: profiler.HeapGoal, Value: float64(c.goal)},
			profiler.Measurement{Unit: profiler.Headroom, Value: max(float64(c.goal)-float64(c.live), 0)},
		)
	}
	return measurements
}
