package model

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"heaplab/profiler/profilertest/allocs"
)

// gpt2Shapes covers edge cases: a single head, block, number or token, widths that vectors do
// not divide, unaligned heads, and a shape with several chunks in every loop.
var gpt2Shapes = []GPT2{
	{Vocab: 11, Width: 8, Heads: 2, Blocks: 2, Context: 24},
	{Vocab: 1, Width: 1, Heads: 1, Blocks: 1, Context: 24},
	{Vocab: 7, Width: 6, Heads: 2, Blocks: 3, Context: 24},
	{Vocab: 30, Width: 15, Heads: 3, Blocks: 1, Context: 24},
	{Vocab: 700, Width: 132, Heads: 4, Blocks: 2, Context: 40},
}

func eachGPT2Shape(t *testing.T, test func(t *testing.T, m GPT2)) {
	for _, m := range gpt2Shapes {
		t.Run(fmt.Sprintf("%d tokens,width=%d,blocks=%d", m.Vocab, m.Width, m.Blocks), func(t *testing.T) { test(t, m) })
	}
}

func newTestDecoder[T Float](t *testing.T, m GPT2, weights GPT2Weights[T], cache Cache[T], chunk, workers int) *Decoder[T] {
	t.Helper()
	d := NewDecoder(m, weights, cache, chunk, workers)
	t.Cleanup(d.Close)
	return d
}

// weightsOf returns weights with the given tensors in a format.
func weightsOf[T Float](t testing.TB, m GPT2, format Format[T], tensors map[string][]T) GPT2Weights[T] {
	t.Helper()
	weights, err := NewGPT2Weights(m, format, func(shape TensorShape) ([]T, error) { return tensors[shape.Name], nil })
	if err != nil {
		t.Fatal(err)
	}
	return weights
}

// TestDecoderIsDeterministic checks that logits are bit-identical for all formats, caches,
// chunk sizes and numbers of workers.
func TestDecoderIsDeterministic(t *testing.T) {
	t.Run("float32", testDecoderIsDeterministic[float32])
	t.Run("float64", testDecoderIsDeterministic[float64])
}

func testDecoderIsDeterministic[T Float](t *testing.T) {
	chunks := []int{1, 2, 5, 32}
	if testing.Short() {
		chunks = []int{5}
	}
	eachGPT2Shape(t, func(t *testing.T, m GPT2) {
		const length = 21
		text, tensors := generateGPT2[T](m, length, 7)
		for name, format := range gpt2Formats[T]() {
			weights := weightsOf(t, m, format, tensors)
			var want [][]T
			single := newTestDecoder(t, m, weights, NewFixedCache[T](m, m.Context), 1, 1)
			for _, token := range text {
				want = append(want, slices.Clone(single.Feed(token)))
			}
			for _, cache := range []Cache[T]{NewFixedCache[T](m, length), NewGrownCache[T](m), NewConcatenatedCache[T](m)} {
				for _, chunk := range chunks {
					d := newTestDecoder(t, m, weights, cache, chunk, 3)
					for _, prompt := range []int{1, 6, length - 1} {
						d.Reset()
						if !slices.Equal(d.Prefill(text[:prompt]), want[prompt-1]) {
							t.Errorf("%s, %T, chunks of %d: logits of %d tokens differ", name, cache, chunk, prompt)
						}
						if !slices.Equal(d.Feed(text[prompt]), want[prompt]) {
							t.Errorf("%s, %T, chunks of %d: logits after %d tokens differ", name, cache, chunk, prompt)
						}
					}
				}
			}
		}
	})
}

// gpt2Formats returns all formats.
func gpt2Formats[T Float]() map[string]Format[T] {
	return map[string]Format[T]{
		"dense": DenseFormat[T](), "csr": CSRFormat[T](), "packed": PackedFormat[T](),
		"half": HalfFormat[T](), "brain": BrainFormat[T](),
		"int8": Int8Format[T](), "w8a8": W8A8Format[T](),
	}
}

