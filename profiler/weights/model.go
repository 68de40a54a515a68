package weights

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Kinds of tensors.
const (
	kindAttention = "attention"
	kindForward   = "feed-forward"
	kindTokens    = "token embedding"
	kindPositions = "position embedding"
	kindHead      = "output head"
	kindNorm      = "normalisation"
	kindBias      = "biases"
	kindOther     = "other"
	kindBuffer    = "" // not weights: masks, indices, and integers packed in an unknown way
)

// A weight is a tensor of weights, with facts derived from its name and shape.
type weight struct {
	*Tensor
	n        int64  // numbers
	layer    string // "h.0", or the module if it is outside the blocks
	kind     string
	matrix   bool  // int8 and pruning may apply: at least two dimensions, no position embedding or normalisation
	rows     int64 // of a matrix: the product of all dimensions but the last
	channels int64 // of a matrix: its outputs
}

// weightsOf returns the weights of a file, and the tensors that are not weights.
func weightsOf(f *File) (weights []weight, buffers []*Tensor) {
	outputsLast := hasConv1D(f)
	for i := range f.Tensors {
		t := &f.Tensors[i]
		w := weight{Tensor: t, n: t.Count(), layer: layerOf(t.Name), kind: kindOf(t)}
		if w.kind == kindBuffer {
			buffers = append(buffers, t)
			continue
		}
		long := 0
		for _, size := range t.Shape {
			if size > 1 {
				long++
			}
		}
		if w.matrix = long >= 2 && w.n > 0 && w.kind != kindPositions && w.kind != kindNorm; w.matrix {
			w.rows = w.n / t.Shape[len(t.Shape)-1]
			w.channels = t.Shape[0]
			if outputsLast && isConv1D(t.Name) {
				w.channels = t.Shape[len(t.Shape)-1]
			}
		}
		weights = append(weights, w)
	}
	return weights, buffers
}

