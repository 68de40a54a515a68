package model

import "fmt"

// Matrices are the weight matrices of a model whose layers are unknown. The only supported
// operation multiplies each of them by a vector.
type Matrices[T Float] struct {
	kernels []Kernel[T]
	shapes  []TensorShape // [rows, cols] each
	vector  []T           // as long as the largest number of rows
	product []T           // as long as the largest number of columns
}

// NewMatrices reads matrices into a format. It reads one after the other, as
// NewGPT2Weights does.
func NewMatrices[T Float](shapes []TensorShape, format Format[T], read TensorReader[T]) (*Matrices[T], error) {
	m := &Matrices[T]{shapes: shapes}
	rows, cols := MatricesRoom(shapes)
	m.vector, m.product = make([]T, rows), make([]T, cols)
	for i := range m.vector {
		m.vector[i] = T(i%17)/8 - 1
	}
	for _, shape := range shapes {
		values, err := read(shape)
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", shape.Name, err)
		}
		m.kernels = append(m.kernels, format.Matrix(values, shape.cols()))
	}
	return m, nil
}

// MatricesRoom returns the largest number of rows and the largest number of columns among the
// matrices. Matrices allocate rows + cols numbers in addition to the weights.
func MatricesRoom(shapes []TensorShape) (rows, cols int) {
	for _, shape := range shapes {
		rows, cols = max(rows, shape.Shape[0]), max(cols, shape.cols())
	}
	return rows, cols
}

// Multiply multiplies the same vector by each matrix. It calls each once per matrix with the
// product [cols], which is valid only during the call.
func (m *Matrices[T]) Multiply(each func(product []T)) {
	for i, kernel := range m.kernels {
		rows, product := m.shapes[i].Shape[0], m.product[:m.shapes[i].cols()]
		clear(product)
		kernel.addProducts(product, m.vector[:rows], rows, 0, rows)
		each(product)
	}
}

// Bytes returns the size of all matrices in bytes.
func (m *Matrices[T]) Bytes() int {
	bytes := 0
	for _, kernel := range m.kernels {
		bytes += kernel.Bytes()
	}
	return bytes
}
