package cases

import (
	"math"
	"runtime"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/subject/builtin"
)

// heapInUse is the heap in use after collections, in bytes: what is in a sync.Pool survives one.
func heapInUse() float64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc)
}

// taken is what a variant takes, by unit: the live heap at the mark of an operation, the bytes that
// one allocates, and what the work knows of itself.
func taken(t *testing.T, v *builtin.Variant, in builtin.Input) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
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
	op(func() { out[profiler.LiveHeap] = heapInUse() - own })
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	op(func() {})
	runtime.ReadMemStats(&after)
	out[profiler.BytesPerOp] = float64(after.TotalAlloc - before.TotalAlloc)
	for _, m := range work.Metrics() {
		out[m.Unit] = m.Value
	}
	return out
}

// checkRatios holds what variants take against what their case predicts, within a share of it.
func checkRatios(t *testing.T, c *builtin.Case, in builtin.Input, bound float64) {
	t.Helper()
	all := map[string]map[string]float64{}
	for i := range c.Variants {
		all[c.Variants[i].Name] = taken(t, &c.Variants[i], in)
	}
	for _, prediction := range c.Predict(in.Params) {
		before, after := all[c.Baseline().Name][prediction.Unit], all[prediction.Variant][prediction.Unit]
		if math.IsInf(float64(prediction.Ratio), 1) {
			if after > 4096 {
				t.Errorf("%s: %s is %v, predicted was nothing", prediction.Variant, prediction.Unit, after)
			}
			continue
		}
		if got := before / after; math.Abs(got/float64(prediction.Ratio)-1) > bound {
			t.Errorf("%s: %s is %.4f times less, predicted was %.4f", prediction.Variant, prediction.Unit, got, prediction.Ratio)
		}
	}
}
