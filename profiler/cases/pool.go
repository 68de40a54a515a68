package cases

import (
	"math"
	"runtime"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/pool"
	"heaplab/profiler/subject/builtin"
)

// bufferPool replays one trace of requests with buffers from four places.
var bufferPool = builtin.Case{
	Name:      "pool",
	Title:     "Pool the buffers of concurrent requests",
	Technique: "内存分配策略 · 内存池 (allocation strategy: memory pool)",
	Idea: "内存池: pool what is often allocated and freed, so that less is allocated and memory is less fragmented. " +
		"Here several goroutines answer requests that overlap, each with buffers of mixed sizes, as a server does that runs a model: " +
		"one recorded trace, the same for every variant. Every buffer is cleared, written and read, and the sums are checked after every burst. " +
		"The pools are warm: set-up fills them with as much as can be held at once.",
	Limit: "Allocations per operation go to 0, and with them collections. The live heap grows: power-of-two classes hold up to twice what was asked for, " +
		"a slab as much as the largest request, and a pool keeps what the busiest moment took, also when nothing is going on (retained-bytes). " +
		"sync.Pool gives that up: what lies unused through two collections is gone, and has to be allocated again (param gc, pool-misses/op). " +
		"Fragmentation falls, but there is little of it: Go's heap keeps objects by size class already, and what a pool spares in gaps it wastes within its buffers. " +
		"Do not pool what is rarely allocated, small, or of sizes that hardly repeat: a buffer that is used after it was given back is a bug that no compiler finds.",

	Params: []builtin.Param{
		{Name: "goroutines", Type: builtin.Int, Default: int64(4), Min: 1, Max: 64, Help: "that answer requests, each its own"},
		{Name: "requests", Type: builtin.Int, Default: int64(64), Min: 1, Max: 1000, Help: "of each goroutine in a burst, which is an operation"},
		{Name: "open", Type: builtin.Int, Default: int64(4), Min: 1, Max: 64, Help: "requests that a goroutine has under way at once"},
		{Name: "buffers", Type: builtin.Int, Default: int64(8), Min: 1, Max: 64, Help: "of a request, all held until it is answered"},
		{Name: "largest", Type: builtin.Int, Default: int64(256), Min: 1, Max: 16384, Help: "buffer, in KiB; the smallest has 256 bytes, and sizes are spread evenly over the orders of magnitude"},
		{Name: "gc", Type: builtin.Int, Default: int64(0), Min: 0, Max: 2, Help: "collections forced before each burst, in its time: sync.Pool keeps what it holds through one, and loses it at the second"},
		{Name: "seed", Type: builtin.Int, Default: int64(1), Min: 0, Max: math.MaxInt32, Help: "seed of the trace"},
	},
	Presets: []builtin.Preset{
		{Name: "default", Title: "Buffers up to 256 KiB", Params: map[string]any{}, Scale: builtin.Small},
		{Name: "collected", Title: "Two collections before each burst", Params: map[string]any{"gc": 2}},
		{Name: "large", Title: "Large: at least 64 MiB held at once", Params: map[string]any{"largest": 4096, "open": 8, "requests": 32}, Scale: builtin.Large},
	},
	Variants: []builtin.Variant{
		{
			Name: "fresh", Title: "Allocated for every request",
			Setup:  burstsWithFresh,
			Source: poolSource("memory.go", "freshBuffers", "freshBuffers.Floats", "freshBuffers.End"),
		},
		{
			Name: "syncpool", Title: "A sync.Pool for each size class",
			Setup:  burstsWithSyncPool,
			Source: poolSource("memory.go", "syncBuffers", "syncBuffers.Floats", "syncBuffers.End"),
		},
		{
			Name: "slab", Title: "One slab for each request, used again",
			Setup:  burstsWithSlabs,
			Source: poolSource("slab.go", "slabBuffers", "slabBuffers.Begin", "slabBuffers.Floats", "slabBuffers.End"),
		},
		{
			Name: "freelist", Title: "A free list for each size class",
			Setup:  burstsWithFreeList,
			Source: poolSource("memory.go", "FreeList.take", "listBuffers.Floats"),
		},
	},
	Primary: []string{profiler.BytesPerOp, profiler.AllocsPerOp, profiler.LiveHeap, profiler.Retained, profiler.NsPerOp},

	Check:    checkPool,
	Estimate: estimatePool,
	Predict:  predictPool,
}

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
	missed      int64  // buffers until then
	own         uint64 // heap in use before there was a pool, in bytes
}

