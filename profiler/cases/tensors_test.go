package cases

import (
	"encoding/binary"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/weights/weightstest"
)

// A file whose layers nobody knows runs the cases of numbers by its matrices, and no others.
func TestTensorsOfAFile(t *testing.T) {
	folder := t.TempDir()
	values := make([]float32, 1024*1024)
	for i := range values {
		values[i] = float32(i%1009)/1009 - 0.5
	}
	data, err := binary.Append(nil, binary.LittleEndian, values)
	if err != nil {
		t.Fatal(err)
	}
	weightstest.WriteSafetensors(t, filepath.Join(folder, "other.safetensors"),
		weightstest.Tensor{Name: "layers.0.up", Type: "F32", Shape: []int64{1024, 1024}, Data: data},
		weightstest.Tensor{Name: "layers.0.bias", Type: "F32", Shape: []int64{1024}, Data: data[:4096]},
		weightstest.Tensor{Name: "index", Type: "I64", Shape: []int64{2, 2}, Data: data[:32]})
	found, err := With(builtin.Folders{Models: folder})
	if err != nil {
		t.Fatal(err)
	}
	choice := map[string]any{"model": "other.safetensors"}
	for _, name := range []string{"preallocation", "pruning"} {
		if _, faults := builtin.Find(found, name).Resolve(choice); faults.For("model") == "" {
			t.Errorf("%s takes a model that reads no text", name)
		}
	}
	for name, bounds := range map[string]map[string]float64{
		"precision": {"float32": 1e-3, "float16": 0.5, "bfloat16": 5},
		"integer":   {"float32": 1e-3, "int8": 5, "int8-activations": 10},
	} {
		c := builtin.Find(found, name)
		p, faults := c.Resolve(choice)
		if faults != nil {
			t.Fatal(faults)
		}
		if estimate := c.Estimate(p); estimate.Live < 8<<20 || estimate.Op <= 0 || estimate.Setup <= 0 {
			t.Errorf("%s: estimate = %+v", name, estimate)
		}
		in, err := c.PrepareIn(t.TempDir(), builtin.Input{Params: p, Folders: builtin.Folders{Models: folder}})
		if err != nil {
			t.Fatal(err)
		}
		if !raceEnabled {
			checkRatios(t, c.For(p), in, 0.02)
		}
		for variant, bound := range bounds {
			got := measured(t, c, variant, in)
			if err := got[profiler.MaxAbsErr]; err == 0 || err > bound || math.IsNaN(err) {
				t.Errorf("%s: %s is off by %g, want at most %g", name, variant, err, bound)
			}
			if _, ok := got[profiler.Loss]; ok {
				t.Errorf("%s: %s has a loss", name, variant)
			}
		}
	}
	if i := slices.IndexFunc(found, func(c builtin.Case) bool { return c.Name == "mmap" }); !slices.Contains(found[i].Params[0].Choices, "other.safetensors") {
		t.Error("mmap does not take it")
	}
}
