package model

import (
	"errors"
	"math"
	"strings"
	"testing"
)

// TestMatrices compares products in several formats with plain sums.
func TestMatrices(t *testing.T) {
	shapes := []TensorShape{{"a", []int{3, 5}}, {"b", []int{70, 2}}, {"c", []int{1, 1}}}
	source := func(shape TensorShape) ([]float32, error) {
		values := make([]float32, shape.Size())
		for i := range values {
			values[i] = float32(i%11)/16 - 0.25
		}
		return values, nil
	}
	for name, test := range map[string]struct {
		format Format[float32]
		bytes  int
		bound  float64
	}{
		"dense":   {DenseFormat[float32](), 4 * 156, 1e-5},
		"float16": {HalfFormat[float32](), 2 * 156, 1e-2},
		"int8":    {Int8Format[float32](), 156 + 4*8, 0.2},
	} {
		m, err := NewMatrices(shapes, test.format, source)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Bytes(); got != test.bytes {
			t.Errorf("%s: %d bytes, want %d", name, got, test.bytes)
		}
		at := 0
		m.Multiply(func(product []float32) {
			shape := shapes[at]
			at++
			values, _ := source(shape)
			for c := range product {
				want := 0.0
				for r := range shape.Shape[0] {
					want += float64(m.vector[r]) * float64(values[r*shape.cols()+c])
				}
				if math.Abs(float64(product[c])-want) > test.bound {
					t.Errorf("%s, %s: column %d is %v, want %v", name, shape.Name, c, product[c], want)
				}
			}
		})
		if at != len(shapes) {
			t.Errorf("%s: %d products of %d matrices", name, at, len(shapes))
		}
	}
	broken := func(TensorShape) ([]float32, error) { return nil, errors.New("broken") }
	if _, err := NewMatrices(shapes, DenseFormat[float32](), broken); err == nil || !strings.Contains(err.Error(), "tensor a: broken") {
		t.Errorf("error %v, want tensor a: broken", err)
	}
}
