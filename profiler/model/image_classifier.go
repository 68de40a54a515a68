package model

import "math/rand/v2"

// ImageClassifier is the shape of the image classifier
//
//	Conv2D(filters, 3×3, ReLU, valid) → MaxPooling2D(2×2) → Flatten → Dense(classes, softmax)
type ImageClassifier struct {
	Height, Width, Channels int // of an image, at least 3×3
	Filters, Classes        int
}

func (m ImageClassifier) convHeight() int { return m.Height - kernelSize + 1 }
func (m ImageClassifier) convWidth() int  { return m.Width - kernelSize + 1 }
func (m ImageClassifier) poolHeight() int { return m.convHeight() / 2 }
func (m ImageClassifier) poolWidth() int  { return m.convWidth() / 2 }

// run is how many numbers lie under one row of the kernel.
func (m ImageClassifier) kernelRowSize() int { return kernelSize * m.Channels }

// patch is how many weights a filter has, its bias included.
func (m ImageClassifier) filterSize() int { return kernelSize*m.kernelRowSize() + 1 }

// Pixels is how many numbers an image has.
func (m ImageClassifier) Pixels() int { return m.Height * m.Width * m.Channels }

// convSize is how many outputs the convolution has for one image, pooledSize how many are
// left after pooling.
func (m ImageClassifier) convSize() int   { return m.convHeight() * m.convWidth() * m.Filters }
func (m ImageClassifier) pooledSize() int { return m.poolHeight() * m.poolWidth() * m.Filters }

// WeightCount is how many weights the model has, biases included.
func (m ImageClassifier) WeightCount() int {
	return m.Filters*m.filterSize() + (m.pooledSize()+1)*m.Classes
}

// PredictProducts is about how many multiplications a prediction takes per image.
func (m ImageClassifier) PredictProducts() int {
	return m.convHeight()*m.convWidth()*m.filterSize()*m.Filters + m.pooledSize()*m.Classes
}

// StepProducts is about how many multiplications a training step takes per image: the
// convolution forward, and backward a quarter of that; the dense layer forward, and
// backward twice that.
func (m ImageClassifier) StepProducts() int {
	cells := m.poolHeight() * m.poolWidth()
	return m.PredictProducts() + cells*m.filterSize()*m.Filters + 2*m.pooledSize()*m.Classes
}

// convParts is into how many parts the gradient of the convolution is split, at most: a
// fixed number, so that the order of its sums does not depend on the number of workers.
const convParts = 16

// ConvRows is how many rows the kernel of the convolution has: what a filter looks at.
func (m ImageClassifier) ConvRows() int { return kernelSize * m.kernelRowSize() }

// DenseRows is how many rows the dense kernel has: what the layer looks at.
func (m ImageClassifier) DenseRows() int { return m.pooledSize() }

// partRows is how many rows of pooled cells make a part.
func (m ImageClassifier) partRows(batch int) int {
	return max(1, (batch*m.poolHeight()+convParts-1)/convParts)
}

// parts is how many parts a batch makes, and maxParts for how many there is room: unlike
// the parts themselves, it never shrinks as a batch grows, so that memory for the largest
// batch is enough for all.
func (m ImageClassifier) parts(batch int) int {
	return (batch*m.poolHeight() + m.partRows(batch) - 1) / m.partRows(batch)
}
func (m ImageClassifier) maxParts(batch int) int { return min(convParts, batch*m.poolHeight()) }

// Need is what a step of so many examples asks of its allocator; never less than a smaller
// step.
func (m ImageClassifier) Need(batch int) Need {
	activations := m.convSize() + m.pooledSize() + 3*m.Classes // block sums, logits, probabilities
	gradients := m.pooledSize() + m.Classes                    // what reaches the convolution is never spread out
	parts := m.maxParts(batch) * m.Filters * m.filterSize()
	return Need{
		Floats:  batch*(activations+gradients) + parts + m.WeightCount(),
		Indices: batch * m.pooledSize(),
	}
}

// Weights are the model's weights, or their gradients: one slice and its views.
type ImageWeights[T Float] struct {
	All         []T // all of the following, in their order
	ConvKernel  []T // [3, 3, channels, filters]
	ConvBias    []T // [filters]
	DenseKernel []T // [poolHeight·poolWidth·filters, classes]
	DenseBias   []T // [classes]
}

// ImageWeightsIn returns the views of WeightCount numbers.
func ImageWeightsIn[T Float](m ImageClassifier, all []T) ImageWeights[T] {
	w := ImageWeights[T]{All: all}
	next := func(n int) (s []T) {
		s, all = all[:n:n], all[n:]
		return s
	}
	w.ConvKernel = next(kernelSize * m.kernelRowSize() * m.Filters)
	w.ConvBias = next(m.Filters)
	w.DenseKernel = next(m.pooledSize() * m.Classes)
	w.DenseBias = next(m.Classes)
	return w
}

// NewImageWeights returns weights as Keras starts with: kernels after Glorot, biases 0.
func NewImageWeights[T Float](m ImageClassifier, seed uint64) ImageWeights[T] {
	w := ImageWeightsIn(m, make([]T, m.WeightCount()))
	random := rand.New(rand.NewPCG(seed, streamWeights))
	glorot(w.ConvKernel, kernelSize*m.kernelRowSize(), kernelSize*kernelSize*m.Filters, random)
	glorot(w.DenseKernel, m.pooledSize(), m.Classes, random)
	return w
}

// Streams of random numbers that a seed gives.
const (
	streamWeights = iota + 1
	streamImages
	streamTextWeights
	streamTexts
	streamTokenWeights // with a tensor's place in the upper half
)