// TestDecoder compares logits with logitsOf.
func TestDecoder(t *testing.T) {
	eachGPT2Shape(t, func(t *testing.T, m GPT2) {
		text, tensors := generateGPT2[float64](m, 9, 7)
		d := newTestDecoder(t, m, weightsOf(t, m, DenseFormat[float64](), tensors), NewFixedCache[float64](m, 9), 4, 2)
		shortest := 1
		if testing.Short() {
			shortest = len(text) - 1
		}
		for n := shortest; n <= len(text); n++ {
			d.Reset()
			checkAll(t, fmt.Sprintf("logits after %d tokens", n), d.Prefill(text[:n]), logitsOf(m, tensors, text[:n]), 1e-12)
		}
	})
}

// logitsOf computes the logits after a text directly from the definition.
func logitsOf(m GPT2, w map[string][]float64, text []int32) []float64 {
	linear := func(name string, x []float64) []float64 {
		y := slices.Clone(w[name+".bias"])
		for i, v := range x {
			for j := range y {
				y[j] += v * w[name+".weight"][i*len(y)+j]
			}
		}
		return y
	}
	norm := func(name string, x []float64) []float64 {
		var mean, variance float64
		for _, v := range x {
			mean += v / float64(len(x))
		}
		for _, v := range x {
			variance += (v - mean) * (v - mean) / float64(len(x))
		}
		y := slices.Clone(x)
		for i, v := range x {
			y[i] = (v-mean)/math.Sqrt(variance+1e-5)*w[name+".weight"][i] + w[name+".bias"][i]
		}
		return y
	}
	stream := make([][]float64, len(text))
	for at, token := range text {
		stream[at] = slices.Clone(rowOf(w["wte.weight"], int(token), m.Width))
		add(stream[at], rowOf(w["wpe.weight"], at, m.Width))
	}
	for block := range m.Blocks {
		name := fmt.Sprintf("h.%d.", block)
		var attended [][]float64
		for at, x := range stream {
			attended = append(attended, linear(name+"attn.c_attn", norm(name+"ln_1", x)))
			add(x, linear(name+"attn.c_proj", attentionOf(m, attended[:at+1])))
		}
		for _, x := range stream {
			inner := linear(name+"mlp.c_fc", norm(name+"ln_2", x))
			for i, v := range inner {
				inner[i] = 0.5 * v * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(v+0.044715*v*v*v)))
			}
			add(x, linear(name+"mlp.c_proj", inner))
		}
	}
	last := norm("ln_f", stream[len(text)-1])
	logits := make([]float64, m.Vocab)
	for token := range logits {
		for i, v := range last {
			logits[token] += v * w["wte.weight"][token*m.Width+i]
		}
	}
	return logits
}

// attentionOf returns the attention output of the last position, given queries, keys and
// values [positions, 3·width].
func attentionOf(m GPT2, attended [][]float64) []float64 {
	mixed := make([]float64, m.Width)
	query := attended[len(attended)-1]
	for i := range m.Width {
		first := i / m.head() * m.head()
		var sum, total float64
		for _, position := range attended {
			var score float64
			for k := first; k < first+m.head(); k++ {
				score += query[k] * position[m.Width+k]
			}
			share := math.Exp(score / math.Sqrt(float64(m.head())))
			sum += share * position[2*m.Width+i]
			total += share
		}
		mixed[i] = sum / total
	}
	return mixed
}

// TestSparseFormatsDecodeExactly checks that the logits of pruned weights are bit-identical in
// all formats.
func TestSparseFormatsDecodeExactly(t *testing.T) {
	eachGPT2Shape(t, func(t *testing.T, m GPT2) {
		for _, sparsity := range []float64{0.5, 0.9} {
			var want []float32
			for _, name := range []string{"dense", "csr", "packed"} {
				text, tensors := generateGPT2[float32](m, 12, 7)
				weights := weightsOf(t, m, PrunedFormat(gpt2Formats[float32]()[name], sparsity), tensors)
				got := newTestDecoder(t, m, weights, NewFixedCache[float32](m, 12), 5, 3).Logits(text)
				if want == nil {
					want = got
				}
				if !slices.Equal(got, want) {
					t.Errorf("pruned to %v: %s differs", sparsity, name)
				}
			}
		}
	})
}

