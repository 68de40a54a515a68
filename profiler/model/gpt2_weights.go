package model

import "fmt"

// GPT2Weights are the weights of an GPT2 as inference uses them. Norms and biases are tables of
// one row.
type GPT2Weights[T Float] struct {
	Tokens    Table[T] // [vocab, width]
	Positions Table[T] // [context, width]
	Blocks    []GPT2Block[T]
	Norm      Norm[T]
}

// An GPT2Block is what reads one stage of a token and adds to it twice.
type GPT2Block[T Float] struct {
	AttentionNorm Norm[T]
	Attend        Linear[T] // [width, 3·width]: queries, keys and values
	Gather        Linear[T] // [width, width]: of the heads' outputs side by side
	DenseNorm     Norm[T]
	Expand        Linear[T] // [width, 4·width], before GELU
	Contract      Linear[T] // [4·width, width]
}

// A Norm is a layer normalisation.
type Norm[T Float] struct {
	Gain, Shift Table[T] // [1, width]
}

// A Linear is a dense layer.
type Linear[T Float] struct {
	Kernel Kernel[T] // [inputs, outputs]
	Bias   Table[T]  // [1, outputs]

	inputs, outputs int
}

// Bytes is the size of all weights.
func (w GPT2Weights[T]) Bytes() int {
	bytes := w.Tokens.Bytes() + w.Positions.Bytes() + w.Norm.bytes()
	for _, b := range w.Blocks {
		bytes += b.AttentionNorm.bytes() + b.Attend.bytes() + b.Gather.bytes()
		bytes += b.DenseNorm.bytes() + b.Expand.bytes() + b.Contract.bytes()
	}
	return bytes
}

func (n Norm[T]) bytes() int   { return n.Gain.Bytes() + n.Shift.Bytes() }
func (l Linear[T]) bytes() int { return l.Kernel.Bytes() + l.Bias.Bytes() }

// An GPT2Source gives the values of a tensor: read, generated, or mapped. A format may refer to
// them from then on.
type GPT2Source[T Float] func(tensor TensorShape) ([]T, error)

// NewGPT2Weights returns weights from a source in a format. It asks for one tensor after the
// other, in the order of Tensors, so that with a format that does not refer to the values no
// more than one tensor is held besides.
func NewGPT2Weights[T Float](m GPT2, format Format[T], source GPT2Source[T]) (GPT2Weights[T], error) {
	r := gpt2Reader[T]{format: format, source: source, tensors: m.Tensors()}
	w := GPT2Weights[T]{
		Tokens:    r.next(format.Tokens),
		Positions: r.next(format.Rest),
		Blocks:    make([]GPT2Block[T], m.Blocks),
	}
	for i := range w.Blocks {
		w.Blocks[i] = GPT2Block[T]{
			AttentionNorm: r.norm(),
			Attend:        r.linear(),
			Gather:        r.linear(),
			DenseNorm:     r.norm(),
			Expand:        r.linear(),
			Contract:      r.linear(),
		}
	}
	w.Norm = r.norm()
	if r.err != nil {
		return GPT2Weights[T]{}, r.err
	}
	return w, nil
}

// An gpt2Reader reads a model's tensors in their order. After an error it reads no more.
type gpt2Reader[T Float] struct {
	format  Format[T]
	source  GPT2Source[T]
	tensors []TensorShape // still to be read
	err     error
}

// values are those of the next tensor, and its columns.
func (r *gpt2Reader[T]) values() (values []T, cols int) {
	t := r.tensors[0]
	r.tensors = r.tensors[1:]
	if r.err != nil {
		return nil, t.cols()
	}
	values, err := r.source(t)
	if err == nil && len(values) != t.Size() {
		err = fmt.Errorf("%d values, want %d", len(values), t.Size())
	}
	if err != nil {
		r.err = fmt.Errorf("tensor %s: %w", t.Name, err)
		return nil, t.cols()
	}
	return values, t.cols()
}

func (r *gpt2Reader[T]) next(table func(values []T, cols int) Table[T]) Table[T] {
	return table(r.values())
}

func (r *gpt2Reader[T]) norm() Norm[T] {
	return Norm[T]{Gain: r.next(r.format.Rest), Shift: r.next(r.format.Rest)}
}

func (r *gpt2Reader[T]) linear() Linear[T] {
	inputs := r.tensors[0].Shape[0]
	values, outputs := r.values()
	return Linear[T]{
		Kernel:  r.format.Matrix(values, outputs),
		Bias:    r.next(r.format.Rest),
		inputs:  inputs,
		outputs: outputs,
	}
}
