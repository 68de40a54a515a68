package builtin

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/child"
)

// measureOps measures the times, counts and sizes of a variant with profiling off. testing.Benchmark
// measures first; observeMemory then measures the rest after a new set-up.
func measureOps(v *Variant, in Input, c profiler.Config) (child.Answer, error) {
	// A thread that started later would add about 5 KB to the bytes of the operations.
	child.StartThreads()
	own, err := readFootprint() // of the program without the case
	if err != nil {
		return child.Answer{}, err
	}
	result, err := benchmark(v, in, c.Benchtime)
	if err != nil {
		return child.Answer{}, err
	}
	n := float64(result.N)
	a := child.Answer{
		Calls: int64(result.N),
		Measurements: []profiler.Measurement{
			{Unit: profiler.NsPerOp, Value: float64(result.T.Nanoseconds()) / n},
			// AllocsPerOp and AllocedBytesPerOp would cut off the fraction.
			{Unit: profiler.BytesPerOp, Value: float64(result.MemBytes) / n},
			{Unit: profiler.AllocsPerOp, Value: float64(result.MemAllocs) / n},
		},
	}
	memory, err := observeMemory(v, in, result.N, own)
	a.Measurements = append(a.Measurements, memory...)
	return a, err
}

// benchmark runs v as go test -bench would.
func benchmark(v *Variant, in Input, benchtime string) (testing.BenchmarkResult, error) {
	testing.Init()
	if err := flag.Set("test.benchtime", benchtime); err != nil {
		return testing.BenchmarkResult{}, err
	}
	// testing.Benchmark does not return the error of a benchmark.
	var failure error
	run := v.bench(in, func(err error) { failure = err })
	result := testing.Benchmark(func(b *testing.B) {
		defer crash()
		run(b)
	})
	if failure == nil && result.N == 0 {
		failure = errors.New("the benchmark failed without an error")
	}
	return result, failure
}

// crash ends the process if a benchmark panics, with the output of the runtime. Otherwise package
// testing may end the process before the panic appears.
func crash() {
	if v := recover(); v != nil {
		fmt.Fprintf(os.Stderr, "panic: %v\n\n%s", v, debug.Stack())
		os.Exit(2)
	}
}

// observeMemory sets up v again and measures three things that the benchmark cannot: the collections
// in n operations, without those that package testing forces; the memory at the mark of one more
// operation, minus the program's own footprint; and the peak of resident memory.
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

	before, err := readCounters()
	if err != nil {
		return nil, err
	}
	for range n {
		if err := work.Op(unmarked); err != nil {
			return nil, err
		}
	}
	after, err := readCounters()
	if err != nil {
		return nil, err
	}
	mark, err := footprintAtMark(work)
	if err != nil {
		return nil, err
	}
	measurements := append(after.since(before, n), mark.minus(own)...)
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

// A footprint is the memory of the process in bytes, after it has collected garbage and returned free
// heap to the kernel.
type footprint struct {
	heap     uint64 // of objects
	spans    uint64 // of spans with objects
	resident child.ResidentMemory
}

func readFootprint() (footprint, error) {
	status, err := child.OpenMemoryStatus()
	if err != nil {
		return footprint{}, err
	}
	defer status.Close()
	debug.FreeOSMemory()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	resident, err := status.Read()
	return footprint{stats.HeapAlloc, stats.HeapInuse, resident}, err
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
