package gpt2

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/weights"
	"heaplab/profiler/weights/weightstest"
)

// gpt2With returns the tensors of a small GPT-2, some of them replaced.
func gpt2With(others ...weightstest.Tensor) []weightstest.Tensor {
	tensors := weightstest.GPT2(1, 64, 211, 64)
	for _, other := range others {
		i := slices.IndexFunc(tensors, func(t weightstest.Tensor) bool { return t.Name == other.Name })
		tensors[i] = other
	}
	return tensors
}

// A file is a choice of the param model if its header describes a GPT-2 that the cases can run.
func TestLibraryModels(t *testing.T) {
	wte := func(typ string, shape ...int64) []weightstest.Tensor {
		return gpt2With(weightstest.Tensor{Name: "wte.weight", Type: typ, Shape: shape})
	}
	mask := weightstest.Tensor{Name: "h.0.attn.bias", Type: "X", Shape: []int64{1, 1, 64, 64}}
	for _, test := range []struct {
		name    string
		tensors []weightstest.Tensor
		want    bool
	}{
		{"good", gpt2With(), true},
		{"half", wte("F16", 211, 64), true},
		{"with a mask of another type", append(gpt2With(), mask), true},
		{"no tokens", wte("F32", 0, 64), false},
		{"unknown type", wte("X", 1000, 1024), false},
		{"unknown type and huge", wte("X", 1<<40, 1<<17), false},
		{"unknown type in a block", gpt2With(weightstest.Tensor{Name: "h.0.mlp.c_fc.weight", Type: "X", Shape: []int64{64, 256}}), false},
		{"unknown type of positions", gpt2With(weightstest.Tensor{Name: "wpe.weight", Type: "X", Shape: []int64{64, 64}}), false},
		{"wider than the file has room for", wte("F32", 1, 1<<14), false},
		{"so wide that the count would overflow", wte("I8", 1, 1<<36), false},
		{"more tokens than ids", wte("I8", 1<<32, 64), false},
		{"more positions than the file has room for", gpt2With(weightstest.Tensor{Name: "wpe.weight", Type: "I8", Shape: []int64{1 << 24, 1}}), false},
		{"heads that are not of 64", weightstest.GPT2(1, 96, 211, 64), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			weightstest.WriteSafetensors(t, filepath.Join(folder, "own.safetensors"), test.tensors...)
			c := NewCache(libraryOf(t, folder))
			_, faults := c.Resolve(builtin.Values(modelName.Is("own.safetensors"), tokens.Is(4)))
			if got := faults == nil; got != test.want {
				t.Errorf("it can be chosen: %v, want %v", got, test.want)
			}
		})
	}
}

// Cases list the same files as the page of predictions.
func TestLibraryFollowsLinksWithinTheFolder(t *testing.T) {
	parent := t.TempDir()
	folder := filepath.Join(parent, "models")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	weightstest.WriteSafetensors(t, filepath.Join(parent, "secret.safetensors"), gpt2With()...)
	weightstest.WriteSafetensors(t, filepath.Join(folder, "Own.SafeTensors"), gpt2With()...)
	for name, target := range map[string]string{"within.safetensors": "Own.SafeTensors", "out.safetensors": "../secret.safetensors"} {
		if err := os.Symlink(target, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	for _, m := range libraryOf(t, folder).models[len(generated):] {
		names = append(names, m.name)
	}
	if want := []string{"Own.SafeTensors", "within.safetensors"}; !slices.Equal(names, want) {
		t.Errorf("models are %q, want %q", names, want)
	}
}

// A tensor that cannot be read allocates nothing, whatever its shape.
func TestUnreadableTensorAllocatesNothing(t *testing.T) {
	folder := t.TempDir()
	for name, size := range map[string][]int64{"small": {1000, 1024}, "huge": {1 << 40, 1 << 17}} {
		file := name + ".safetensors"
		weightstest.WriteSafetensors(t, filepath.Join(folder, file), weightstest.Tensor{Name: "wte.weight", Type: "X", Shape: size})
		in := builtin.Input{Folders: builtin.Folders{Models: folder}}
		read, done, err := openFile[float32](in, file, "")
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		values, err := read(model.TensorShape{Name: "wte.weight", Shape: []int{int(size[0]), int(size[1])}})
		runtime.ReadMemStats(&after)
		var fault weights.Fault
		if values != nil || !errors.As(err, &fault) || !strings.Contains(err.Error(), `type "X"`) {
			t.Errorf("%s: %d numbers, %v", name, len(values), err)
		}
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 64<<10 {
			t.Errorf("%s: %d bytes allocated", name, allocated)
		}
		if err := done(); err != nil {
			t.Error(err)
		}
	}
}