// TestDecoderMemory counts the allocations per token, and compares the size of the cache with
// the computed one.
func TestDecoderMemory(t *testing.T) {
	m := GPT2{Vocab: 500, Width: 256, Heads: 4, Blocks: 3, Context: 200}
	const prompt, runs = 100, 20
	weights, err := NewGPT2Weights(m, DenseFormat[float32](), GenerateGPT2[float32](m, 1))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		cache  func() Cache[float32]
		allocs float64
		bytes  int // after all tokens
	}{
		{"fixed", func() Cache[float32] { return NewFixedCache[float32](m, m.Context) }, 0, 4 * m.CacheCount(m.Context)},
		{"grown", func() Cache[float32] { return NewGrownCache[float32](m) }, 0, 4 * m.CacheCount(128)},
		{"concatenated", func() Cache[float32] { return NewConcatenatedCache[float32](m) }, 2 * 3, 4 * m.CacheCount(prompt+runs+1)},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newTestDecoder(t, m, weights, nil, 8, 2)
			liveHeap() // the first collection of a process allocates
			before := liveHeap()
			d.Cache = test.cache()
			d.Prefill(make([]int32, prompt))
			if got := allocs.PerRun(runs, func() { d.Feed(1) }); got != test.allocs {
				t.Errorf("%v allocations per token, want %v", got, test.allocs)
			}
			if got := d.Cache.Bytes(); got != test.bytes {
				t.Errorf("the cache holds %d bytes, want %d", got, test.bytes)
			}
			got, want := liveHeap()-before, int64(test.bytes)
			if difference := got - want; difference < -want/50 || difference > want/10 { // sizes are rounded up
				t.Errorf("%d bytes live, want %d", got, want)
			}
		})
	}
}

// TestGrownCache checks that the capacity doubles when the cache is full, and that Reset keeps
// it.
func TestGrownCache(t *testing.T) {
	m := gpt2Shapes[2]
	cache := NewGrownCache[float64](m)
	for n := 1; n <= m.Context; n++ {
		for block := range m.Blocks {
			cache.extend(block, n-1, 1)
		}
		if got, want := cache.Bytes(), 8*m.CacheCount(GrownPositions(n)); got != want {
			t.Errorf("%d positions: %d bytes, want %d", n, got, want)
		}
	}
	cache.Reset()
	if got := allocs.PerRun(1, func() { cache.extend(0, 0, m.Context) }); got != 0 {
		t.Errorf("%v allocations for a text of the same length", got)
	}
}

// TestRoomCount compares the decoder's live memory with RoomCount.
func TestRoomCount(t *testing.T) {
	m := GPT2{Vocab: 3000, Width: 256, Heads: 4, Blocks: 1, Context: 300}
	for _, chunk := range []int{1, 8} {
		before := liveHeap()
		d := newTestDecoder(t, m, GPT2Weights[float64]{}, nil, chunk, 1)
		got, want := liveHeap()-before, int64(8*m.RoomCount(chunk))
		if got < want || got > want+want/10 { // sizes are rounded up
			t.Errorf("chunks of %d: %d bytes live, want %d", chunk, got, want)
		}
		runtime.KeepAlive(d)
	}
}

// TestFormatsDoNotAllocate checks that a token allocates nothing once each worker has a tile.
func TestFormatsDoNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector, sync.Pool drops items at random")
	}
	m := gpt2Shapes[len(gpt2Shapes)-1]
	text, tensors := generateGPT2[float32](m, 12, 7)
	for name, format := range gpt2Formats[float32]() {
		d := newTestDecoder(t, m, weightsOf(t, m, format, tensors), NewFixedCache[float32](m, m.Context), 1, 1)
		d.Prefill(text)
		if got := allocs.PerRun(20, func() { d.Feed(1) }); got != 0 {
			t.Errorf("%s: %v allocations per token", name, got)
		}
	}
}
