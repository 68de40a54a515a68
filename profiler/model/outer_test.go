package model

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestAddMatrixProduct compares both products with a plain loop, and checks that they do
// not depend on memory alignment.
func TestAddMatrixProduct(t *testing.T) {
	t.Run("float32", func(t *testing.T) { testAddMatrixProduct[float32](t, 1e-5) })
	t.Run("float64", func(t *testing.T) { testAddMatrixProduct[float64](t, 1e-14) })
}

func testAddMatrixProduct[T Float](t *testing.T, bound float64) {
	random := rand.New(rand.NewPCG(1, 1))
	for _, size := range [][3]int{{1, 1, 1}, {8, 48, 128}, {3, 5, 7}, {5, 2, 13}, {2, 70, 260}} {
		n, inner, cols := size[0], size[1], size[2]
		x, w, first := make([]T, n*inner), make([]T, inner*cols), make([]T, n*cols)
		transposed := make([]T, n*inner) // xᵀ, which addTransposed transposes again
		for _, s := range [][]T{x, w, first} {
			uniform(s, 1, random)
		}
		for i, v := range x {
			transposed[i%inner*n+i/inner] = v
		}
		want := slices.Clone(first)
		for i := range n {
			addProduct(want[i*cols:][:cols], x[i*inner:][:inner], w)
		}
		var start []T
		for offset := range 4 {
			name := fmt.Sprintf("%v from %d", size, offset)
			got := withOffset(first, offset)
			addMatrixProduct(got, withOffset(x, 3-offset), withOffset(w, offset), cols)
			checkAll(t, name, got, want, bound)
			if start == nil {
				start = got
			}

			gotTransposed := withOffset(first, offset)
			for lo := 0; lo < n; lo += 2 {
				addTransposed(gotTransposed, withOffset(transposed, offset), withOffset(w, 3-offset), n, cols, lo, min(lo+2, n))
			}
			if !slices.Equal(got, start) || !slices.Equal(gotTransposed, start) {
				t.Errorf("%s: the products depend on memory alignment", name)
			}
		}
	}
}

// withOffset returns a copy of s that starts offset elements after an aligned address.
func withOffset[T Float](s []T, offset int) []T {
	return append(make([]T, offset, offset+len(s)), s...)[offset:]
}
