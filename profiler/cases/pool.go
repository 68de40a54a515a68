package cases

import (
	"math"
	"runtime"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/pool"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/words"
)

// bufferPool replays one trace of requests with buffers from four places.
var bufferPool = builtin.Case{
	Name:  "pool",
	Title: "Pool the buffers of concurrent requests",
	Idea: "A pool keeps buffers that are often allocated and freed, so that less is allocated and memory is less fragmented. " +
		"Several goroutines answer overlapping requests, each with buffers of mixed sizes, like a server that runs a model. " +
		"All variants replay the same recorded trace. Every buffer is cleared, written and read, and the sums are checked after every burst. " +
		"The pools are warm: set-up fills them with as many buffers as can be held at once.",
	Limit: "Allocations per operation fall to 0, and with them collections. The live heap grows: power-of-two classes hold up to twice the requested size, " +
		"a slab is as large as the largest request, and a pool keeps the buffers of its busiest moment even when it is idle (retained-bytes). " +
		"sync.Pool gives them up: buffers that are unused through two collections are freed, and must be allocated again (param gc, pool-misses/op). " +
		"Fragmentation falls, but it is low anyway: Go's heap already groups objects by size class, and the bytes that a pool saves in gaps it wastes within its buffers. " +
		"Do not pool buffers that are rarely allocated, small, or of sizes that rarely repeat: the compiler does not detect a buffer that is used after it was returned.",

	Params: builtin.ParamsOf(goroutines, requests, open, buffers, largest, collections, poolSeed),
	Presets: []builtin.Preset{
		{Name: "default", Title: "Buffers up to 256 KiB", Params: builtin.Values(), Scale: builtin.Small},
		{Name: "collected", Title: "Two collections before each burst", Params: builtin.Values(collections.Is(2))},
		{Name: "large", Title: "Large: at least 64 MiB held at once", Params: builtin.Values(largest.Is(4096), open.Is(8), requests.Is(32)), Scale: builtin.Large},
	},
	Variants: []builtin.Variant{
		{
			Name: "fresh", Title: "Allocated for every request",
			Setup:  burstsWithFresh,
			Source: testbed.Quote(pool.Sources, "memory.go", "freshBuffers", "freshBuffers.Floats", "freshBuffers.End"),
		},
		{
			Name: "syncpool", Title: "A sync.Pool for each size class",
			Setup:  burstsWithSyncPool,
			Source: testbed.Quote(pool.Sources, "memory.go", "syncBuffers", "syncBuffers.Floats", "syncBuffers.End"),
		},
		{
			Name: "slab", Title: "One slab for each request, reused",
			Setup:  burstsWithSlabs,
			Source: testbed.Quote(pool.Sources, "slab.go", "slabBuffers", "slabBuffers.Begin", "slabBuffers.Floats", "slabBuffers.End"),
		},
		{
			Name: "freelist", Title: "A free list for each size class",
			Setup:  burstsWithFreeList,
			Source: testbed.Quote(pool.Sources, "memory.go", "FreeList.take", "listBuffers.Floats"),
		},
	},
	Primary: []string{profiler.BytesPerOp, profiler.AllocsPerOp, profiler.LiveHeap, profiler.Retained, profiler.NsPerOp},

	Check:    checkPool,
	Estimate: estimatePool,
	Predict:  predictPool,
}

// Params of the case pool.
var (
	goroutines  = builtin.NewInt("goroutines", 4, 1, 64, "number of goroutines; each answers its own requests")
	requests    = builtin.NewInt("requests", 64, 1, 1000, "requests of each goroutine in a burst, which is one operation")
	open        = builtin.NewInt("open", 4, 1, 64, "requests that a goroutine answers at the same time")
	buffers     = builtin.NewInt("buffers", 8, 1, 64, "buffers of a request, all held until it is answered")
	largest     = builtin.NewInt("largest", 256, 1, 16384, "largest buffer, in KiB; the smallest has 256 bytes, and sizes are spread evenly over the orders of magnitude")
	collections = builtin.NewInt("gc", 0, 0, 2, "collections forced before each burst and counted in its time; sync.Pool keeps its buffers through one, and loses them at the second")
	poolSeed    = builtin.NewInt("seed", 1, 0, math.MaxInt32, "seed of the trace")
)

func burstsWithFresh(in builtin.Input) (builtin.Work, error) {
	return newBursts(in, func(pool.Trace) pool.Memory { return &pool.Fresh{} })
}

func burstsWithSyncPool(in builtin.Input) (builtin.Work, error) {
	return newBursts(in, func(t pool.Trace) pool.Memory { return pool.NewSyncPool(t.Largest) })
}

func burstsWithSlabs(in builtin.Input) (builtin.Work, error) {
	return newBursts(in, func(t pool.Trace) pool.Memory { return pool.NewSlabs(t.Demand().Slab) })
}

func burstsWithFreeList(in builtin.Input) (builtin.Work, error) {
	return newBursts(in, func(t pool.Trace) pool.Memory { return pool.NewFreeList(t.Largest) })
}

