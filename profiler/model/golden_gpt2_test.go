package model

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// A goldenGPT2 contains the results for a GPT2 model.
type goldenGPT2 struct {
	Prompt []int32        `json:"prompt"`
	Bytes  map[string]int `json:"bytes"` // of all weights, by element type
	Cache  struct {
		Positions int `json:"positions"`
		Values    int `json:"values"`
		Bytes     int `json:"bytes_f32"`
	} `json:"kv_cache"`
	Trace  []goldenTensor `json:"trace"`       // the residual stream of the prompt
	Logits []goldenTensor `json:"logits"`      // after each token of the prompt
	Last   []float64      `json:"logits_last"` // after the prompt, all elements
	Greedy struct {
		Tokens []int32 `json:"tokens"`
		Margin float64 `json:"min_margin"`
		Steps  []struct {
			Position int          `json:"position"`
			Token    int32        `json:"token"`
			Logit    float64      `json:"logit"`
			RunnerUp int32        `json:"runner_up"`
			Margin   float64      `json:"margin"`
			Logits   goldenTensor `json:"logits"`
		} `json:"steps"`
	} `json:"greedy"`
}

// Error bounds of GPT2's results, for float32 and float64.
const (
	logitBound  = 5e-6
	marginBound = 1e-5
	traceBound  = 1e-5
)

func (c goldenConfig) gpt2() GPT2 {
	return GPT2{Vocab: c.V, Width: c.D, Heads: c.H, Blocks: c.L, Context: c.C}
}

func testGoldenGPT2[T Float](t *testing.T, g *goldenFile) {
	m := g.Config.gpt2()
	if len(g.Trace) == 0 || len(g.Logits) != len(g.Prompt) || len(g.Greedy.Steps) == 0 {
		t.Fatal("the file contains no results")
	}
	prompt, tensors := generateGPT2[T](m, g.Config.T, g.Config.Seed)
	checkAll(t, "generated prompt", prompt, g.Prompt, 0)
	checkTensors(t, "generated", tensors, g.Generated.Weights, 1e-12)
	weights := weightsOf(t, m, DenseFormat[T](), tensors)
	checkGoldenSizes(t, g, m, weights)
	if t.Failed() {
		return // other results cannot match
	}

	t.Run("trace", func(t *testing.T) {
		d := newTestDecoder(t, m, weights, NewFixedCache[T](m, m.Context), len(prompt), 2)
		checkGoldenTrace(t, d, g)
	})
	t.Run("fixed", func(t *testing.T) {
		d := newTestDecoder(t, m, weights, NewFixedCache[T](m, m.Context), 5, 2)
		checkGoldenLogits(t, d, g, d.Feed)
	})
	t.Run("concatenated", func(t *testing.T) {
		d := newTestDecoder(t, m, weights, NewConcatenatedCache[T](m), 5, 2)
		checkGoldenLogits(t, d, g, d.Feed)
	})
	t.Run("recomputed", func(t *testing.T) {
		d := newTestDecoder(t, m, weights, NewFixedCache[T](m, m.Context), 5, 2)
		var text []int32
		checkGoldenLogits(t, d, g, func(token int32) []T {
			text = append(text, token)
			d.Reset()
			return d.Prefill(text)
		})
	})
	t.Run("greedy", func(t *testing.T) {
		d := newTestDecoder(t, m, weights, NewFixedCache[T](m, m.Context), 5, 2)
		if got := d.Greedy(prompt, len(g.Greedy.Tokens)); !slices.Equal(got, g.Greedy.Tokens) {
			t.Errorf("tokens %v, want %v", got, g.Greedy.Tokens)
		}
	})
}

// checkGoldenSizes compares computed sizes.
func checkGoldenSizes[T Float](t *testing.T, g *goldenFile, m GPT2, weights GPT2Weights[T]) {
	t.Helper()
	var zero T
	size := bytesOf([]T{zero})
	names := map[int]string{8: "f64", 4: "f32"}
	for _, size := range []struct {
		name      string
		got, want int
	}{
		{"weights", m.WeightCount(), g.Params},
		{"bytes of the weights", weights.Bytes(), g.Bytes[names[size]]},
		{"bytes at float64", 8 * m.WeightCount(), g.Bytes["f64"]},
		{"bytes at float32", 4 * m.WeightCount(), g.Bytes["f32"]},
		{"bytes at float16", 2 * m.WeightCount(), g.Bytes["f16"]},
		{"positions of the cache", len(g.Prompt) + len(g.Greedy.Tokens), g.Cache.Positions},
		{"numbers in the cache", m.CacheCount(g.Cache.Positions), g.Cache.Values},
		{"bytes of the cache", NewFixedCache[float32](m, g.Cache.Positions).Bytes(), g.Cache.Bytes},
	} {
		if size.got != size.want {
			t.Errorf("%s: %d, want %d", size.name, size.got, size.want)
		}
	}
}

