package model

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/x448/float16"
)

// matrixShapes are [rows, cols]. They cover a single row or column, and sizes below, at and
// above a tile, a group and eight rows.
var matrixShapes = [][2]int{{1, 1}, {1, 700}, {60, 1}, {7, 13}, {8, 64}, {300, 5}, {33, tileCols}, {260, 2*tileCols + 3}}

func eachMatrix[T Float](t *testing.T, test func(t *testing.T, values []T, cols int)) {
	for _, shape := range matrixShapes {
		t.Run(fmt.Sprint(shape), func(t *testing.T) {
			values := make([]T, shape[0]*shape[1])
			stream := lcg(5)
			draw(&stream, values, 0.3)
			test(t, values, shape[1])
		})
	}
}

// TestWidenedRoundTrip checks that rounding errors of the narrow formats are within half a
// unit in the last place.
func TestWidenedRoundTrip(t *testing.T) {
	eachMatrix(t, func(t *testing.T, values []float32, cols int) {
		for name, format := range map[string]struct {
			matrix   Table[float32]
			relative float64 // error bound: half a unit in the last place
		}{
			"half":  {NewHalf(values, cols), 0x1p-11},
			"brain": {NewBrain(values, cols), 0x1p-8},
		} {
			if got, want := format.matrix.Bytes(), 2*len(values); got != want {
				t.Errorf("%s: %d bytes, want %d", name, got, want)
			}
			for i, got := range rowsIn(format.matrix, len(values)/cols, cols) {
				bound := format.relative*math.Abs(float64(values[i])) + 0x1p-25 // for subnormal float16 numbers
				checkAt(t, name, i, float64(got), float64(values[i]), bound)
			}
		}
	})
}

// TestInt8RoundTrip checks that quantization errors are at most half a step.
func TestInt8RoundTrip(t *testing.T) {
	eachMatrix(t, func(t *testing.T, values []float64, cols int) {
		rows := len(values) / cols
		table, matrix := NewInt8Table(values, cols), NewInt8(values, cols)
		if got, want := table.Bytes(), len(values)+4*rows; got != want {
			t.Errorf("table: %d bytes, want %d", got, want)
		}
		if got, want := matrix.Bytes(), len(values)+4*cols; got != want {
			t.Errorf("matrix: %d bytes, want %d", got, want)
		}
		widened := widenedInt8(matrix)
		for i, got := range rowsIn[float64](table, rows, cols) {
			checkAt(t, "table", i, got, values[i], 0.5001*float64(table.scales[i/cols]))
			checkAt(t, "matrix", i, widened[i], values[i], 0.5001*float64(matrix.scales[i%cols]))
		}
		for col, scale := range matrix.scales {
			var greatest float64
			for row := range rows {
				greatest = max(greatest, math.Abs(values[row*cols+col]))
			}
			checkAt(t, "scale of column", col, float64(scale), greatest/127, 1e-7*greatest)
		}
	})
}

func TestInt8Zeros(t *testing.T) {
	if q := NewInt8(make([]float32, 6), 3); !slices.Equal(widenedInt8(q), make([]float32, 6)) {
		t.Errorf("quantized zeros are %v", widenedInt8(q))
	}
	dst := []float32{1, 2}
	NewW8A8([]float32{3, 4}, 2).addProducts(dst, []float32{0}, 1, 0, 1)
	if !slices.Equal(dst, []float32{1, 2}) {
		t.Errorf("products with 0 changed [1 2] to %v", dst)
	}
}

// rowsIn returns all rows of a table.
func rowsIn[T Float](table Table[T], rows, cols int) []T {
	values := make([]T, rows*cols)
	for i := range rows {
		table.lookUp(rowOf(values, i, cols), i)
	}
	return values
}

// widenedInt8 returns the whole matrix, widened.
func widenedInt8[T Float](q *Int8[T]) []T {
	values := make([]T, len(q.values))
	for i, v := range q.values {
		values[i] = T(v) * T(q.scales[i%len(q.scales)])
	}
	return values
}

// TestKernelProducts compares the products of narrow kernels with those of the widened kernel,
// for any rows of the kernel, and one or several rows of x.
func TestKernelProducts(t *testing.T) {
	t.Run("float32", func(t *testing.T) { testKernelProducts[float32](t) })
	t.Run("float64", func(t *testing.T) { testKernelProducts[float64](t) })
}

func testKernelProducts[T Float](t *testing.T) {
	eachMatrix(t, func(t *testing.T, values []T, cols int) {
		rows := len(values) / cols
		half, brain, int8s := NewHalf(values, cols), NewBrain(values, cols), NewInt8(values, cols)
		for name, format := range map[string]struct {
			kernel  Kernel[T]
			widened []T
		}{
			"half":  {half, rowsIn[T](half, rows, cols)},
			"brain": {brain, rowsIn[T](brain, rows, cols)},
			"int8":  {int8s, widenedInt8(int8s)},
		} {
			for _, n := range []int{1, 2, 5} {
				for _, from := range []int{0, rows / 3, rows - 1} {
					x, first := make([]T, n*rows), make([]T, n*cols)
					stream := lcg(9)
					draw(&stream, x, 2)
					draw(&stream, first, 1)
					got, want := slices.Clone(first), slices.Clone(first)
					format.kernel.addProducts(got, x, rows, from, rows)
					for i := range n {
						addProduct(rowOf(want, i, cols), x[i*rows:][:rows-from], format.widened[from*cols:])
					}
					if !slices.Equal(got, want) {
						t.Errorf("%s: %d products with rows %d to %d differ", name, n, from, rows)
					}
				}
			}
		}
	})
}

