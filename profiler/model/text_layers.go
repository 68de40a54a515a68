package model

// TextLayers are the weights of a TextClassifier as inference uses them.
type TextLayers[T Float] struct {
	embedding      Table[T]        // [vocab, embedding]
	lstm           [2]textLayer[T] // forward and backward, [embedding + units, 4·units]
	hidden, output textLayer[T]    // [2·units, hidden] and [hidden, 1]
	bytes          int
}

// A textLayer is a kernel [inputs, outputs] and its bias.
type textLayer[T Float] struct {
	kernel factor[T]
	bias   Table[T] // [1, outputs]
}

// Bytes returns the size of all weights, the biases included.
func (l TextLayers[T]) Bytes() int { return l.bytes }

// DenseTextLayers returns layers that refer to the weights. Their products are those of training.
func DenseTextLayers[T Float](m TextClassifier, w TextWeights[T]) TextLayers[T] {
	layer := func(kernel factor[T], bias []T) textLayer[T] {
		return textLayer[T]{kernel: kernel, bias: NewDense(bias, len(bias))}
	}
	l := TextLayers[T]{
		embedding: NewDense(w.Embedding, m.Embedding),
		hidden:    layer(unrolledDense[T]{w.HiddenKernel, m.Hidden}, w.HiddenBias),
		output:    layer(unrolledDense[T]{w.OutputKernel, 1}, w.OutputBias),
		bytes:     bytesOf(w.All),
	}
	for d, lstm := range w.LSTM {
		l.lstm[d] = layer(NewDense(lstm.both, m.gates()), lstm.Bias)
	}
	return l
}

// TextLayersIn returns the weights in a format. The layers refer to the weights only if the
// format does.
func TextLayersIn[T Float](m TextClassifier, w TextWeights[T], format Format[T]) TextLayers[T] {
	l := TextLayers[T]{embedding: format.Tokens(w.Embedding, m.Embedding)}
	l.bytes = l.embedding.Bytes()
	layer := func(values, bias []T) textLayer[T] {
		kernel, shift := format.Matrix(values, len(bias)), format.Rest(bias, len(bias))
		l.bytes += kernel.Bytes() + shift.Bytes()
		return textLayer[T]{kernel: kernel, bias: shift}
	}
	for d, lstm := range w.LSTM {
		l.lstm[d] = layer(lstm.both, lstm.Bias)
	}
	l.hidden = layer(w.HiddenKernel, w.HiddenBias)
	l.output = layer(w.OutputKernel, w.OutputBias)
	return l
}
