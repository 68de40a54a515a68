package builtin

import (
	"errors"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/child"
)

// A footprint is the memory of the process in bytes, after it has collected garbage twice and returned
// free heap to the kernel.
type footprint struct {
	heap     uint64 // of objects
	awaiting uint64 // of objects that only the second collection freed
	spans    uint64 // of spans with objects
	resident child.ResidentMemory
}

func readFootprint() (footprint, error) {
	status, err := child.OpenMemoryStatus()
	if err != nil {
		return footprint{}, err
	}
	defer status.Close()
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	first := stats.HeapAlloc
	awaitFinalizers()
	debug.FreeOSMemory()
	runtime.ReadMemStats(&stats)
	resident, err := status.Read()
	return footprint{stats.HeapAlloc, first - min(stats.HeapAlloc, first), stats.HeapInuse, resident}, err
}

// collect frees all memory that is not in use. One collection leaves two kinds of objects: those with a
// finalizer, which it only queues, and the contents of a sync.Pool, which it only marks as old.
func collect() {
	runtime.GC()
	awaitFinalizers()
	runtime.GC()
}

// finalizersLimit limits the time that awaitFinalizers takes: a finalizer may block.
const finalizersLimit = 100 * time.Millisecond

// awaitFinalizers waits until all queued finalizers and cleanups have run.
func awaitFinalizers() {
	samples := []metrics.Sample{
		{Name: "/gc/finalizers/queued:finalizers"}, {Name: "/gc/finalizers/executed:finalizers"},
		{Name: "/gc/cleanups/queued:cleanups"}, {Name: "/gc/cleanups/executed:cleanups"},
	}
	for start := time.Now(); ; time.Sleep(100 * time.Microsecond) {
		metrics.Read(samples)
		finalizers := samples[0].Value.Uint64() - samples[1].Value.Uint64()
		cleanups := samples[2].Value.Uint64() - samples[3].Value.Uint64()
		if finalizers == 0 && cleanups == 0 || time.Since(start) > finalizersLimit {
			return
		}
	}
}

// footprintAtMark returns the footprint at the mark of one operation.
func footprintAtMark(work Work) (f footprint, err error) {
	marked := errNoMark
	err = work.Op(func() { f, marked = readFootprint() })
	return f, errors.Join(err, marked)
}

// minus returns the measurements of f minus the program's own footprint.
func (f footprint) minus(own footprint) []profiler.Measurement {
	heap, spans := float64(f.heap)-float64(own.heap), float64(f.spans)-float64(own.spans)
	anon, file := f.resident.Anon-own.resident.Anon, f.resident.File-own.resident.File
	measurements := []profiler.Measurement{
		{Unit: profiler.LiveHeap, Value: max(heap, 0)},
		{Unit: profiler.Awaiting, Value: float64(f.awaiting)},
		{Unit: profiler.MarkRSS, Value: float64(max(anon+file, 0))},
		{Unit: profiler.MarkAnon, Value: float64(max(anon, 0))},
		{Unit: profiler.MarkFile, Value: float64(max(file, 0))},
	}
	if heap < minFragmented {
		return measurements
	}
	return append(measurements, profiler.Measurement{Unit: profiler.Fragments, Value: spans / heap})
}

// minFragmented is the smallest live heap whose fragmentation is measured. Below it, a few objects of
// the runtime would dominate.
const minFragmented = 1 << 20