// TestW8A8Products compares products of quantized activations with those of exact activations.
// The error of an activation is at most half a quantization step.
func TestW8A8Products(t *testing.T) {
	eachMatrix(t, func(t *testing.T, values []float64, cols int) {
		rows := len(values) / cols
		const n, greatest = 3, 2.
		weights := widenedInt8(NewInt8(values, cols))
		x := make([]float64, n*rows)
		stream := lcg(9)
		draw(&stream, x, greatest)
		got, want := make([]float64, n*cols), make([]float64, n*cols)
		NewW8A8(values, cols).addProducts(got, x, rows, 0, rows)
		for i := range n {
			addProduct(rowOf(want, i, cols), rowOf(x, i, rows), weights)
			for col := range cols {
				var bound float64
				for row := range rows {
					bound += greatest / 127 / 2 * math.Abs(weights[row*cols+col])
				}
				check(t, fmt.Sprintf("sum [%d,%d]", i, col), got[i*cols+col], want[i*cols+col], bound+1e-9)
			}
		}
	})
}

// TestW8A8IntegerProducts checks that products of integers are exact and do not overflow.
func TestW8A8IntegerProducts(t *testing.T) {
	const rows, cols = 5 * groupSize, 3
	values, x, table := make([]float64, rows*cols), make([]float64, rows), aligned[float64](rows)
	for i := range values {
		values[i] = 127
	}
	for i := range x {
		x[i], table[i] = -127, -127
	}
	want := []float64{-127 * 127 * rows, -127 * 127 * rows, -127 * 127 * rows}
	got := make([]float64, cols)
	NewW8A8(values, cols).addProducts(got, x, rows, 0, rows)
	checkAll(t, "sums", got, want, 0)
	NewW8A8Table(values, rows).rowProducts(got, table, 0, cols)
	checkAll(t, "products of rows", got, want, 0)
}

// TestTableProducts compares the products of rows with plain sums.
func TestTableProducts(t *testing.T) {
	t.Run("float32", func(t *testing.T) { testTableProducts[float32](t, 1e-5) })
	t.Run("float64", func(t *testing.T) { testTableProducts[float64](t, 1e-13) })
}

func testTableProducts[T Float](t *testing.T, bound float64) {
	eachMatrix(t, func(t *testing.T, values []T, cols int) {
		rows := len(values) / cols
		x := aligned[T](cols)
		stream := lcg(9)
		draw(&stream, x, 1)
		dense := func(table Table[T]) []T {
			dst := make([]T, rows)
			NewDense(rowsIn(table, rows, cols), cols).rowProducts(dst, x, 0, rows)
			return dst
		}
		for name, table := range map[string]Table[T]{
			"dense": NewDense(values, cols), "half": NewHalf(values, cols), "brain": NewBrain(values, cols),
			"int8": NewInt8Table(values, cols),
		} {
			got := make([]T, rows)
			for from := 0; from < rows; from += 7 {
				table.rowProducts(got, x, from, min(from+7, rows))
			}
			widened := rowsIn(table, rows, cols)
			want := make([]float64, rows)
			for i := range want {
				for k, v := range rowOf(widened, i, cols) {
					want[i] += float64(v) * float64(x[k])
				}
			}
			checkAll(t, name, got, want, bound*math.Sqrt(float64(cols)))
			if name == "dense" {
				unaligned := make([]T, rows)
				NewDense(withOffset(values, 1), cols).rowProducts(unaligned, x, 0, rows)
				if !slices.Equal(got, unaligned) {
					t.Error("the products depend on the alignment of the table")
				}
			}
			if name != "int8" && !slices.Equal(got, dense(table)) {
				t.Errorf("%s: products differ from those of the widened table", name)
			}
		}
	})
}

// TestHalfRoundTripOfEveryValue checks that every float16 survives widening to float32 and
// float64.
func TestHalfRoundTripOfEveryValue(t *testing.T) {
	narrow, wide := make([]float16.Float16, 1<<16), make([]float32, 1<<16)
	for bits := range narrow {
		narrow[bits] = float16.Frombits(uint16(bits))
	}
	widen(wide, narrow)
	wider := make([]float64, len(narrow))
	widen(wider, narrow)
	for i, got := range NewHalf(wide, 64).values {
		if narrow[i].IsNaN() {
			if wide[i] == wide[i] || wider[i] == wider[i] {
				t.Errorf("NaN %#x became a number", i)
			}
			continue
		}
		if got != narrow[i] || float64(wide[i]) != wider[i] {
			t.Errorf("%#x became %v and %#x", i, wide[i], got)
		}
	}
}

func TestBFloat16Rounds(t *testing.T) {
	for _, test := range []struct{ in, want float32 }{
		{0, 0}, {1, 1}, {-1, -1},
		{1 + 0x1p-8, 1},          // halfway, to the even one
		{1 + 0x3p-8, 1 + 0x1p-6}, // halfway, to the even one
		{1 + 0x1p-8 + 0x1p-20, 1 + 0x1p-7},
		{math.MaxFloat32, float32(math.Inf(1))},
		{float32(math.Inf(-1)), float32(math.Inf(-1))},
	} {
		if got := toBFloat16(test.in).Float32(); got != test.want {
			t.Errorf("%v became %v, want %v", test.in, got, test.want)
		}
	}
	if got := toBFloat16(math.Float32frombits(0x7f800001)).Float32(); got == got {
		t.Errorf("NaN became %v", got)
	}
}
