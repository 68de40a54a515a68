package weights

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/x448/float16"

	"heaplab/profiler/weights/weightstest"
)

// numbers are the numbers of each tensor in numbersFile.
var numbers = []float64{0, 1, -2, 0.5, -100, 96}

// numbersFile writes a file with a tensor of every readable type and one of another type.
func numbersFile(t *testing.T) string {
	t.Helper()
	le := binary.LittleEndian
	data := map[string][]byte{}
	for _, n := range numbers {
		f := float32(n)
		data["F64"] = le.AppendUint64(data["F64"], math.Float64bits(n))
		data["F32"] = le.AppendUint32(data["F32"], math.Float32bits(f))
		data["F16"] = le.AppendUint16(data["F16"], float16.Fromfloat32(f).Bits())
		data["BF16"] = le.AppendUint16(data["BF16"], uint16(math.Float32bits(f)>>16))
		data["I8"] = append(data["I8"], byte(int8(n)))
	}
	var tensors []weightstest.Tensor
	for _, name := range []string{"F64", "F32", "F16", "BF16", "I8"} {
		tensors = append(tensors, weightstest.Tensor{Name: name, Type: name, Shape: []int64{2, 3}, Data: data[name]})
	}
	tensors = append(tensors, weightstest.Tensor{Name: "I64", Type: "I64", Shape: []int64{1}})
	path := filepath.Join(t.TempDir(), "numbers.safetensors")
	weightstest.WriteSafetensors(t, path, tensors...)
	return path
}

// opened opens a file until the test ends.
func opened(t testing.TB, path string) *Reader {
	t.Helper()
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func TestLoadConvertsEveryType(t *testing.T) {
	r := opened(t, numbersFile(t))
	for _, name := range []string{"F64", "F32", "F16", "BF16", "I8"} {
		tensor, err := r.Tensor(name, 2, 3)
		if err != nil {
			t.Fatal(err)
		}
		want := slices.Clone(numbers)
		if name == "I8" {
			want[3] = 0
		}
		got := make([]float64, len(want))
		if err := errors.Join(Load(r, tensor, got[:2], 0), Load(r, tensor, got[2:], 2)); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		narrow := make([]float32, 3)
		if err := Load(r, tensor, narrow, 3); err != nil || float64(narrow[2]) != want[5] {
			t.Errorf("%s as float32: %v, %v", name, narrow, err)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	r := opened(t, numbersFile(t))
	f32, _ := r.Tensor("F32", 2, 3)
	_, typ := r.Tensor("I64", 1)
	i64 := &r.Tensors[slices.IndexFunc(r.Tensors, func(t Tensor) bool { return t.Name == "I64" })]
	_, missing := r.Tensor("h.0.attn.c_attn.weight", 2, 3)
	_, shape := r.Tensor("F32", 3, 2)
	for _, test := range []struct {
		err  error
		want string
	}{
		{missing, `has no tensor "h.0.attn.c_attn.weight"`},
		{shape, `of shape [2×3], but [3×2] is needed`},
		{typ, `type "I64", whose numbers cannot be read`},
		{Load(r, i64, make([]float32, 1), 0), `type "I64", whose numbers cannot be read`},
		{Load(r, f32, make([]float32, 7), 0), "of 6 numbers, fewer"},
		{Load(r, f32, make([]float32, 1), 6), "of 6 numbers, fewer"},
		{Load(r, f32, make([]float32, 1), -1), "of 6 numbers, fewer"},
		{Load(r, f32, make([]float32, 1), math.MaxInt64), "of 6 numbers, fewer"},
	} {
		var fault Fault
		if !errors.As(test.err, &fault) || !strings.Contains(test.err.Error(), test.want) {
			t.Errorf("got %v, want a Fault with %q", test.err, test.want)
		}
	}
}

// Load converts a tensor of many tiles without a copy of it.
func TestLoadManyTiles(t *testing.T) {
	const n = 1 << 20
	data := make([]byte, 0, 2*n)
	for i := range n {
		data = binary.LittleEndian.AppendUint16(data, float16.Fromfloat32(float32(i%1000)).Bits())
	}
	path := filepath.Join(t.TempDir(), "large.safetensors")
	weightstest.WriteSafetensors(t, path, weightstest.Tensor{Name: "x", Type: "F16", Shape: []int64{n}, Data: data})
	r := opened(t, path)
	dst := make([]float32, n-1)
	allocated := allocatedBy(func() {
		if err := Load(r, &r.Tensors[0], dst, 1); err != nil {
			t.Fatal(err)
		}
	})
	for i, v := range dst {
		if v != float32((i+1)%1000) {
			t.Fatalf("number %d is %v", i+1, v)
		}
	}
	if allocated > 2*tile {
		t.Errorf("allocated %d bytes besides the destination", allocated)
	}
}

// A file may become shorter while it is open.
func TestTruncatedWhileOpen(t *testing.T) {
	const n = 1 << 16
	path := filepath.Join(t.TempDir(), "x.safetensors")
	weightstest.WriteSafetensors(t, path, weightstest.Tensor{Name: "x", Type: "F32", Shape: []int64{n}})
	r := opened(t, path)
	if err := os.Truncate(path, 4096); err != nil {
		t.Fatal(err)
	}
	err := Load(r, &r.Tensors[0], make([]float32, n), 0)
	if err == nil || !strings.Contains(err.Error(), `has lost its tensor "x"`) {
		t.Errorf("got %v", err)
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Join(dir, "nothing")} {
		if _, err := Open(path); err == nil {
			t.Errorf("opened %s", path)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "x"), []byte("not a model"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(dir, "x")); err == nil || !strings.Contains(err.Error(), "neither a GGUF nor a safetensors") {
		t.Errorf("got %v", err)
	}
}

// BenchmarkLoad loads 64 MiB of each type, and reports bytes of the file per second.
func BenchmarkLoad(b *testing.B) {
	const bytes = 64 << 20
	for _, typ := range []Type{F32, F16, BF16, I8} {
		n := bytes / typ.width()
		path := filepath.Join(b.TempDir(), string(typ))
		weightstest.WriteSafetensors(b, path, weightstest.Tensor{Name: "x", Type: string(typ), Shape: []int64{n}, Data: make([]byte, bytes)})
		b.Run(string(typ), func(b *testing.B) {
			r := opened(b, path)
			dst := make([]float32, n)
			b.SetBytes(bytes)
			for b.Loop() {
				if err := Load(r, &r.Tensors[0], dst, 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
