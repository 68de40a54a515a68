package model

import "math/rand/v2"

// ImageClassifier is the shape of the image classifier
//
//	Conv2D(filters, 3×3, ReLU, valid) → MaxPooling2D(2×2) → Flatten → Dense(classes, softmax)
type ImageClassifier struct {
	Height, Width, Channels int // of an image; at least 3×3 pixels
	Filters, Classes        int
}

func (m ImageClassifier) convHeight() int { return m.Height - kernelSize + 1 }
func (m ImageClassifier) convWidth() int  { return m.Width - kernelSize + 1 }
func (m ImageClassifier) poolHeight() int { return m.convHeight() / 2 }
func (m ImageClassifier) poolWidth() int  { return m.convWidth() / 2 }

// kernelRowSize returns the number of weights in one row of a filter.
func (m ImageClassifier) kernelRowSize() int { return kernelSize * m.Channels }

// filterSize returns the number of weights of a filter, including its bias.
func (m ImageClassifier) filterSize() int { return kernelSize*m.kernelRowSize() + 1 }

// Pixels returns the number of values of an image, all channels included.
func (m ImageClassifier) Pixels() int { return m.Height * m.Width * m.Channels }

// convSize returns the number of outputs of the convolution for one image, pooledSize the
// number after pooling.
func (m ImageClassifier) convSize() int   { return m.convHeight() * m.convWidth() * m.Filters }
func (m ImageClassifier) pooledSize() int { return m.poolHeight() * m.poolWidth() * m.Filters }

// WeightCount returns the number of weights, including biases.
func (m ImageClassifier) WeightCount() int {
	return m.Filters*m.filterSize() + (m.pooledSize()+1)*m.Classes
}

// PredictProducts returns the approximate number of multiplications per image for a prediction.
func (m ImageClassifier) PredictProducts() int {
	return m.convHeight()*m.convWidth()*m.filterSize()*m.Filters + m.pooledSize()*m.Classes
}

// StepProducts returns the approximate number of multiplications per image for a training step.
// The backward pass takes a quarter of the forward pass for the convolution, and twice the
// forward pass for the dense layer.
func (m ImageClassifier) StepProducts() int {
	cells := m.poolHeight() * m.poolWidth()
	return m.PredictProducts() + cells*m.filterSize()*m.Filters + 2*m.pooledSize()*m.Classes
}

// convParts is the maximum number of parts into which the gradient of the convolution is
// split. It is fixed, so that the order of the sums does not depend on the number of workers.
const convParts = 16

// ConvRows returns the number of rows of the convolution kernel: the inputs of a filter.
func (m ImageClassifier) ConvRows() int { return kernelSize * m.kernelRowSize() }

// DenseRows returns the number of rows of the dense kernel: the inputs of the layer.
func (m ImageClassifier) DenseRows() int { return m.pooledSize() }

// partRows returns the number of rows of pooled cells per part.
func (m ImageClassifier) partRows(batch int) int {
	return max(1, (batch*m.poolHeight()+convParts-1)/convParts)
}

// parts returns the number of parts for a batch. maxParts returns the number for which
// memory is allocated. Unlike parts, it never decreases as the batch grows, so that memory
// for the largest batch is enough for all.
func (m ImageClassifier) parts(batch int) int {
	return (batch*m.poolHeight() + m.partRows(batch) - 1) / m.partRows(batch)
}
func (m ImageClassifier) maxParts(batch int) int { return min(convParts, batch*m.poolHeight()) }

// Need returns the memory that a training step allocates for a batch of the given size. It
// never decreases as the batch grows.
func (m ImageClassifier) Need(batch int) Need {
	activations := m.convSize() + m.pooledSize() + 3*m.Classes // block sums, logits, probabilities
	gradients := m.pooledSize() + m.Classes                    // the convolution's output gradient is never stored
	parts := m.maxParts(batch) * m.Filters * m.filterSize()
	return Need{
		Floats:  batch*(activations+gradients) + parts + m.WeightCount(),
		Indices: batch * m.pooledSize(),
	}
}

// ImageWeights are the weights of an ImageClassifier, or their gradients: one slice, and a
// subslice for each tensor.
type ImageWeights[T Float] struct {
	All         []T // all tensors below, in order
	ConvKernel  []T // [3, 3, channels, filters]
	ConvBias    []T // [filters]
	DenseKernel []T // [poolHeight·poolWidth·filters, classes]
	DenseBias   []T // [classes]
}

// ImageWeightsIn returns weights whose tensors are subslices of all, which must have
// m.WeightCount() elements.
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

// NewImageWeights returns weights initialized as in Keras: Glorot uniform kernels (Glorot and
// Bengio, 2010), zero biases.
func NewImageWeights[T Float](m ImageClassifier, seed uint64) ImageWeights[T] {
	w := ImageWeightsIn(m, make([]T, m.WeightCount()))
	random := rand.New(rand.NewPCG(seed, streamWeights))
	glorot(w.ConvKernel, kernelSize*m.kernelRowSize(), kernelSize*kernelSize*m.Filters, random)
	glorot(w.DenseKernel, m.pooledSize(), m.Classes, random)
	return w
}

// Streams of the random number generator for one seed.
const (
	streamWeights = iota + 1
	streamImages
	streamTextWeights
	streamTexts
	streamTokenWeights // the upper 32 bits hold the tensor's index
)
