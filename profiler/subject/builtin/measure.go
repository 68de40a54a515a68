package builtin

import (
	"errors"
	"flag"
	"fmt"
	"heaplab/profiler"
	"heaplab/profiler/child"
	"os"
	"runtime"
	"runtime/debug"
	"testing"
)

// measureOps takes a variant's times, counts and sizes with profiling off: first as
// testing.Benchmark does it, then, on a fresh set-up, what that cannot tell.
func measureOps(v *Variant, in Input, c profiler.Config) (child.Answer, error) {
	// A thread that starts meanwhile would add some 5 KB to the bytes of all operations.
	child.StartThreads()
	own, err := readFootprint() // the program's, not the case's
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
			// Not AllocsPerOp and AllocedBytesPerOp, which cut off the fraction.
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
	// testing.Benchmark keeps what a benchmark says of its failure to itself.
	var failure error
	run := v.bench(in, func(err error) { failure = err })
	result := testing.Benchmark(func(b *testing.B) {
		defer crash()
		run(b)
	})
	if failure == nil && result.N == 0 {
		failure = errors.New("the benchmark failed without saying why")
	}
	return result, failure
}

// crash ends the process where a benchmark panics, as the runtime would. Left to itself,
// testing goes on while the panic is on its way, and may end the process before it.
func crash() {
	if v := recover(); v != nil {
		fmt.Fprintf(os.Stderr, "panic: %v\n\n%s", v, debug.Stack())
		os.Exit(2)
	}
}

// observeMemory sets v up once more and measures what needs a loop of its own: the
// collections in n operations, without those that testing forces; the memory at the mark of one more,
// less what the process held for its own; and resident memory over all of that.
func observeMemory(v *Variant, in Input, n int, own footprint) ([]profiler.Measurement, error) {
	runtime.GC() // the benchmark's work need not be there beside this one's
	work, err := v.Setup(in)
	if err != nil {
		return nil, fmt.Errorf("set up: %w", err)
	}
	// What the benchmark and the set-up left behind is none of the operations' memory.
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
	measurements := append(after.since(before, n), mark.over(own)...)
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
		// The high-water mark is the process's last act: it covers everything above.
		profiler.Measurement{Unit: profiler.PeakRSS, Value: float64(peak.HighWater)},
	), nil
}

// A footprint is what the process holds, in bytes, once it has collected its garbage and given
// free heap back to the kernel.
type footprint struct {
	heap     uint64 // of objects
	spans    uint64 // of pages that hold any
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

// footprintAtMark is the footprint at the mark of one op.
func footprintAtMark(work Work) (f footprint, err error) {
	marked := errNoMark
	err = work.Op(func() { f, marked = readFootprint() })
	return f, errors.Join(err, marked)
}

// over is what f comes to beyond what the process held for its own.
func (f footprint) over(own footprint) []profiler.Measurement {
	heap, spans := float64(f.heap)-float64(own.heap), float64(f.spans)-float64(own.spans)
	anon, file := f.resident.Anon-own.resident.Anon, f.resident.File-own.resident.File
	measurements := []profiler.Measurement{
		{Unit: profiler.LiveHeap, Value: max(heap, 0)},
		{Unit: profiler.MarkRSS, Value: float64(max(anon+file, 0))},
		{Unit: profiler.MarkAnon, Value: float64(max(anon, 0))},
		{Unit: profiler.MarkFile, Value: float64(max(file, 0))},
	}
	if heap < fragmentable {
		return measurements
	}
	return append(measurements, profiler.Measurement{Unit: profiler.Fragments, Value: spans / heap})
}

// fragmentable is the least live heap whose fragmentation is more than that of the few objects
// which the runtime makes for itself meanwhile.
const fragmentable = 1 << 20
