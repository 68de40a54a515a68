package report

import (
	"math"

	"heaplab/profiler"
)

// What the Go runtime may allocate for itself while a benchmark runs, in bytes and objects: two threads, which are most of
// it, and a few goroutines, timers and lists of pools. A run has it or not by chance.
const (
	runtimeBytes  = 8 << 10
	runtimeAllocs = 32
)

// shareRuntime lowers the noise floor of allocations to what the runtime may allocate for itself, shared by the operations
// of a run. It does so only if the values of each side vary by no more than that: then nothing else varies. ops is 0 if
// it is not known.
func (c *Comparison) shareRuntime(ops int64) {
	u, share := profiler.LookupUnit(c.Unit), RuntimeShare(c.Unit, ops)
	if share == 0 || share >= u.FloorAbs || c.spread > share {
		return
	}
	baseline := math.Abs(float64(c.Baseline.Center))
	c.floor, c.FloorShared = max(u.Floor*baseline, share), share
	c.Floor = percent(c.floor / baseline)
}

// RuntimeShare returns what the runtime may allocate for itself in a run of that many operations, for each of them in a unit
// of allocations. It is 0 for other units, and if the operations are not known.
func RuntimeShare(unit string, ops int64) float64 {
	own := map[string]float64{profiler.BytesPerOp: runtimeBytes, profiler.AllocsPerOp: runtimeAllocs}[unit]
	if ops == 0 {
		return 0
	}
	return own / float64(ops)
}