// isConv1D reports whether name is that of a matrix that GPT-2 stores as [inputs, outputs]. Other
// models store the outputs first.
func isConv1D(name string) bool {
	for _, end := range []string{".c_attn.weight", ".c_proj.weight", ".c_fc.weight"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// hasConv1D reports whether a file stores matrices as GPT-2 does, and does not just use its names.
// The matrix c_attn computes queries, keys and values, so it has three times as many outputs as
// inputs.
func hasConv1D(f *File) bool {
	return slices.ContainsFunc(f.Tensors, func(t Tensor) bool {
		return strings.HasSuffix(t.Name, ".c_attn.weight") && len(t.Shape) == 2 && t.Shape[1] == 3*t.Shape[0]
	})
}

// layerOf returns the block of a tensor, such as "model.layers.3", which ends with the first number
// in its name. Without a number it returns the module.
func layerOf(name string) string {
	parts := strings.Split(name, ".")
	for i, part := range parts {
		if _, err := strconv.ParseUint(part, 10, 31); err == nil && i > 0 {
			return strings.Join(parts[:i+1], ".")
		}
	}
	if len(parts) > 1 {
		parts = parts[:len(parts)-1]
	}
	return strings.Join(parts, ".")
}

// kindNames lists parts of tensor names by kind, as used in files of well-known models. The first
// match counts.
var kindNames = []struct {
	kind  string
	parts []string
}{
	{kindNorm, []string{"norm", "ln_", "ln1", "ln2"}},
	{kindPositions, []string{"wpe", "position_emb", "position_embd", "pos_emb"}},
	{kindTokens, []string{"wte", "embed_tokens", "token_emb", "word_emb", "embeddings", "embedding"}},
	{kindHead, []string{"lm_head", "embed_out"}},
	{kindAttention, []string{"attn", "attention"}},
	{kindForward, []string{"mlp", "ffn", "feed_forward", "intermediate", "expert", ".fc"}},
}

func kindOf(t *Tensor) string {
	name := strings.ToLower(t.Name)
	switch {
	case !t.Type.isWeight(), isMask(t):
		return kindBuffer
	case strings.HasSuffix(name, "bias"):
		return kindBias
	case name == "output.weight": // of GGUF
		return kindHead
	}
	for _, k := range kindNames {
		for _, part := range k.parts {
			if strings.Contains(name, part) {
				return k.kind
			}
		}
	}
	return kindOther
}

// isMask reports whether a tensor is a causal mask or its mask value. The published files of GPT-2
// and of some models based on it have them in every block.
func isMask(t *Tensor) bool {
	attention := strings.HasSuffix(t.Name, "attn.bias") || strings.HasSuffix(t.Name, "attention.bias")
	return strings.HasSuffix(t.Name, ".masked_bias") || attention && len(t.Shape) == 4
}

// A cache is the size of a model's KV cache.
type cache struct {
	Layers     int64
	Keys       int64  // numbers in the keys of one position and layer, over all heads
	Values     int64  // likewise for values
	Context    int64  // positions
	Vocabulary int64  // 0 if unknown
	From       string // where these sizes come from
}

// numbers returns how many numbers the cache holds for that many positions.
func (c cache) numbers(positions int64) int64 { return c.Layers * (c.Keys + c.Values) * positions }

// cacheOf returns the KV cache of a model, or the reason why it is unknown.
func cacheOf(f *File) (c cache, unknown string) {
	if f.Format == GGUF {
		c, unknown = ggufCache(f.Metadata)
	} else {
		c, unknown = gpt2Cache(f)
	}
	if unknown == "" && (c.Layers > 1<<12 || c.Keys > 1<<18 || c.Values > 1<<18 || c.Context > 1<<27) {
		return c, "the sizes in the file are too large for any model"
	}
	return c, unknown
}

// A GPT2 holds the sizes of a model that has GPT-2's tensors.
type GPT2 struct {
	Vocab, Width, Blocks, Context int64
	Prefix                        string // of the tensor names; "" in the published files
}

// gpt2Names matches the names of the tensors that GPT-2 needs. Its files can have more, such as masks.
var gpt2Names = regexp.MustCompile(`^(wte\.weight|wpe\.weight|(ln_f|h\.\d+\.(ln_[12]|attn\.c_attn|attn\.c_proj|mlp\.c_fc|mlp\.c_proj))\.(weight|bias))$`)

// GPT2 returns the sizes of a model with GPT-2's tensors. ok reports whether f is one, and whether
// the types of these tensors are readable.
func (f *File) GPT2() (shape GPT2, ok bool) {
	const prefix = "transformer."
	for i := range f.Tensors {
		t := &f.Tensors[i]
		name := strings.TrimPrefix(t.Name, prefix)
		if gpt2Names.MatchString(name) && !t.Type.Readable() {
			return GPT2{}, false
		}
		switch {
		case len(t.Shape) != 2:
		case name == "wte.weight":
			shape.Vocab, shape.Width = t.Shape[0], t.Shape[1]
			shape.Prefix = strings.TrimSuffix(t.Name, name)
		case name == "wpe.weight":
			shape.Context = t.Shape[0]
		case strings.HasPrefix(name, "h.") && strings.HasSuffix(name, ".attn.c_attn.weight"):
			shape.Blocks++
		}
	}
	return shape, shape.Blocks > 0 && shape.Context > 0 && shape.Width > 0 && shape.Vocab > 0
}

// gpt2Cache returns the KV cache of GPT-2, which it recognizes by the names and shapes of its tensors.
func gpt2Cache(f *File) (cache, string) {
	shape, ok := f.GPT2()
	if !ok {
		return cache{}, "the numbers of layers and heads of a safetensors model are in another file, config.json; only GPT-2 is recognized by its tensors"
	}
	return cache{Layers: shape.Blocks, Keys: shape.Width, Values: shape.Width, Context: shape.Context, Vocabulary: shape.Vocab, From: "the names and shapes of GPT-2's tensors"}, ""
}

// ggufCache returns the KV cache that a GGUF file's metadata describes.
func ggufCache(metadata map[string]string) (cache, string) {
	value := func(end string) int64 {
		n, _ := strconv.ParseInt(metadata[metadata[ggufArchitecture]+end], 10, 64) // 0 if unknown
		return min(max(n, 0), 1<<28)
	}
	heads, width := value(".attention.head_count"), value(".embedding_length")
	c := cache{Layers: value(".block_count"), Context: value(".context_length"), Vocabulary: value(".vocab_size"), From: "the file's metadata"}
	if n, err := strconv.ParseInt(metadata[ggufTokens], 10, 64); err == nil {
		c.Vocabulary = n
	}
	switch {
	case value(".attention.kv_lora_rank") > 0:
		return c, "the model compresses keys and values in its own way"
	case heads == 0 || width == 0 || c.Layers == 0 || c.Context == 0:
		return c, "the file's metadata does not give the layers, heads and context, or they differ between layers"
	}
	kvHeads := heads
	if metadata[metadata[ggufArchitecture]+".attention.head_count_kv"] == byLayer {
		return c, "the heads of keys and values differ between layers"
	}
	if n := value(".attention.head_count_kv"); n > 0 {
		kvHeads = n
	}
	size := func(end string) int64 {
		if n := value(end); n > 0 {
			return n
		}
		return width / heads
	}
	c.Keys, c.Values = min(kvHeads*size(".attention.key_length"), 1<<30), min(kvHeads*size(".attention.value_length"), 1<<30)
	return c, ""
}
