package cases

import (
	"math"
	"runtime"
	"testing"

	"heaplab/profiler"
)

// heapInUse is the heap in use after a collection, in bytes.
func heapInUse() float64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc)
}

// heldAndAllocated are the live heap of a variant at the mark of an operation, and the bytes that
// one allocates.
func heldAndAllocated(t *testing.T, v *profiler.Variant, in profiler.Input) (live, allocated float64) {
	t.Helper()
	own := heapInUse()
	work, err := v.Setup(in)
	if err != nil {
		t.Fatal(err)
	}
	defer work.Close()
	op := func(mark func()) {
		if err := work.Op(mark); err != nil {
			t.Fatal(err)
		}
	}
	op(func() {})
	op(func() { live = heapInUse() - own })
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	op(func() {})
	runtime.ReadMemStats(&after)
	return live, float64(after.TotalAlloc - before.TotalAlloc)
}

// checkRatios holds what variants take against what their case predicts, within a share of it.
func checkRatios(t *testing.T, c *profiler.Case, in profiler.Input, bound float64) {
	t.Helper()
	live, allocated := heldAndAllocated(t, c.Baseline(), in)
	sizes := measured(t, c, c.Baseline().Name, in)
	for _, prediction := range c.Predict(in.Params) {
		v := c.Variant(prediction.Variant)
		vLive, vAllocated := heldAndAllocated(t, v, in)
		var got float64
		switch prediction.Unit {
		case profiler.LiveHeap:
			got = live / vLive
		case profiler.BytesPerOp:
			if math.IsInf(float64(prediction.Ratio), 1) {
				if vAllocated > 4096 {
					t.Errorf("%s allocates %v bytes, predicted were none", v.Name, vAllocated)
				}
				continue
			}
			got = allocated / vAllocated
		default:
			got = sizes[prediction.Unit] / measured(t, c, v.Name, in)[prediction.Unit]
		}
		if math.Abs(got/float64(prediction.Ratio)-1) > bound {
			t.Errorf("%s: %s is %.4f times less, predicted was %.4f", v.Name, prediction.Unit, got, prediction.Ratio)
		}
	}
}