// bursts are operations of one trace each.
type bursts struct {
	replay      *pool.Replay
	memory      pool.Memory
	collections int    // before each
	done        int    // bursts since set-up
	missed      int64  // buffers during set-up
	missedUntil int64  // buffers before the last burst
	own         uint64 // heap in use before the pool was filled, in bytes
}

// newBursts runs two bursts, which warm the caches of each processor.
func newBursts(in builtin.Input, memory func(pool.Trace) pool.Memory) (builtin.Work, error) {
	trace := traceOf(in.Params)
	b := &bursts{memory: memory(trace), collections: collections.Of(in.Params)}
	b.replay = pool.NewReplay(trace, b.memory)
	b.own = testbed.HeapAfter(2) // buffers of an earlier pool do not outlive two
	b.memory.Warm(trace.Demand())
	for range 2 {
		if err := b.replay.Burst(func() {}); err != nil {
			return nil, err
		}
	}
	b.missed = b.memory.Misses()
	return b, nil
}

func (b *bursts) Op(mark func()) error {
	for range b.collections {
		runtime.GC()
	}
	b.done++
	b.missedUntil = b.memory.Misses()
	return b.replay.Burst(mark)
}

// Metrics leaves out the misses of the last burst: the collections at its mark empty a sync.Pool.
func (b *bursts) Metrics() []profiler.Measurement {
	return []profiler.Measurement{
		{Unit: profiler.PoolMisses, Value: float64(max(b.missedUntil-b.missed, 0)) / float64(max(b.done-1, 1))},
		{Unit: profiler.Retained, Value: max(float64(testbed.HeapAfter(2))-float64(b.own), 0)},
	}
}

func (b *bursts) Close() error {
	b.replay.Close()
	return nil
}

// traceOf returns the trace that the params ask for.
func traceOf(p profiler.Params) pool.Trace {
	return pool.NewTrace(pool.Load{
		Goroutines: goroutines.Of(p), Requests: requests.Of(p), Open: open.Of(p), Buffers: buffers.Of(p),
		Largest: largest.Of(p) << 10 / numberSize, Seed: uint64(poolSeed.Of(p)),
	})
}

// numberSize is the size of a float32, in bytes.
const numberSize = 4

// maxTrace bounds the buffers of a burst: the form records the trace at every change, and a longer
// one would make it slow.
const maxTrace = 1 << 20

// checkPool rejects more open requests than there are, and traces that are too long.
func checkPool(p profiler.Params) profiler.Faults {
	if open.Of(p) > requests.Of(p) {
		return profiler.Faults{{Field: "open", Message: "must be at most the requests of a goroutine, " + words.Plural(requests.Of(p), "request")}}
	}
	if n := goroutines.Of(p) * requests.Of(p) * buffers.Of(p); n > maxTrace {
		return profiler.Faults{{Field: "requests", Message: "make " + words.Plural(n, "buffer") + " in a burst, more than a million: use fewer requests, buffers or goroutines"}}
	}
	return nil
}

// predictPool says that warm pools allocate nothing, and how much slab and freelist hold at the
// mark. How much a sync.Pool holds depends on the collections before it.
func predictPool(p profiler.Params) []profiler.Prediction {
	d := traceOf(p).Demand()
	held := map[string]int{"freelist": d.Pooled(), "slab": d.Slabs * d.Slab}
	var predictions []profiler.Prediction
	for _, name := range []string{"syncpool", "slab", "freelist"} {
		note := ""
		if name == "syncpool" {
			note = "except if a processor needs buffers that are in another processor's private pool"
		}
		if name != "syncpool" || collections.Of(p) < 2 {
			predictions = append(predictions,
				profiler.Prediction{Variant: name, Unit: profiler.BytesPerOp, Ratio: profiler.Float(math.Inf(1)), Note: note},
				profiler.Prediction{Variant: name, Unit: profiler.AllocsPerOp, Ratio: profiler.Float(math.Inf(1)), Note: note},
			)
		}
		if held[name] > 0 {
			predictions = append(predictions, profiler.Prediction{
				Variant: name, Unit: profiler.LiveHeap, Ratio: profiler.Float(float64(d.Held) / float64(held[name])),
				Note: "for the buffers of requests and pools, without the trace",
			})
		}
	}
	return predictions
}

// estimatePool scales measurements of the defaults and the large preset on two cores at about
// 3 GHz, without other load.
func estimatePool(p profiler.Params) builtin.Estimate {
	const (
		perNumber = 1.2   // nanoseconds: cleared, written and read, on two cores
		perBuffer = 300.0 // of taking and returning one
		perWarm   = 0.5   // of a number that a pool is filled with
	)
	trace := traceOf(p)
	d := trace.Demand()
	most := max(d.Pooled(), d.Slabs*d.Slab)
	numbers, buffers := trace.Numbers(), trace.Goroutines*trace.Requests*trace.Buffers
	op := float64(numbers)*perNumber + float64(buffers)*perBuffer
	return builtin.Estimate{
		Live:  int64(numberSize * most),
		Churn: int64(numberSize * numbers),
		Setup: time.Duration(float64(most)*perWarm + 2*op),
		Op:    time.Duration(op),
	}
}
