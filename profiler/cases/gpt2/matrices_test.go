package gpt2

import (
	"encoding/binary"
	"math"
	"path/filepath"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/cases/casetest"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/weights/weightstest"
)

// A file with unknown layers runs in every format of numbers, by its matrices.
func TestMatricesOfAFile(t *testing.T) {
	folder := t.TempDir()
	values := make([]float32, 2048*4096) // large beside the table of float16
	for i := range values {
		values[i] = float32(i%1009)/1009 - 0.5
	}
	data, err := binary.Append(nil, binary.LittleEndian, values)
	if err != nil {
		t.Fatal(err)
	}
	weightstest.WriteSafetensors(t, filepath.Join(folder, "other.safetensors"),
		weightstest.Tensor{Name: "layers.0.up", Type: "F32", Shape: []int64{2048, 4096}, Data: data},
		weightstest.Tensor{Name: "layers.0.bias", Type: "F32", Shape: []int64{1024}, Data: data[:4096]},
		weightstest.Tensor{Name: "index", Type: "I64", Shape: []int64{2, 2}, Data: data[:32]})
	l := libraryOf(t, folder)
	if !l.HasMatrices() {
		t.Fatal("the file has no matrices")
	}
	if _, faults := precisionCase.Resolve(map[string]any{"model": "other.safetensors"}); faults.For("model") == "" {
		t.Error("a model that reads no text can be chosen for gpt2-precision")
	}
	c := NewMatrices(l)
	p := casetest.Resolve(t, &c, nil) // the first file is the default
	if estimate := c.Estimate(p); estimate.Live < 8<<20 || estimate.Op <= 0 || estimate.Setup <= 0 {
		t.Errorf("estimate = %+v", estimate)
	}
	in, err := c.PrepareIn(t.TempDir(), builtin.Input{Params: p, Folders: builtin.Folders{Models: folder}})
	if err != nil {
		t.Fatal(err)
	}
	for variant, bound := range map[string]float64{"float32": 5e-3, "float16": 0.5, "bfloat16": 5, "int8": 5, "int8-activations": 10} {
		got := casetest.Metrics(t, &c, variant, in)
		if err := got[profiler.MaxAbsErr]; err == 0 || err > bound || math.IsNaN(err) {
			t.Errorf("%s: the error is %g, want at most %g", variant, err, bound)
		}
		if _, ok := got[profiler.Loss]; ok {
			t.Errorf("%s has a loss", variant)
		}
	}
	casetest.CheckRatios(t, &c, in, 0.02)
}

// A GPT-2 has matrices, too; a file with few numbers is left out.
func TestMatricesOfOtherFiles(t *testing.T) {
	for name, test := range map[string]struct {
		tensors []weightstest.Tensor
		want    bool
	}{
		"GPT-2":       {weightstest.GPT2(2, 256, 211, 64), true},
		"few numbers": {[]weightstest.Tensor{{Name: "x", Type: "F32", Shape: []int64{16, 16}}}, false},
	} {
		folder := t.TempDir()
		weightstest.WriteSafetensors(t, filepath.Join(folder, "own.safetensors"), test.tensors...)
		if got := libraryOf(t, folder).HasMatrices(); got != test.want {
			t.Errorf("%s: HasMatrices = %v", name, got)
		}
	}
	if library.HasMatrices() {
		t.Error("a server without files has matrices")
	}
}
