package model

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"testing"
)

// TestGPT2Small compares computed sizes with the published ones.
func TestGPT2Small(t *testing.T) {
	for _, test := range []struct {
		name      string
		got, want int
	}{
		{"weights", GPT2Small.WeightCount(), 124_439_808},
		{"bytes in Int8Format", GPT2Small.Int8Bytes(), 127_695_940},
		{"bytes of the cache", 4 * GPT2Small.CacheCount(GPT2Small.Context), 75_497_472},
		{"tensors", len(GPT2Small.Tensors()), 148},
	} {
		if test.got != test.want {
			t.Errorf("%s: %d, want %d", test.name, test.got, test.want)
		}
	}
	tensors := GPT2Small.Tensors()
	for _, test := range []struct {
		at    int
		name  string
		shape []int
	}{
		{0, "wte.weight", []int{50257, 768}},
		{1, "wpe.weight", []int{1024, 768}},
		{4, "h.0.attn.c_attn.weight", []int{768, 2304}},
		{13, "h.0.mlp.c_proj.bias", []int{768}},
		{144, "h.11.mlp.c_proj.weight", []int{3072, 768}},
		{147, "ln_f.bias", []int{768}},
	} {
		if got := tensors[test.at]; got.Name != test.name || !slices.Equal(got.Shape, test.shape) {
			t.Errorf("tensor %d is %v, want %s %v", test.at, got, test.name, test.shape)
		}
	}
}

// TestGPT2WeightBytes compares the sizes of all formats with the computed ones.
func TestGPT2WeightBytes(t *testing.T) {
	eachGPT2Shape(t, func(t *testing.T, m GPT2) {
		_, tensors := generateGPT2[float32](m, 1, 1)
		for name, want := range map[string]int{
			"dense": 4 * m.WeightCount(), "half": 2 * m.WeightCount(), "brain": 2 * m.WeightCount(),
			"int8": m.Int8Bytes(), "w8a8": m.Int8Bytes(),
		} {
			if got := weightsOf(t, m, gpt2Formats[float32]()[name], tensors).Bytes(); got != want {
				t.Errorf("%s: %d bytes, want %d", name, got, want)
			}
		}
		for _, sparsity := range []float64{0.5, 0.8} {
			for name, want := range map[string]int{"csr": m.CSRBytes(sparsity), "packed": m.PackedBytes(sparsity)} {
				_, tensors := generateGPT2[float32](m, 1, 1)
				if got := weightsOf(t, m, PrunedFormat(gpt2Formats[float32]()[name], sparsity), tensors).Bytes(); got != want {
					t.Errorf("%s pruned to %v: %d bytes, want %d", name, sparsity, got, want)
				}
			}
		}
	})
}

// TestGPT2WeightsLiveBytes checks that the live memory of weights equals Bytes, and that
// nothing refers to the source values.
func TestGPT2WeightsLiveBytes(t *testing.T) {
	m := GPT2{Vocab: 2000, Width: 256, Heads: 4, Blocks: 2, Context: 64}
	for name, format := range gpt2Formats[float32]() {
		halves() // so that its table does not count
		before := liveHeap()
		weights, err := NewGPT2Weights(m, PrunedFormat(format, 0.8), GenerateGPT2[float32](m, 1))
		if err != nil {
			t.Fatal(err)
		}
		got, want := liveHeap()-before, int64(weights.Bytes())
		if difference := got - want; difference < -want/50 || difference > want/20 { // sizes are rounded up
			t.Errorf("%s: %d bytes live, want %d", name, got, want)
		}
		runtime.KeepAlive(weights)
	}
}

func TestNewGPT2WeightsErrors(t *testing.T) {
	m, damaged := gpt2Shapes[0], errors.New("damaged")
	for _, test := range []struct {
		name   string
		change func(values []float32) ([]float32, error)
		want   string
	}{
		{"error", func([]float32) ([]float32, error) { return nil, damaged }, "tensor h.1.mlp.c_fc.bias: damaged"},
		{"too few values", func(v []float32) ([]float32, error) { return v[1:], nil }, "tensor h.1.mlp.c_fc.bias: 31 values, want 32"},
	} {
		for name, format := range gpt2Formats[float32]() {
			source := GenerateGPT2[float32](m, 1)
			_, err := NewGPT2Weights(m, format, func(t TensorShape) ([]float32, error) {
				values, err := source(t)
				if t.Name == "h.1.mlp.c_fc.bias" {
					return test.change(values)
				}
				return values, err
			})
			if err == nil || err.Error() != test.want {
				t.Errorf("%s, %s: %v, want %s", test.name, name, err, test.want)
			}
		}
	}
}

func TestGenerateGPT2(t *testing.T) {
	m := GPT2{Vocab: 300, Width: 64, Heads: 4, Blocks: 8, Context: 100}
	wide, narrow, other := GenerateGPT2[float64](m, 1), GenerateGPT2[float32](m, 1), GenerateGPT2[float64](m, 2)
	tensors := m.Tensors()
	slices.Reverse(tensors) // values must not depend on the order
	for _, shape := range tensors {
		values, _ := wide(shape)
		rounded, _ := narrow(shape)
		checkAll(t, shape.Name+" in float32", rounded, converted[float32](values), 0)
		if len(shape.Shape) == 2 {
			if different, _ := other(shape); different[0] == values[0] {
				t.Errorf("%s: different seeds give the same values", shape.Name)
			}
		}
	}
	for name, want := range map[string]struct{ mean, deviation float64 }{
		"wte.weight":             {0, 0.02},
		"wpe.weight":             {0, 0.01},
		"h.3.attn.c_attn.weight": {0, 0.02},
		"h.3.attn.c_proj.weight": {0, 0.005},
		"h.7.mlp.c_proj.weight":  {0, 0.005},
		"h.0.ln_2.weight":        {1, 0},
		"h.0.ln_2.bias":          {0, 0},
		"ln_f.weight":            {1, 0},
	} {
		i := slices.IndexFunc(tensors, func(t TensorShape) bool { return t.Name == name })
		values, _ := wide(tensors[i])
		var sum, squares float64
		for _, v := range values {
			sum += v
			squares += (v - want.mean) * (v - want.mean)
		}
		n := float64(len(values))
		check(t, name+" mean", sum/n, want.mean, 0.1*want.deviation)
		check(t, name+" deviation", math.Sqrt(squares/n), want.deviation, 0.05*want.deviation)
	}
}
