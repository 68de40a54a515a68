package builtin

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/child"
)

// measureOps measures the times, counts and sizes of a variant with profiling off. testing.Benchmark
// measures the time; observeMemory then measures the rest after a new set-up.
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
	a := child.Answer{
		Calls:        int64(result.N),
		Measurements: []profiler.Measurement{{Unit: profiler.NsPerOp, Value: float64(result.T.Nanoseconds()) / float64(result.N)}},
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
