package model

import "fmt"

// Matrices are those of a model whose layers are not known. All that can be done with them is to
// multiply a vector with each.
type Matrices[T Float] struct {
	kernels []Kernel[T]
	shapes  []TensorShape // [rows, cols] each
	vector  []T           // as long as most rows
	product []T           // as long as most columns
}

// NewMatrices returns matrices from a source in a format. It asks for one after the other, as
// NewGPT2Weights does.
func NewMatrices[T Float](shapes []TensorShape, format Format[T], source GPT2Source[T]) (*Matrices[T], error) {
	m := &Matrices[T]{shapes: shapes}
	rows, cols := MatricesRoom(shapes)
	m.vector, m.product = make([]T, rows), make([]T, cols)
	for i := range m.vector {
		m.vector[i] = T(i%17)/8 - 1
	}
	for _, shape := range shapes {
		values, err := source(shape)
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", shape.Name, err)
		}
		m.kernels = append(m.kernels, format.Matrix(values, shape.cols()))
	}
	return m, nil
}

// MatricesRoom is the most rows and the most columns of any of the matrices: how many numbers are
// needed besides them.
func MatricesRoom(shapes []TensorShape) (rows, cols int) {
	for _, shape := range shapes {
		rows, cols = max(rows, shape.Shape[0]), max(cols, shape.cols())
	}
	return rows, cols
}

// Multiply multiplies the same vector with each matrix and calls each with what comes of it [cols],
// which is the matrices' own until the next.
func (m *Matrices[T]) Multiply(each func(product []T)) {
	for i, kernel := range m.kernels {
		rows, product := m.shapes[i].Shape[0], m.product[:m.shapes[i].cols()]
		clear(product)
		kernel.addProducts(product, m.vector[:rows], rows, 0, rows)
		each(product)
	}
}

// Bytes is the size of all matrices.
func (m *Matrices[T]) Bytes() int {
	bytes := 0
	for _, kernel := range m.kernels {
		bytes += kernel.Bytes()
	}
	return bytes
}
