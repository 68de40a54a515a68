package model

import "strconv"

// GPT2 is the shape of a decoder-only language model with the architecture of GPT-2 (Radford
// et al., 2019):
//
//	token + position → blocks × (norm → attention, norm → GELU between two dense layers) → norm → logits
//
// Both halves of a block add their output to their input. The logits are products with the token
// embedding.
type GPT2 struct {
	Vocab   int // number of tokens
	Width   int // size of a token's embedding
	Heads   int // attention heads; must divide Width
	Blocks  int // transformer blocks
	Context int // maximum number of positions
}

// GPT2Small is the smallest published model, with 124,439,808 weights.
var GPT2Small = GPT2{Vocab: 50257, Width: 768, Heads: 12, Blocks: 12, Context: 1024}

// inner returns the width between the two dense layers of a block, head the width of one
// attention head, and attended the total width of queries, keys and values.
func (m GPT2) inner() int    { return 4 * m.Width }
func (m GPT2) head() int     { return m.Width / m.Heads }
func (m GPT2) attended() int { return 3 * m.Width }

// A TensorShape is the name and shape of a weight tensor.
type TensorShape struct {
	Name  string
	Shape []int
}

// Size returns the number of elements.
func (t TensorShape) Size() int {
	size := 1
	for _, n := range t.Shape {
		size *= n
	}
	return size
}

// cols returns the last dimension.
func (t TensorShape) cols() int { return t.Shape[len(t.Shape)-1] }

// Tensors returns the model's tensors with the names of the published files. The token and
// position embeddings come first, then the others in the order of computation. Matrices are
// [inputs, outputs]. The published files also contain the mask h.N.attn.bias, which is not a
// weight. They contain no output matrix, because that is wte.weight.
func (m GPT2) Tensors() []TensorShape {
	tensors := []TensorShape{
		{"wte.weight", []int{m.Vocab, m.Width}},
		{"wpe.weight", []int{m.Context, m.Width}},
	}
	norm := func(name string) {
		tensors = append(tensors,
			TensorShape{name + ".weight", []int{m.Width}},
			TensorShape{name + ".bias", []int{m.Width}})
	}
	linear := func(name string, inputs, outputs int) {
		tensors = append(tensors,
			TensorShape{name + ".weight", []int{inputs, outputs}},
			TensorShape{name + ".bias", []int{outputs}})
	}
	for block := range m.Blocks {
		name := "h." + strconv.Itoa(block) + "."
		norm(name + "ln_1")
		linear(name+"attn.c_attn", m.Width, m.attended())
		linear(name+"attn.c_proj", m.Width, m.Width)
		norm(name + "ln_2")
		linear(name+"mlp.c_fc", m.Width, m.inner())
		linear(name+"mlp.c_proj", m.inner(), m.Width)
	}
	norm("ln_f")
	return tensors
}

// WeightCount returns the number of weights.
func (m GPT2) WeightCount() int {
	count := 0
	for _, t := range m.Tensors() {
		count += t.Size()
	}
	return count
}

// matrixCount returns the number of weights in the matrices of all blocks, outputCount their
// total number of columns.
func (m GPT2) matrixCount() int {
	return m.Blocks * m.Width * (m.attended() + m.Width + 2*m.inner())
}
func (m GPT2) outputCount() int { return m.Blocks * (m.attended() + m.Width + m.inner() + m.Width) }

// Int8Bytes returns the size in bytes of the weights in Int8Format at float32: one byte per
// weight of the matrices and the token embedding, four bytes per scale (one for each column
// or token), and four bytes per other weight.
func (m GPT2) Int8Bytes() int {
	quantized := m.matrixCount() + m.Vocab*m.Width
	return quantized + 4*(m.outputCount()+m.Vocab) + 4*(m.WeightCount()-quantized)
}

// CSRBytes returns the size in bytes of the weights in CSRFormat at float32, with each
// matrix pruned to the given sparsity: eight bytes per remaining weight, four bytes per row
// start, and four bytes per other weight. It does not count additional weights that are
// kept because of equal magnitudes.
func (m GPT2) CSRBytes(sparsity float64) int {
	return m.prunedBytes(sparsity, func(rows, _, left int) int { return 8*left + 4*(rows+1) })
}

// PackedBytes is like CSRBytes for PackedFormat: four bytes per remaining weight, one bit
// per weight before pruning, and four bytes per mark.
func (m GPT2) PackedBytes(sparsity float64) int {
	return m.prunedBytes(sparsity, func(rows, cols, left int) int {
		words := (rows*cols + 63) / 64
		return 4*left + 8*words + 4*((words+markedWords-1)/markedWords)
	})
}

// prunedBytes sums the sizes of the matrices, and four bytes for each other weight.
func (m GPT2) prunedBytes(sparsity float64, bytes func(rows, cols, left int) int) int {
	sum := 4 * (m.WeightCount() - m.matrixCount())
	for _, t := range m.Tensors()[2:] {
		if len(t.Shape) == 2 {
			sum += bytes(t.Shape[0], t.cols(), keptCount(t.Size(), float32(sparsity)))
		}
	}
	return sum
}

// TokenProducts returns the approximate number of multiplications for a token that attends to
// the given number of positions, including its own.
func (m GPT2) TokenProducts(positions int) int {
	return m.matrixCount() + m.Vocab*m.Width + 2*m.Blocks*m.Width*positions
}

// CacheCount returns the number of elements of the keys and values for the given number of
// positions.
func (m GPT2) CacheCount(positions int) int { return 2 * m.Blocks * m.Width * positions }
