package model

import (
	"math"
	"math/rand/v2"
)

// TextClassifier is the shape of the text classifier
//
//	Embedding(vocab, embedding) → Bidirectional(LSTM(units)) → Dense(hidden, ReLU) → Dense(1, sigmoid)
type TextClassifier struct {
	Vocab     int // number of word ids
	Steps     int // words per text
	Embedding int // size of a word's embedding
	Units     int // LSTM units in each direction
	Hidden    int // units of the hidden dense layer
}

// inputs returns the number of inputs of a gate: the word's embedding and the units' previous
// outputs.
func (m TextClassifier) inputs() int { return m.Embedding + m.Units }

// gates returns the number of gate activations per direction, four for each unit.
func (m TextClassifier) gates() int { return 4 * m.Units }

// states returns the number of final outputs of both directions.
func (m TextClassifier) states() int { return 2 * m.Units }

// WeightCount returns the number of weights, including biases.
func (m TextClassifier) WeightCount() int {
	return m.Vocab*m.Embedding + 2*(m.inputs()+1)*m.gates() + (m.states()+1)*m.Hidden + m.Hidden + 1
}

// PredictProducts returns the approximate number of multiplications per text for a prediction,
// those of the LSTM.
func (m TextClassifier) PredictProducts() int { return 2 * m.Steps * m.inputs() * m.gates() }

// StepProducts returns the approximate number of multiplications per text for a training step.
// The backward pass takes twice the forward pass.
func (m TextClassifier) StepProducts() int { return 3 * m.PredictProducts() }

// TextWeights are the weights of a TextClassifier, or their gradients: one slice, and a
// subslice for each tensor.
type TextWeights[T Float] struct {
	All          []T               // all tensors below, in order
	Embedding    []T               // [vocab, embedding]
	LSTM         [2]LSTMWeights[T] // forward and backward
	HiddenKernel []T               // [2·units, hidden]
	HiddenBias   []T               // [hidden]
	OutputKernel []T               // [hidden, 1]
	OutputBias   []T               // [1]
}

// LSTMWeights are the weights of one direction. The columns are the gates i, f, c and o in
// Keras's order, units columns each.
type LSTMWeights[T Float] struct {
	Kernel    []T // [embedding, 4·units]
	Recurrent []T // [units, 4·units]
	Bias      []T // [4·units]
	both      []T // [embedding + units, 4·units]: the rows of Kernel, then those of Recurrent
}

// TextWeightsIn returns weights whose tensors are subslices of all, which must have
// m.WeightCount() elements.
func TextWeightsIn[T Float](m TextClassifier, all []T) TextWeights[T] {
	w := TextWeights[T]{All: all}
	next := func(n int) (s []T) {
		s, all = all[:n:n], all[n:]
		return s
	}
	w.Embedding = next(m.Vocab * m.Embedding)
	for d := range w.LSTM {
		l := &w.LSTM[d]
		l.both = next(m.inputs() * m.gates())
		kernel := m.Embedding * m.gates()
		l.Kernel, l.Recurrent = l.both[:kernel:kernel], l.both[kernel:]
		l.Bias = next(m.gates())
	}
	w.HiddenKernel = next(m.states() * m.Hidden)
	w.HiddenBias = next(m.Hidden)
	w.OutputKernel = next(m.Hidden)
	w.OutputBias = next(1)
	return w
}

// NewTextWeights returns weights initialized as in Keras: the embedding uniform in ±0.05,
// kernels Glorot uniform, recurrent kernels orthogonal, the forget gates' biases 1
// (unit_forget_bias; Jozefowicz et al., 2015), all other biases 0.
func NewTextWeights[T Float](m TextClassifier, seed uint64) TextWeights[T] {
	w := TextWeightsIn(m, make([]T, m.WeightCount()))
	random := rand.New(rand.NewPCG(seed, streamTextWeights))
	uniform(w.Embedding, 0.05, random)
	for _, l := range w.LSTM {
		glorot(l.Kernel, m.Embedding, m.gates(), random)
		for i, v := range orthogonal(m.Units, m.gates(), random) {
			l.Recurrent[i] = T(v)
		}
		for u := range m.Units {
			l.Bias[m.Units+u] = 1
		}
	}
	glorot(w.HiddenKernel, m.states(), m.Hidden, random)
	glorot(w.OutputKernel, m.Hidden, 1, random)
	return w
}

// glorot fills a kernel with numbers uniform in ±√(6/(fan in + fan out)) (Glorot and Bengio,
// 2010).
func glorot[T Float](kernel []T, in, out int, random *rand.Rand) {
	uniform(kernel, math.Sqrt(6/float64(in+out)), random)
}

// uniform fills s with numbers uniform in ±limit.
func uniform[T Float](s []T, limit float64, random *rand.Rand) {
	for i := range s {
		s[i] = T((2*random.Float64() - 1) * limit)
	}
}

// orthogonal returns a random matrix [rows, cols], rows ≤ cols, with orthonormal rows. It
// draws normal numbers and applies Gram-Schmidt once. That is accurate enough if cols is
// several times rows, because such rows are far from linearly dependent. It subtracts the
// components along all earlier rows from a panel of 16 rows at once, with fast matrix
// products.
func orthogonal(rows, cols int, random *rand.Rand) []float64 {
	q := make([]float64, rows*cols)
	for i := range q {
		q[i] = random.NormFloat64()
	}
	const panelRows = 16
	shares := make([]float64, min(rows, panelRows)*rows)
	for at := 0; at < rows; at += panelRows {
		panel := q[at*cols : min(at+panelRows, rows)*cols]
		share := shares[:len(panel)/cols*at]
		transposedProducts(share, panel, q[:at*cols], cols)
		for i := range share {
			share[i] = -share[i]
		}
		unrolledDense[float64]{q, cols}.addProducts(panel, share, at, 0, at)
		for i := 0; i < len(panel); i += cols {
			orthogonalize(panel[i:i+cols], panel[:i])
		}
	}
	return q
}

// orthogonalize subtracts from row its components along the rows of done, and scales it to
// length 1.
func orthogonalize(row, done []float64) {
	dot := func(a, b []float64) (sum float64) {
		for i := range a {
			sum += a[i] * b[i]
		}
		return sum
	}
	for ; len(done) > 0; done = done[len(row):] {
		share := dot(row, done[:len(row)])
		for i := range row {
			row[i] -= share * done[i]
		}
	}
	length := math.Sqrt(dot(row, row))
	for i := range row {
		row[i] /= length
	}
}
