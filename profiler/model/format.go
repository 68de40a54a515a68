package model

// A Format converts a model's weights to the formats in which they are stored. Its functions
// take values [rows, cols].
type Format[T Float] struct {
	Matrix func(values []T, cols int) Kernel[T] // for the matrices of layers
	Tokens func(values []T, cols int) Table[T]  // for the token embedding
	Rest   func(values []T, cols int) Table[T]  // for positions, norms and biases
}

func denseTable[T Float](values []T, cols int) Table[T] { return NewDense(values, cols) }

// DenseFormat stores all values uncompressed. It refers to them.
func DenseFormat[T Float]() Format[T] {
	return Format[T]{
		Matrix: func(values []T, cols int) Kernel[T] { return NewDense(values, cols) },
		Tokens: denseTable[T],
		Rest:   denseTable[T],
	}
}

// HalfFormat stores all values as float16.
func HalfFormat[T Float]() Format[T] {
	table := func(values []T, cols int) Table[T] { return NewHalf(values, cols) }
	return Format[T]{
		Matrix: func(values []T, cols int) Kernel[T] { return NewHalf(values, cols) },
		Tokens: table,
		Rest:   table,
	}
}

// BrainFormat stores all values as BFloat16.
func BrainFormat[T Float]() Format[T] {
	table := func(values []T, cols int) Table[T] { return NewBrain(values, cols) }
	return Format[T]{
		Matrix: func(values []T, cols int) Kernel[T] { return NewBrain(values, cols) },
		Tokens: table,
		Rest:   table,
	}
}

// Int8Format stores matrices and tokens quantized to 8 bits. It refers to the other values.
func Int8Format[T Float]() Format[T] {
	return Format[T]{
		Matrix: func(values []T, cols int) Kernel[T] { return NewInt8(values, cols) },
		Tokens: func(values []T, cols int) Table[T] { return NewInt8Table(values, cols) },
		Rest:   denseTable[T],
	}
}

// W8A8Format is Int8Format with the activations quantized too.
func W8A8Format[T Float]() Format[T] {
	return Format[T]{
		Matrix: func(values []T, cols int) Kernel[T] { return NewW8A8(values, cols) },
		Tokens: func(values []T, cols int) Table[T] { return NewW8A8Table(values, cols) },
		Rest:   denseTable[T],
	}
}

// CSRFormat stores pruned matrices in compressed sparse rows. It refers to the other values.
func CSRFormat[T Float]() Format[T] {
	return Format[T]{
		Matrix: func(values []T, cols int) Kernel[T] { return NewCSR(values, cols) },
		Tokens: denseTable[T],
		Rest:   denseTable[T],
	}
}

// PackedFormat stores pruned matrices packed. It refers to the other values.
func PackedFormat[T Float]() Format[T] {
	return Format[T]{
		Matrix: func(values []T, cols int) Kernel[T] { return NewPacked(values, cols) },
		Tokens: denseTable[T],
		Rest:   denseTable[T],
	}
}

// PrunedFormat prunes each matrix in place, by the given share of smallest weights, before
// it converts the matrix to format.
func PrunedFormat[T Float](format Format[T], sparsity float64) Format[T] {
	matrix := format.Matrix
	format.Matrix = func(values []T, cols int) Kernel[T] {
		Prune(sparsity, values)
		return matrix(values, cols)
	}
	return format
}
