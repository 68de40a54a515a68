// Package casetest sets up variants of cases in tests, and compares their memory with predictions.
package casetest

import (
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/subject/builtin"
)

// Resolve returns the params of a case.
func Resolve(t *testing.T, c *builtin.Case, raw map[string]any) profiler.Params {
	t.Helper()
	p, faults := c.Resolve(raw)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return p
}

// Prepare makes the file that c's variants load.
func Prepare(t *testing.T, c *builtin.Case, p profiler.Params) builtin.Input {
	t.Helper()
	in, err := c.PrepareIn(t.TempDir(), builtin.Input{Params: p})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// Zeros returns a prepared file of n zeros.
func Zeros(t *testing.T, n int) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "prepared")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := testbed.WriteNumbers(file, make([]float64, n)); err != nil {
		t.Fatal(err)
	}
	return name
}

// Metrics returns the metrics of a variant's work by unit.
func Metrics(t *testing.T, c *builtin.Case, variant string, in builtin.Input) map[string]float64 {
	t.Helper()
	work, err := c.Variant(variant).Setup(in)
	if err != nil {
		t.Fatal(err)
	}
	defer work.Close()
	out := map[string]float64{}
	for _, m := range work.Metrics() {
		out[m.Unit] = m.Value
	}
	return out
}

// HeapAtMark returns the heap in use at the mark of the third op, in bytes, minus the heap in use before
// set-up.
func HeapAtMark(t *testing.T, v *builtin.Variant, in builtin.Input) float64 {
	t.Helper()
	before := testbed.HeapAfter(2) // the contents of a sync.Pool survive one collection
	work, err := v.Setup(in)
	if err != nil {
		t.Fatal(err)
	}
	defer work.Close()
	var held uint64
	for range 3 {
		if err := work.Op(func() { held = testbed.HeapAfter(2) }); err != nil {
			t.Fatal(err)
		}
	}
	return float64(held) - float64(before)
}

// measure returns the live heap at the mark, the bytes allocated by an op, and the metrics of the work,
// by unit.
func measure(t *testing.T, v *builtin.Variant, in builtin.Input) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	own := float64(testbed.HeapAfter(2))
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
	op(func() { out[profiler.LiveHeap] = float64(testbed.HeapAfter(2)) - own })
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

// CheckRatios checks the memory of all variants against the case's predictions. Ratios may differ by the
// share bound. With the race detector it skips the test, because the detector allocates memory too.
func CheckRatios(t *testing.T, c *builtin.Case, in builtin.Input, bound float64) {
	t.Helper()
	if RaceEnabled {
		t.Skip("the race detector allocates memory of its own")
	}
	all := map[string]map[string]float64{}
	for i := range c.Variants {
		all[c.Variants[i].Name] = measure(t, &c.Variants[i], in)
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

// CheckDamagedFiles checks that set-up rejects a prepared file that is truncated, too long or missing.
// The error must contain the name of the file.
func CheckDamagedFiles(t *testing.T, c *builtin.Case, p profiler.Params) {
	t.Helper()
	in := Prepare(t, c, p)
	good, err := os.ReadFile(in.Prepared)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"empty": nil, "truncated": good[:len(good)-1], "too long": append(slices.Clone(good), 0),
	} {
		in.Prepared = filepath.Join(t.TempDir(), "prepared")
		if err := os.WriteFile(in.Prepared, content, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, v := range c.Variants {
			if _, err := v.Setup(in); err == nil || !strings.Contains(err.Error(), in.Prepared) {
				t.Errorf("%s/%s, %s: error = %v", c.Name, v.Name, name, err)
			}
		}
	}
	in.Prepared = filepath.Join(t.TempDir(), "nothing")
	if _, err := c.Baseline().Setup(in); err == nil {
		t.Errorf("%s: no error without the file", c.Name)
	}
}
