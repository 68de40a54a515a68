package weights

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"heaplab/profiler/model"
	"heaplab/profiler/weights/weightstest"
)

// gpt2Small returns the header of GPT-2 small, from a file whose numbers are all 0.
func gpt2Small(t *testing.T) *File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gpt2.safetensors")
	weightstest.WriteSafetensors(t, path, weightstest.GPT2Small()...)
	f, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func saving(t *testing.T, p Prediction, name string) Saving {
	t.Helper()
	for _, s := range p.Savings {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("no saving %s", name)
	return Saving{}
}

// checkPrediction checks what must be true of the prediction for every file.
func checkPrediction(t *testing.T, f *File) {
	t.Helper()
	p := Predict(f)
	for _, s := range p.Savings {
		var layers, kinds Change
		for _, c := range s.Layers {
			layers.Before, layers.After = layers.Before+c.Before, layers.After+c.After
		}
		for _, c := range s.Kinds {
			kinds.Before, kinds.After = kinds.Before+c.Before, kinds.After+c.After
		}
		if len(s.Layers) > 0 && (layers.Before != s.Before || layers.After != s.After || kinds != layers) {
			t.Fatalf("%s: layers sum to %+v and kinds to %+v, want %d and %d", s.Name, layers, kinds, s.Before, s.After)
		}
		if s.Before < 0 || s.After < 0 {
			t.Fatalf("%s overflows: %+v", s.Name, s)
		}
	}
}

func TestPredictGPT2Small(t *testing.T) {
	p := Predict(gpt2Small(t))
	const f32 = 497_759_232
	if p.Parameters != 124_439_808 || p.Bytes != f32 || len(p.Notes) > 0 {
		t.Errorf("%d parameters in %d bytes, %q", p.Parameters, p.Bytes, p.Notes)
	}
	if len(p.Layers) != 12+3 || p.Layers[2].Name != "h.2" || p.Layers[2].Parameters != 7_087_872 {
		t.Errorf("layers: %+v", p.Layers)
	}
	const matrix, rest = 84_934_656, 39_505_152 // numbers of the blocks' matrices, and of the rest
	for _, want := range []struct {
		name          string
		before, after int64
	}{
		{"float64-to-float32", 2 * f32, f32},
		{"float32", f32, f32},
		{"float16", f32, 248_879_616},
		{"bfloat16", f32, 248_879_616},
		{"int8", f32, 127_695_940},
		{"csr-50", f32, 8*matrix/2 + 4*12*(3*769+3073) + 4*rest},
		{"packed-50", f32, 4*matrix/2 + matrix/8 + matrix/256 + 4*rest},
		{"kv-fixed", 4 * 12 * 768 * 1024 * 1025, 75_497_472}, // 4·L·w·n(n+1)
		{"kv-float16", 75_497_472, 75_497_472 / 2},
		{"token-ids", 8 * 1024, 2 * 1024},
		{"mmap", 497_772_512, 12153 * 4096},
	} {
		s := saving(t, p, want.name)
		if s.Before != want.before || s.After != want.after {
			t.Errorf("%s: %d to %d, want %d to %d", want.name, s.Before, s.After, want.before, want.after)
		}
		if s.Formula == "" || s.Assumption == "" || s.Unknown != "" {
			t.Errorf("%s has no formula or no assumption: %+v", want.name, s)
		}
		if s.Bigger() != (want.after > want.before) {
			t.Errorf("%s: bigger = %v", want.name, s.Bigger())
		}
	}
	if !saving(t, p, "csr-50").Bigger() {
		t.Error("csr-50 is not bigger, although half of the weights in sparse rows take more than all of them")
	}
	for _, name := range []string{"preallocation", "pool", "locality", "distillation"} {
		if s := saving(t, p, name); s.Known() || s.Unknown == "" {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

// The prediction for pruning agrees with the case, which also measures it.
func TestPruningAgreesWithCase(t *testing.T) {
	p := Predict(gpt2Small(t))
	for _, test := range []struct {
		name  string
		ratio float64
		bytes int
	}{
		{"csr-80", 1.6921, model.GPT2Small.CSRBytes(0.8)},
		{"packed-80", 2.1010, model.GPT2Small.PackedBytes(0.8)},
	} {
		s := saving(t, p, test.name)
		if math.Abs(s.Ratio()-test.ratio) > 0.00005 {
			t.Errorf("%s: %.4f times less, want %.4f", test.name, s.Ratio(), test.ratio)
		}
		if off := s.After - int64(test.bytes); off < -1024 || off > 1024 { // the case rounds shares in float32
			t.Errorf("%s: %d bytes, the case has %d", test.name, s.After, test.bytes)
		}
	}
}

// Embeddings and output heads are not pruned, whatever their names.
func TestEmbeddingsAreNotPruned(t *testing.T) {
	f := &File{Format: Safetensors}
	for _, name := range []string{"model.embed_tokens.weight", "lm_head.weight", "output.weight", "token_embd.weight", "wpe.weight"} {
		f.Tensors = append(f.Tensors, Tensor{Name: name, Type: F32, Shape: []int64{64, 64}, Bytes: 4 * 64 * 64})
	}
	p := Predict(f)
	for _, name := range []string{"csr-80", "packed-80"} {
		if s := saving(t, p, name); s.After != s.Before {
			t.Errorf("%s: %d to %d bytes", name, s.Before, s.After)
		}
	}
}

// Pruning and int8 of a single matrix have the theoretical ratios.
func TestRatiosOfOneMatrix(t *testing.T) {
	const rows, cols = 8192, 10
	f := &File{Format: Safetensors, Size: 4 * rows * cols, Tensors: []Tensor{{Name: "dense.weight", Type: F32, Shape: []int64{rows, cols}, Bytes: 4 * rows * cols}}}
	p := Predict(f)
	for name, want := range map[string]float64{"csr-50": 0.91, "csr-80": 2.00, "packed-50": 1.88, "packed-80": 4.31, "packed-90": 7.56} {
		if got := saving(t, p, name).Ratio(); math.Abs(got-want) > 0.005 {
			t.Errorf("%s: %.3f, want %.2f", name, got, want)
		}
	}
	if s := saving(t, p, "int8"); s.After != rows*cols+4*rows {
		t.Errorf("int8: %d bytes, want one scale per row", s.After)
	}
}

func TestPredictGGUF(t *testing.T) {
	path := filepath.Join(t.TempDir(), "llama-00002-of-00003.gguf")
	weightstest.WriteGGUF(t, path, weightstest.Metadata{
		"general.architecture", "llama", "llama.block_count", uint32(2), "llama.context_length", uint32(4096), "llama.embedding_length", uint32(512),
		"llama.attention.head_count", uint32(8), "llama.attention.head_count_kv", uint32(2), "tokenizer.ggml.tokens", make([]string, 70_000),
	},
		weightstest.Tensor{Name: "token_embd.weight", Type: "Q6_K", Shape: []int64{1000, 512}},
		weightstest.Tensor{Name: "blk.0.attn_q.weight", Type: "Q4_K", Shape: []int64{512, 512}},
		weightstest.Tensor{Name: "blk.0.attn_norm.weight", Type: "F32", Shape: []int64{512}},
		weightstest.Tensor{Name: "blk.1.ffn_up.weight", Type: "Q8_0", Shape: []int64{1024, 512}},
		weightstest.Tensor{Name: "output.weight", Type: "F16", Shape: []int64{1000, 512}},
	)
	f, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p := Predict(f)
	if want := int64(512*1000/256*210 + 512*512/256*144 + 512*4 + 1024*512/32*34 + 1000*512*2); p.Bytes != want {
		t.Errorf("%d bytes, want %d", p.Bytes, want)
	}
	if s := saving(t, p, "float16"); !s.Bigger() || s.After != 2*p.Parameters {
		t.Errorf("float16 of blocks: %+v", s)
	}
	if s := saving(t, p, "kv-float16"); s.Before != 4*2*2*(2*64)*4096 {
		t.Errorf("KV cache: %+v", s)
	}
	if s := saving(t, p, "token-ids"); s.After != 4*4096 {
		t.Errorf("token ids: %+v", s)
	}
	var names []string
	for _, g := range p.Layers {
		names = append(names, g.Name)
	}
	for _, g := range p.Kinds {
		names = append(names, g.Name)
	}
	if got, want := strings.Join(names, ","), "blk.0,blk.1,output,token_embd,output head,feed-forward,token embedding,attention,normalisation"; got != want {
		t.Errorf("groups %s, want %s", got, want)
	}
	if len(p.Notes) != 1 || !strings.Contains(p.Notes[0], "file 2 of 3") {
		t.Errorf("notes: %q", p.Notes)
	}
}

// The largest accepted sizes do not overflow.
func TestPredictLongContext(t *testing.T) {
	p := Predict(&File{Format: GGUF, Metadata: map[string]string{
		ggufArchitecture: "a", "a.block_count": "4096", "a.context_length": "134217728", "a.embedding_length": "262144", "a.attention.head_count": "1",
	}})
	if s := saving(t, p, "kv-fixed"); s.Known() || !strings.Contains(s.Unknown, "more bytes than can be counted") {
		t.Errorf("kv-fixed: %+v", s)
	}
	if s := saving(t, p, "kv-float16"); s.Before != 1<<60 || s.Case != "" {
		t.Errorf("kv-float16: %+v", s)
	}
}

// If the size of the KV cache is unknown, the saving says why.
func TestUnknownCaches(t *testing.T) {
	gguf := func(metadata map[string]string) *File { return &File{Format: GGUF, Metadata: metadata} }
	for _, test := range []struct {
		name string
		file *File
		want string
	}{
		{"another model", &File{Format: Safetensors, Tensors: []Tensor{{Name: "model.embed_tokens.weight", Type: F32, Shape: []int64{8, 8}}}}, "config.json"},
		{"no metadata", gguf(nil), "does not give the layers"},
		{"compressed", gguf(map[string]string{ggufArchitecture: "a", "a.attention.kv_lora_rank": "512"}), "compresses keys"},
		{"absurd", gguf(map[string]string{ggufArchitecture: "a", "a.block_count": "99999", "a.context_length": "1", "a.embedding_length": "1", "a.attention.head_count": "1"}), "too large for any model"},
		{"negative", gguf(map[string]string{ggufArchitecture: "a", "a.block_count": "-1", "a.context_length": "-1", "a.embedding_length": "-1", "a.attention.head_count": "-1"}), "does not give the layers"},
	} {
		if s := saving(t, Predict(test.file), "kv-fixed"); s.Known() || !strings.Contains(s.Unknown, test.want) {
			t.Errorf("%s: %+v", test.name, s)
		}
	}
}

func TestHeadsDifferBetweenLayers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.gguf")
	weightstest.WriteGGUF(t, path, weightstest.Metadata{
		"general.architecture", "a", "a.block_count", uint32(2), "a.context_length", uint32(64), "a.embedding_length", uint32(8),
		"a.attention.head_count", uint32(2), "a.attention.head_count_kv", []uint32{1, 2},
	})
	f, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if s := saving(t, Predict(f), "kv-fixed"); s.Known() || !strings.Contains(s.Unknown, "differ between layers") {
		t.Errorf("%+v", s)
	}
}

// Masks, indices and packed integers are not weights. Notes say that they are left out.
func TestBuffersAreLeftOut(t *testing.T) {
	f := gpt2Small(t)
	f.Tensors = append(f.Tensors,
		Tensor{Name: "h.0.attn.bias", Type: F32, Shape: []int64{1, 1, 1024, 1024}, Bytes: 4 << 20},
		Tensor{Name: "position_ids", Type: "I64", Shape: []int64{1, 1024}, Bytes: 8192},
	)
	p := Predict(f)
	if p.Parameters != 124_439_808 || len(p.Notes) != 2 || !strings.Contains(p.Notes[0], "1 tensor of causal masks, 4194304 bytes") {
		t.Errorf("%d parameters, %q", p.Parameters, p.Notes)
	}
	if s := saving(t, Predict(&File{Tensors: f.Tensors[len(f.Tensors)-1:]}), "float16"); s.Known() {
		t.Errorf("a file of indices: %+v", s)
	}
}

func TestManyLayersAreGrouped(t *testing.T) {
	f := &File{Format: Safetensors}
	for i := range maxGroups + 50 {
		f.Tensors = append(f.Tensors, Tensor{Name: fmt.Sprintf("layers.%d.weight", i), Type: F32, Shape: []int64{4, 4}, Bytes: 64})
	}
	p := Predict(f)
	last := p.Layers[len(p.Layers)-1]
	if len(p.Layers) != maxGroups || last.Name != OtherLayers || last.Tensors != 51 {
		t.Errorf("%d layers, the last %+v", len(p.Layers), last)
	}
}

func TestLayerOrder(t *testing.T) {
	var groups []Group
	for _, name := range []string{OtherLayers, "h.10", "wte", "h.2", "h.1", "h", "h.1x", "h.20"} {
		groups = append(groups, Group{Name: name})
	}
	slices.SortFunc(groups, byBlock)
	var names []string
	for _, g := range groups {
		names = append(names, g.Name)
	}
	if got, want := strings.Join(names, " "), "h h.1 h.1x h.2 h.10 h.20 wte "+OtherLayers; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestConv1D(t *testing.T) {
	linear := &File{Format: Safetensors, Tensors: []Tensor{
		{Name: "h.0.attn.c_attn.weight", Type: F32, Shape: []int64{30, 10}, Bytes: 1200},
		{Name: "h.0.mlp.c_proj.weight", Type: F32, Shape: []int64{10, 40}, Bytes: 1600},
	}}
	if s := saving(t, Predict(linear), "int8"); s.After != 300+4*30+400+4*10 {
		t.Errorf("int8 of matrices with outputs first: %+v", s)
	}
}

// A file with GPT-2's names but other shapes or types is not GPT-2.
func TestGPT2(t *testing.T) {
	good := []Tensor{
		{Name: "wte.weight", Type: F32, Shape: []int64{10, 64}}, {Name: "wpe.weight", Type: F16, Shape: []int64{4, 64}},
		{Name: "h.0.attn.c_attn.weight", Type: BF16, Shape: []int64{64, 192}}, {Name: "h.0.attn.bias", Type: "U8", Shape: []int64{1, 1, 4, 4}},
		{Name: "lm_head.weight", Type: "X", Shape: []int64{10, 64}}, // GPT-2 does not need it
	}
	for _, test := range []struct {
		name string
		at   int
		typ  Type
		want bool
		size []int64
	}{
		{"good", 0, F64, true, []int64{10, 64}},
		{"no vocabulary", 0, F32, false, []int64{0, 64}},
		{"unknown type", 0, "X", false, []int64{1000, 1024}},
		{"unknown type and huge", 0, "X", false, []int64{1 << 40, 1 << 17}},
		{"no positions", 1, F32, false, []int64{0, 64}},
		{"a mask of another shape", 3, "BOOL", true, []int64{4, 4}},
		{"narrow floats", 2, "F8_E4M3", false, []int64{64, 192}},
	} {
		tensors := slices.Clone(good)
		tensors[test.at].Type, tensors[test.at].Shape = test.typ, test.size
		if shape, ok := (&File{Tensors: tensors}).GPT2(); ok != test.want {
			t.Errorf("%s: %+v, %v", test.name, shape, ok)
		}
	}
}