// checkGoldenTrace compares the residual stream of the prompt after each half block. The decoder
// reads the prompt in one chunk.
func checkGoldenTrace[T Float](t *testing.T, d *Decoder[T], g *goldenFile) {
	t.Helper()
	n := len(g.Prompt)
	records := g.Trace
	next := func(name string, stream []T) {
		t.Helper()
		if records[0].Name != name {
			t.Fatalf("next record of the trace is %s, want %s", records[0].Name, name)
		}
		checkRecord(t, name, stream, records[0], traceBound)
		records = records[1:]
	}
	d.embed(g.Prompt)
	next("embed", d.buffers.stream)
	for block := range d.model.Blocks {
		d.attention(block, n)
		next(fmt.Sprintf("h.%d.after_attn", block), d.buffers.stream)
		d.dense(block, n)
		next(fmt.Sprintf("h.%d.after_mlp", block), d.buffers.stream)
	}
	d.norm(d.buffers.normed, d.buffers.stream, d.Weights.Norm)
	next("ln_f", d.buffers.normed)
	if len(records) > 0 {
		t.Errorf("unexpected record %s at the end of the trace", records[0].Name)
	}
}

// checkGoldenLogits compares the logits of the prompt and of the greedily generated tokens.
func checkGoldenLogits[T Float](t *testing.T, d *Decoder[T], g *goldenFile, feed func(token int32) []T) {
	t.Helper()
	var logits []T
	for i, token := range g.Prompt {
		logits = feed(token)
		checkRecord(t, fmt.Sprintf("logits after position %d", i), logits, g.Logits[i], logitBound)
	}
	checkAll(t, "logits after the prompt", logits, g.Last, logitBound)
	minMargin := math.Inf(1)
	for i, want := range g.Greedy.Steps {
		name := fmt.Sprintf("greedy step %d", i)
		checkRecord(t, name, logits, want.Logits, logitBound)
		best := argmaxOf(logits)
		top := float64(logits[best])
		rest := slices.Clone(logits)
		rest[best] = T(math.Inf(-1))
		second := argmaxOf(rest)
		margin := top - float64(rest[second])
		minMargin = min(minMargin, margin)
		if int32(best) != want.Token || want.Token != g.Greedy.Tokens[i] || int32(second) != want.RunnerUp {
			t.Fatalf("%s: token %d, runner-up %d, want %d, runner-up %d", name, best, second, want.Token, want.RunnerUp)
		}
		if position := len(g.Prompt) - 1 + i; position != want.Position || d.at != position+1 {
			t.Errorf("%s: position %d, want %d; decoder at %d", name, position, want.Position, d.at)
		}
		check(t, name+" logit", top, want.Logit, logitBound)
		check(t, name+" margin", margin, want.Margin, marginBound)
		if i < len(g.Greedy.Steps)-1 {
			logits = feed(want.Token)
		}
	}
	check(t, "smallest margin", minMargin, g.Greedy.Margin, marginBound)
}

// checkRecord compares a tensor with its digest. The bound applies to single elements. Sums
// over n elements may differ by √n times the bound.
func checkRecord[T Float](t *testing.T, name string, tensor []T, want goldenTensor, bound float64) {
	t.Helper()
	got := digestOf(tensor)
	all := bound * math.Sqrt(float64(len(tensor)))
	check(t, name+" sum", got.Sum, want.Sum, all)
	check(t, name+" l2", got.L2, want.L2, all)
	check(t, name+" maxabs", got.MaxAbs, want.MaxAbs, bound)
	check(t, name+" dot", got.Dot, want.Dot, all)
	if size := (TensorShape{Shape: want.Shape}).Size(); size != len(tensor) || len(want.Index) == 0 {
		t.Fatalf("%s: %d elements, want %d, and %d to compare", name, len(tensor), size, len(want.Index))
	}
	for i, at := range want.Index {
		check(t, fmt.Sprintf("%s [%d]", name, at), float64(tensor[at]), want.Value[i], bound)
	}
}

// generateGPT2 draws a prompt and tensors from one stream, in the golden files' order.
func generateGPT2[T Float](m GPT2, length int, seed uint32) (prompt []int32, tensors map[string][]T) {
	stream := lcg(seed)
	prompt = stream.ints(length, m.Vocab)
	tensors = make(map[string][]T)
	for _, shape := range m.Tensors() {
		tensor := make([]T, shape.Size())
		offset, scale := goldenScale(shape.Name)
		for i := range tensor {
			tensor[i] = T(float32(offset + (2*stream.next()-1)*scale))
		}
		tensors[shape.Name] = tensor
	}
	return prompt, tensors
}

// goldenScale returns the mean and the range of a tensor in the golden files.
func goldenScale(name string) (offset, scale float64) {
	for _, kind := range []struct {
		end           string
		offset, scale float64
	}{
		{"wte.weight", 0, 0.1},
		{"wpe.weight", 0, 0.05},
		{"c_attn.weight", 0, 0.3},
		{"attn.c_proj.weight", 0, 0.2},
		{"c_fc.weight", 0, 0.2},
		{"mlp.c_proj.weight", 0, 0.1},
		{".bias", 0, 0.05},
	} {
		if strings.HasSuffix(name, kind.end) {
			return kind.offset, kind.scale
		}
	}
	return 1, 0.1 // gain of a norm
}