// newBursts has two bursts warm what there is of each processor.
func newBursts(in builtin.Input, memory func(pool.Trace) pool.Memory) (builtin.Work, error) {
	trace := traceOf(in.Params)
	b := &bursts{memory: memory(trace), collections: in.Int("gc")}
	b.replay = pool.NewReplay(trace, b.memory)
	b.own = heapAfter(2) // what an earlier pool left behind does not outlive two
	b.memory.Warm(trace.Demand())
	for range 2 {
		if err := b.replay.Burst(func() {}); err != nil {
			return nil, err
		}
	}
	b.missed = b.memory.Misses()
	return b, nil
}

// heapAfter is the heap in use after so many collections, in bytes.
func heapAfter(collections int) uint64 {
	for range collections {
		runtime.GC()
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func (b *bursts) Op(mark func()) error {
	for range b.collections {
		runtime.GC()
	}
	b.done++
	return b.replay.Burst(mark)
}

func (b *bursts) Metrics() []profiler.Measurement {
	return []profiler.Measurement{
		{Unit: profiler.PoolMisses, Value: float64(b.memory.Misses()-b.missed) / float64(max(b.done, 1))},
		{Unit: profiler.Retained, Value: max(float64(heapAfter(2))-float64(b.own), 0)},
	}
}

func (b *bursts) Close() error {
	b.replay.Close()
	return nil
}

// traceOf is the trace that the params ask for.
func traceOf(p profiler.Params) pool.Trace {
	return pool.NewTrace(pool.Load{
		Goroutines: p.Int("goroutines"), Requests: p.Int("requests"), Open: p.Int("open"), Buffers: p.Int("buffers"),
		Largest: p.Int("largest") << 10 / numberSize, Seed: uint64(p.Int("seed")),
	})
}

// numberSize is the size of a float32, in bytes.
const numberSize = 4

// maxTrace bounds the buffers of a burst: to record more would take longer than a page may.
const maxTrace = 1 << 20

// checkPool refuses requests that never are under way at once, and traces that are too long.
func checkPool(p profiler.Params) profiler.Faults {
	if p.Int("open") > p.Int("requests") {
		return profiler.Faults{{Field: "open", Message: "must be at most the requests of a goroutine, " + plural(p.Int("requests"), "request")}}
	}
	if n := p.Int("goroutines") * p.Int("requests") * p.Int("buffers"); n > maxTrace {
		return profiler.Faults{{Field: "requests", Message: "come to " + plural(n, "buffer") + " in a burst, more than a million: ask for fewer requests, buffers or goroutines"}}
	}
	return nil
}

// predictPool says that warm pools allocate nothing, and what the lasting ones hold at the mark.
// What a sync.Pool holds there is up to the collections before it.
func predictPool(p profiler.Params) []profiler.Prediction {
	d := traceOf(p).Demand()
	held := map[string]int{"freelist": d.Pooled(), "slab": d.Slabs * d.Slab}
	var predictions []profiler.Prediction
	for _, name := range []string{"syncpool", "slab", "freelist"} {
		note := ""
		if name == "syncpool" {
			note = "but for what a processor misses that finds buffers in another's private place"
		}
		if name != "syncpool" || p.Int("gc") < 2 {
			predictions = append(predictions,
				profiler.Prediction{Variant: name, Unit: profiler.BytesPerOp, Ratio: profiler.Float(math.Inf(1)), Note: note},
				profiler.Prediction{Variant: name, Unit: profiler.AllocsPerOp, Ratio: profiler.Float(math.Inf(1)), Note: note},
			)
		}
		if held[name] > 0 {
			predictions = append(predictions, profiler.Prediction{
				Variant: name, Unit: profiler.LiveHeap, Ratio: profiler.Float(float64(d.Held) / float64(held[name])),
				Note: "for what requests hold and pools keep, without the trace",
			})
		}
	}
	return predictions
}

// estimatePool scales what was measured at the defaults and at the large preset on two cores
// at about 3 GHz, without other load.
func estimatePool(p profiler.Params) builtin.Estimate {
	const (
		perNumber = 1.2   // nanoseconds: cleared, written and read, on two cores
		perBuffer = 300.0 // of taking and giving back
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
