package model

import (
	"encoding/binary"
	"slices"
)

// ImageLayers are the weights of an ImageClassifier in the formats that inference uses.
type ImageLayers[T Float] struct {
	Conv      Kernel[T] // [3·3·channels, filters]
	ConvBias  []T       // [filters]
	Dense     Kernel[T] // [poolHeight·poolWidth·filters, classes]
	DenseBias []T       // [classes]
}

// Bytes returns the size of all weights in bytes, including biases.
func (l ImageLayers[T]) Bytes() int {
	return l.Conv.Bytes() + bytesOf(l.ConvBias) + l.Dense.Bytes() + bytesOf(l.DenseBias)
}

// DenseLayers returns uncompressed layers that refer to w.
func DenseLayers[T Float](m ImageClassifier, w ImageWeights[T]) ImageLayers[T] {
	return ImageLayers[T]{
		Conv: NewDense(w.ConvKernel, m.Filters), ConvBias: w.ConvBias,
		Dense: NewDense(w.DenseKernel, m.Classes), DenseBias: w.DenseBias,
	}
}

// LayersIn returns layers whose kernels are in the given format. It copies the biases. If
// the format does not refer to the values, w can be garbage-collected.
func LayersIn[T Float](m ImageClassifier, w ImageWeights[T], format Format[T]) ImageLayers[T] {
	return ImageLayers[T]{
		Conv: format.Matrix(w.ConvKernel, m.Filters), ConvBias: slices.Clone(w.ConvBias),
		Dense: format.Matrix(w.DenseKernel, m.Classes), DenseBias: slices.Clone(w.DenseBias),
	}
}

// CSRLayers returns layers whose kernels are in compressed sparse rows, for pruned weights.
// They do not refer to w.
func CSRLayers[T Float](m ImageClassifier, w ImageWeights[T]) ImageLayers[T] {
	return LayersIn(m, w, CSRFormat[T]())
}

// PackedLayers returns layers whose kernels are packed, for pruned weights. They do not
// refer to w.
func PackedLayers[T Float](m ImageClassifier, w ImageWeights[T]) ImageLayers[T] {
	return LayersIn(m, w, PackedFormat[T]())
}

// bytesOf returns the size of a slice's elements in bytes.
func bytesOf[E any](s []E) int { return binary.Size(s) }
