package cases

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/cases/casetest"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/weights/weightstest"
)

var mapping = newMapping(nil)

// A model file is read unchanged, up to the last whole page.
func TestMappingOfAModel(t *testing.T) {
	folder := t.TempDir()
	content := make([]byte, 1<<20+100)
	for i := range content {
		content[i] = byte(i * 7)
	}
	weightstest.WriteSafetensors(t, filepath.Join(folder, "own.safetensors"), weightstest.Tensor{Name: "x", Type: "I8", Shape: []int64{int64(len(content))}, Data: content})
	weightstest.WriteSafetensors(t, filepath.Join(folder, "small.safetensors"), weightstest.Tensor{Name: "x", Type: "I8", Shape: []int64{2}})
	found, err := With(builtin.Folders{Models: folder})
	if err != nil {
		t.Fatal(err)
	}
	c := builtin.Find(found, "mmap")
	if _, faults := c.Resolve(map[string]any{"file": "small.safetensors"}); faults == nil {
		t.Error("a file below 1 MiB can be chosen")
	}
	p, faults := c.Resolve(map[string]any{"file": "own.safetensors"})
	if faults != nil {
		t.Fatal(faults)
	}
	in, err := c.PrepareIn(t.TempDir(), builtin.Input{Params: p, Folders: builtin.Folders{Models: folder}})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range c.Variants {
		work, err := v.Setup(in)
		if err != nil {
			t.Fatal(err)
		}
		if err := work.Op(func() {}); err != nil {
			t.Errorf("%s: %v", v.Name, err)
		}
		if got := work.Metrics()[0].Value; got != 1<<20 {
			t.Errorf("%s: the file has %v bytes of weights", v.Name, got)
		}
	}
}

// The heap holds the file, a buffer or nothing at the mark.
func TestMappingHeap(t *testing.T) {
	p, faults := mapping.Resolve(map[string]any{"mib": 4})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	in := casetest.Prepare(t, &mapping, p)
	for name, want := range map[string]float64{"whole": 4 << 20, "streamed": 1 << 20, "mapped": 0} {
		if got := casetest.HeapAtMark(t, mapping.Variant(name), in); math.Abs(got-want) > 64<<10 {
			t.Errorf("%s: %v bytes in use, want %v", name, got, want)
		}
	}
}

// Every variant detects a file with other contents.
func TestMappingChecksItsSum(t *testing.T) {
	for _, touch := range touches() {
		for _, cache := range []string{warm, cold} {
			p, _ := mapping.Resolve(map[string]any{"mib": 1, "touch": touch, "cache": cache})
			for _, v := range mapping.Variants {
				in := casetest.Prepare(t, &mapping, p)
				work, err := v.Setup(in)
				if err != nil {
					t.Fatal(err)
				}
				if err := work.Op(func() {}); err != nil {
					t.Errorf("%s, %s, %s: %v", touch, cache, v.Name, err)
				}
				change(t, in.Prepared)
				if err := work.Op(func() {}); err == nil {
					t.Errorf("%s, %s, %s: no error for other weights", touch, cache, v.Name)
				}
			}
		}
	}
}

// change overwrites the first bytes of a file.
func change(t *testing.T, name string) {
	t.Helper()
	file, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.Write([]byte("other weights"))
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestMappingPredicts(t *testing.T) {
	for _, test := range []struct {
		touch string
		mib   int
		want  float64 // of the RSS at the mark
	}{
		{"first", 640, 10},
		{"first", 128, 9.99},
		{"first", 1, 8},
		{"strided", 128, 1},
		{"all", 128, 1},
	} {
		p, _ := mapping.Resolve(map[string]any{"touch": test.touch, "mib": test.mib})
		for _, prediction := range mapping.Predict(p) {
			if prediction.Unit == profiler.MarkRSS && math.Abs(float64(prediction.Ratio)/test.want-1) > 0.001 {
				t.Errorf("%s of %d MiB: %v, want %v", test.touch, test.mib, prediction.Ratio, test.want)
			}
		}
	}
}
