package model

import (
	"encoding/binary"
	"slices"
)

// Layers are the weights of an ImageClassifier as inference uses them.
type ImageLayers[T Float] struct {
	Conv      Kernel[T] // [3·3·channels, filters]
	ConvBias  []T       // [filters]
	Dense     Kernel[T] // [poolHeight·poolWidth·filters, classes]
	DenseBias []T       // [classes]
}

// Bytes is the size of all weights, the biases included.
func (l ImageLayers[T]) Bytes() int {
	return l.Conv.Bytes() + bytesOf(l.ConvBias) + l.Dense.Bytes() + bytesOf(l.DenseBias)
}

// DenseLayers are the weights themselves, which it refers to.
func DenseLayers[T Float](m ImageClassifier, w ImageWeights[T]) ImageLayers[T] {
	return ImageLayers[T]{
		Conv: NewDense(w.ConvKernel, m.Filters), ConvBias: w.ConvBias,
		Dense: NewDense(w.DenseKernel, m.Classes), DenseBias: w.DenseBias,
	}
}

// LayersIn are weights with their kernels in a format. The biases are copied: weights that the
// format does not refer to can be let go.
func LayersIn[T Float](m ImageClassifier, w ImageWeights[T], format Format[T]) ImageLayers[T] {
	return ImageLayers[T]{
		Conv: format.Matrix(w.ConvKernel, m.Filters), ConvBias: slices.Clone(w.ConvBias),
		Dense: format.Matrix(w.DenseKernel, m.Classes), DenseBias: slices.Clone(w.DenseBias),
	}
}

// CSRLayers are pruned weights with their kernels in compressed sparse rows. They do not
// refer to the weights, which can be let go.
func CSRLayers[T Float](m ImageClassifier, w ImageWeights[T]) ImageLayers[T] {
	return LayersIn(m, w, CSRFormat[T]())
}

// PackedLayers are pruned weights with their kernels packed. They do not refer to the
// weights, which can be let go.
func PackedLayers[T Float](m ImageClassifier, w ImageWeights[T]) ImageLayers[T] {
	return LayersIn(m, w, PackedFormat[T]())
}

// bytesOf is the size of a slice's elements.
func bytesOf[E any](s []E) int { return binary.Size(s) }
