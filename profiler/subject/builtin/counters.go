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
	cycles uint64  // collections that the runtime started by itself
	gcCPU  float64 // CPU time of collections in seconds, until the end of the last one
	pause  uint64  // nanoseconds during which collections stopped the program
	goal   uint64  // heap size in bytes at which the next collection starts
	live   uint64  // live heap of the last collection in bytes
	minflt int64   // page faults without input
	majflt int64   // page faults with input
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

// noGoal is the smallest heap goal that means "no goal": collections are off.
const noGoal = child.MaxMagnitude

// since returns the measurements of n operations. The heap goal and the headroom are the values at the
// end; they are missing if there is no goal.
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
