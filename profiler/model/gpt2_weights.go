package model

import "fmt"

// GPT2Weights are the weights of a GPT2 model in the formats that inference uses. Norms and
// biases are tables with one row.
type GPT2Weights[T Float] struct {
	Tokens    Table[T] // [vocab, width]
	Positions Table[T] // [context, width]
	Blocks    []GPT2Block[T]
	Norm      Norm[T]
}

// A GPT2Block holds the weights of a transformer block.
type GPT2Block[T Float] struct {
	AttentionNorm Norm[T]
	Attend        Linear[T] // [width, 3·width]: to queries, keys and values
	Gather        Linear[T] // [width, width]: from the concatenated outputs of the heads
	DenseNorm     Norm[T]
	Expand        Linear[T] // [width, 4·width], before GELU
	Contract      Linear[T] // [4·width, width]
}

// A Norm holds the weights of a layer normalization.
type Norm[T Float] struct {
	Gain, Shift Table[T] // [1, width]
}

// A Linear holds the weights of a dense layer.
type Linear[T Float] struct {
	Kernel Kernel[T] // [inputs, outputs]
	Bias   Table[T]  // [1, outputs]

	inputs, outputs int
}

// Bytes returns the size of all weights in bytes.
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

// A TensorReader returns the values of a tensor: read, generated or mapped. A format may refer to
// them from then on.
type TensorReader[T Float] func(tensor TensorShape) ([]T, error)

// NewGPT2Weights reads weights into a format. It reads one tensor after the
// other, in the order of Tensors, so that with a format that does not refer to the values no
// more than one tensor is held besides.
func NewGPT2Weights[T Float](m GPT2, format Format[T], read TensorReader[T]) (GPT2Weights[T], error) {
	r := gpt2Reader[T]{format: format, read: read, tensors: m.Tensors()}
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

// A gpt2Reader reads a model's tensors in order. After an error it requests no more tensors.
type gpt2Reader[T Float] struct {
	format  Format[T]
	read    TensorReader[T]
	tensors []TensorShape // still to be read
	err     error
}

// values returns the values and the number of columns of the next tensor.
func (r *gpt2Reader[T]) values() (values []T, cols int) {
	t := r.tensors[0]
	r.tensors = r.tensors[1:]
	if r.err != nil {
		return nil, t.cols()
	}
	values, err := r.read(t)
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
