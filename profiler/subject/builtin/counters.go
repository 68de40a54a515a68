package builtin

import (
	"fmt"
	"heaplab/profiler"
	"heaplab/profiler/child"
	"runtime"
	"runtime/metrics"

	"golang.org/x/sys/unix"
)

// counters are what this process has come to since it began.
type counters struct {
	cycles uint64  // collections that the runtime started by itself
	gcCPU  float64 // seconds of CPU time for collections, as of the end of the last
	pause  uint64  // nanoseconds that the program stood still for collections
	goal   uint64  // heap size at which the next collection begins, in bytes
	live   uint64  // what the last collection found alive, in bytes
	minflt int64   // page faults without input
	majflt int64   // page faults that waited for input
}

func readCounters() (counters, error) {
	samples := []metrics.Sample{
		{Name: "/gc/cycles/automatic:gc-cycles"},
		{Name: "/cpu/classes/gc/total:cpu-seconds"},
		{Name: "/gc/heap/goal:bytes"},
		{Name: "/gc/heap/live:bytes"},
	}
	metrics.Read(samples)
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		return counters{}, fmt.Errorf("read page faults: %w", err)
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return counters{
		cycles: samples[0].Value.Uint64(),
		gcCPU:  samples[1].Value.Float64(),
		pause:  stats.PauseTotalNs,
		goal:   samples[2].Value.Uint64(),
		live:   samples[3].Value.Uint64(),
		minflt: usage.Minflt,
		majflt: usage.Majflt,
	}, nil
}

// noGoal is where heap goals begin that stand for none: nothing ever starts a collection.
const noGoal = child.MaxMagnitude

// since is what n operations came to. The heap goal and its headroom are no sums but what
// stands at the end; without a goal there is none of them.
func (c counters) since(before counters, n int) []profiler.Measurement {
	measurements := []profiler.Measurement{
		{Unit: profiler.GCCycles, Value: float64(c.cycles-before.cycles) / float64(n)},
		{Unit: profiler.GCCPU, Value: max(c.gcCPU-before.gcCPU, 0) / float64(n)},
		{Unit: profiler.GCPause, Value: float64(c.pause - before.pause)},
		{Unit: profiler.MinorFaults, Value: float64(c.minflt-before.minflt) / float64(n)},
		{Unit: profiler.MajorFaults, Value: float64(c.majflt-before.majflt) / float64(n)},
	}
	if c.goal < noGoal {
		measurements = append(measurements,
			profiler.Measurement{Unit: profiler.HeapGoal, Value: float64(c.goal)},
			profiler.Measurement{Unit: profiler.Headroom, Value: max(float64(c.goal)-float64(c.live), 0)},
		)
	}
	return measurements
}
