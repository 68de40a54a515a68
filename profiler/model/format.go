package model

// A Format is how a model's weights are held. Its functions take values [rows, cols].
type Format[T Float] struct {
	Matrix func(values []T, cols int) Kernel[T] // of a dense layer
	Tokens func(values []T, cols int) Table[T]  // of the tokens' embedding
	Rest   func(values []T, cols int) Table[T]  // of positions, norms and biases
}

func denseTable[T Float](values []T, cols int) Table[T] { return NewDense(values, cols) }

// DenseFormat holds the values themselves, to which it refers.
func DenseFormat[T Float]() Format[T] {
	return Format[T]{
		Matrix: func(values []T, cols int) Kernel[T] { return NewDense(values, cols) },
		Tokens: denseTable[T],
		Rest:   denseTable[T],
	}
}

// HalfFormat holds all values in float16.
func HalfFormat[T Float]() Format[T] {
	table := func(values []T, cols int) Table[T] { return NewHalf(values, cols) }
	return Format[T]{
		Matrix: func(values []T, cols int) Kernel[T] { return NewHalf(values, cols) },
		Tokens: table,
		Rest:   table,
	}
}

// BrainFormat holds all values in BFloat16.
func BrainFormat[T Float]() Format[T] {
	table := func(values []T, cols int) Table[T] { return NewBrain(values, cols) }
	return Format[T]{
		Matrix: func(values []T, cols int) Kernel[T] { return NewBrain(values, cols) },
		Tokens: table,
		Rest:   table,
	}
}

// Int8Format holds matrices and tokens quantised to 8 bits, and refers to the rest.
func Int8Format[T Float]() Format[T] {
	return Format[T]{
		Matrix: func(values []T, cols int) Kernel[T] { return NewInt8(values, cols) },
		Tokens: func(values []T, cols int) Table[T] { return NewInt8Table(values, cols) },
		Rest:   denseTable[T],
	}
}

// W8A8Format is Int8Format with the activations quantised too.
func W8A8Format[T Float]() Format[T] {
	return Format[T]{
		Matrix: func(values []T, cols int) Kernel[T] { return NewW8A8(values, cols) },
		Tokens: func(values []T, cols int) Table[T] { return NewW8A8Table(values, cols) },
		Rest:   denseTable[T],
	}
}

// CSRFormat holds pruned matrices in compressed sparse rows, and refers to the rest.
func CSRFormat[T Float]() Format[T] {
	return Format[T]{
		Matrix: func(values []T, cols int) Kernel[T] { return NewCSR(values, cols) },
		Tokens: denseTable[T],
		Rest:   denseTable[T],
	}
}

// PackedFormat holds pruned matrices packed, and refers to the rest.
func PackedFormat[T Float]() Format[T] {
	return Format[T]{
		Matrix: func(values []T, cols int) Kernel[T] { return NewPacked(values, cols) },
		Tokens: denseTable[T],
		Rest:   denseTable[T],
	}
}

// PrunedFormat cuts off a share of each matrix in place, the weights of least magnitude, before
// a format takes it.
func PrunedFormat[T Float](format Format[T], sparsity float64) Format[T] {
	matrix := format.Matrix
	format.Matrix = func(values []T, cols int) Kernel[T] {
		Prune(sparsity, values)
		return matrix(values, cols)
	}
	return format
}
