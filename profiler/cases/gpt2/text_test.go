package gpt2

import (
	"encoding/binary"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/cases/casetest"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/weights/weightstest"
)

// Every floating-point format has the size of its numbers, and an error that fits their precision.
func TestPrecisionFormats(t *testing.T) {
	in := casetest.Prepare(t, &precisionCase, casetest.Resolve(t, &precisionCase, fourTinyTokens))
	for _, test := range []struct {
		variant     string
		bytes       int
		least, most float64 // error of a logit
	}{
		{"float64", 8, 0, 0}, {"float32", 4, 1e-9, 1e-5}, {"float16", 2, 1e-6, 1e-2}, {"bfloat16", 2, 1e-5, 5e-2},
	} {
		got := casetest.Metrics(t, &precisionCase, test.variant, in)
		if err := got[profiler.MaxAbsErr]; err < test.least || err > test.most {
			t.Errorf("%s: the error is %g, want %g to %g", test.variant, err, test.least, test.most)
		}
		if got, want := got[profiler.ModelBytes], float64(test.bytes*tiny.shape.WeightCount()); got != want {
			t.Errorf("%s has %v bytes, want %v", test.variant, got, want)
		}
		if loss := got[profiler.Loss]; math.Abs(loss-math.Log(float64(tiny.shape.Vocab))) > 0.5 {
			t.Errorf("%s: the loss is %v; untrained, it is near %v", test.variant, loss, math.Log(float64(tiny.shape.Vocab)))
		}
	}
}

// Integer formats have the predicted size, and an error that fits 8 bits.
func TestIntegerFormats(t *testing.T) {
	in := casetest.Prepare(t, &integerCase, casetest.Resolve(t, &integerCase, fourTinyTokens))
	for _, variant := range []string{"int8", "int8-activations"} {
		got := casetest.Metrics(t, &integerCase, variant, in)
		if err := got[profiler.MaxAbsErr]; err < 1e-5 || err > 0.1 {
			t.Errorf("%s: the error is %g", variant, err)
		}
		if got, want := got[profiler.ModelBytes], float64(tiny.shape.Int8Bytes()); got != want {
			t.Errorf("%s has %v bytes, want %v", variant, got, want)
		}
	}
}

// The live heap at the mark is as predicted.
func TestPrecisionLiveHeap(t *testing.T) {
	p := casetest.Resolve(t, &precisionCase, builtin.Values(modelName.Is(mini.name), tokens.Is(4)))
	in := builtin.Input{Params: p, Prepared: casetest.Zeros(t, len(floats)*len(qualityUnits))}
	for name, live := range liveHeaps(t, &precisionCase, in) {
		if want := liveBytes(mini.shape, floats[indexOf(floats, name)], 4); math.Abs(live/want-1) > 0.02 {
			t.Errorf("%s: %.0f bytes are alive, want %.0f", name, live, want)
		}
	}
}

// A file gives the logits of the same generated weights.
func TestModelFromFile(t *testing.T) {
	folder := t.TempDir()
	var tensors []weightstest.Tensor
	read := model.GenerateGPT2[float32](tiny.shape, 1)
	for _, shape := range tiny.shape.Tensors() {
		values, err := read(shape)
		if err != nil {
			t.Fatal(err)
		}
		tensor := weightstest.Tensor{Name: "transformer." + shape.Name, Type: "F32"}
		for _, n := range shape.Shape {
			tensor.Shape = append(tensor.Shape, int64(n))
		}
		if tensor.Data, err = binary.Append(nil, binary.LittleEndian, values); err != nil {
			t.Fatal(err)
		}
		tensors = append(tensors, tensor)
	}
	weightstest.WriteSafetensors(t, filepath.Join(folder, "own.safetensors"), tensors...)
	weightstest.WriteSafetensors(t, filepath.Join(folder, "short.safetensors"), tensors[:5]...)
	weightstest.WriteSafetensors(t, filepath.Join(folder, "other.safetensors"), weightstest.Tensor{Name: "x", Type: "F32", Shape: []int64{2}})

	c := NewPrecision(libraryOf(t, folder))
	if _, faults := c.Resolve(map[string]any{"model": "other.safetensors"}); faults == nil {
		t.Error("a file without GPT-2's tensors can be chosen")
	}
	input := func(name string) builtin.Input {
		p := casetest.Resolve(t, &c, builtin.Values(modelName.Is(name), tokens.Is(4)))
		return builtin.Input{Params: p, Prepared: casetest.Zeros(t, len(floats)*len(qualityUnits)), Folders: builtin.Folders{Models: folder}}
	}
	if !slices.Equal(logitsOfVariant(t, c.Variant("float32"), input("own.safetensors")), logitsOfVariant(t, c.Variant("float32"), input("gpt2-tiny"))) {
		t.Error("the logits differ")
	}
	if _, err := c.Variant("float32").Setup(input("short.safetensors")); err == nil || !strings.Contains(err.Error(), "short.safetensors") {
		t.Errorf("a file with missing tensors gives %v", err)
	}
}

// libraryOf returns the library with a folder's files.
func libraryOf(t *testing.T, folder string) Library {
	t.Helper()
	files, err := testbed.ModelFiles(folder)
	if err != nil {
		t.Fatal(err)
	}
	return NewLibrary(files)
}
