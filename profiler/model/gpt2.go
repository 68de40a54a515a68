package model

import "strconv"

// GPT2 is the shape of a language model with the architecture of GPT-2 (Radford et al., 2019),
// decoder only:
//
//	token + position → blocks × (norm → attention, norm → GELU between two dense layers) → norm → logits
//
// Both halves of a block add to what they read, and the logits are products with the tokens'
// own rows.
type GPT2 struct {
	Vocab   int // tokens
	Width   int // numbers that stand for a token
	Heads   int // of the attention; they divide the width
	Blocks  int
	Context int // positions, at most
}

// GPT2Small is the smallest of the published models: 124,439,808 weights.
var GPT2Small = GPT2{Vocab: 50257, Width: 768, Heads: 12, Blocks: 12, Context: 1024}

// inner is how many numbers stand between the two dense layers of a block, head how many of a
// token's belong to one head, attended how many queries, keys and values are.
func (m GPT2) inner() int    { return 4 * m.Width }
func (m GPT2) head() int     { return m.Width / m.Heads }
func (m GPT2) attended() int { return 3 * m.Width }

// A TensorShape is the name and shape of a tensor of weights.
type TensorShape struct {
	Name  string
	Shape []int
}

// Size is how many numbers the tensor has.
func (t TensorShape) Size() int {
	size := 1
	for _, n := range t.Shape {
		size *= n
	}
	return size
}

// cols is the last of the tensor's dimensions.
func (t TensorShape) cols() int { return t.Shape[len(t.Shape)-1] }

// Tensors are the model's tensors by their names in the published files, in the order in
// which a token meets them but for the two of the embedding, which come first. Matrices are
// [inputs, outputs]. The files also hold a mask h.N.attn.bias, which is no weight, and no
// matrix of the logits, which is wte.weight.
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

// WeightCount is how many weights the model has.
func (m GPT2) WeightCount() int {
	count := 0
	for _, t := range m.Tensors() {
		count += t.Size()
	}
	return count
}

// matrixCount is how many weights the matrices of all blocks have, and outputCount how many
// columns.
func (m GPT2) matrixCount() int {
	return m.Blocks * m.Width * (m.attended() + m.Width + 2*m.inner())
}
func (m GPT2) outputCount() int { return m.Blocks * (m.attended() + m.Width + m.inner() + m.Width) }

// Int8Bytes is the size of the weights in Int8Format at float32: a byte for each weight of
// the matrices and the tokens' rows, with a scale for each column or token, and four bytes
// for each of the rest.
func (m GPT2) Int8Bytes() int {
	quantized := m.matrixCount() + m.Vocab*m.Width
	return quantized + 4*(m.outputCount()+m.Vocab) + 4*(m.WeightCount()-quantized)
}

// CSRBytes is the size of the weights in CSRFormat at float32, with a share of each matrix
// pruned: eight bytes for each weight that is left, four for the start of each row, and four
// for each of the rest. Weights that are left for their equal magnitude are not counted.
func (m GPT2) CSRBytes(sparsity float64) int {
	return m.prunedBytes(sparsity, func(rows, _, left int) int { return 8*left + 4*(rows+1) })
}

// PackedBytes is the same in PackedFormat: four bytes for each weight that is left, a bit for
// each that there was, and four bytes for each mark.
func (m GPT2) PackedBytes(sparsity float64) int {
	return m.prunedBytes(sparsity, func(rows, cols, left int) int {
		words := (rows*cols + 63) / 64
		return 4*left + 8*words + 4*((words+markedWords-1)/markedWords)
	})
}

// prunedBytes adds up the bytes of matrices, and four for each of the other weights.
func (m GPT2) prunedBytes(sparsity float64, bytes func(rows, cols, left int) int) int {
	sum := 4 * (m.WeightCount() - m.matrixCount())
	for _, t := range m.Tensors()[2:] {
		if len(t.Shape) == 2 {
			sum += bytes(t.Shape[0], t.cols(), keptCount(t.Size(), float32(sparsity)))
		}
	}
	return sum
}

// TokenProducts is about how many multiplications a token takes that attends to so many
// positions, itself included.
func (m GPT2) TokenProducts(positions int) int {
	return m.matrixCount() + m.Vocab*m.Width + 2*m.Blocks*m.Width*positions
}

// CacheCount is how many numbers the keys and values of so many positions are.
func (m GPT2) CacheCount(positions int) int { return 2 * m.Blocks * m.Width * positions }
