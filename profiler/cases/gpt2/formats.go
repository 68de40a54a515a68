package gpt2

import (
	"slices"

	"heaplab/profiler/model"
)

// A format is the number format of the variant with the same name. All but float64 compute in float32.
type format struct {
	name   string
	layers func() model.Format[float32] // nil of float64
	bytes  func(model.GPT2) int         // of all weights
	matrix func(rows, cols int) int     // bytes of one matrix
	table  int                          // bytes of a table that widens weights
}

// Formats of numbers. In each list the first is the baseline.
var (
	floats   = formatsOf("float64", "float32", "float16", "bfloat16")
	integers = formatsOf("float64", "float32", "int8", "int8-activations")
	all      = formatsOf("float64", "float32", "float16", "bfloat16", "int8", "int8-activations")
)

func formatsOf(names ...string) []format {
	table := []format{
		{"float64", nil, weightsOf(8), numbersOf(8), 0},
		{"float32", float32Format, weightsOf(4), numbersOf(4), 0},
		{"float16", model.HalfFormat[float32], weightsOf(2), numbersOf(2), model.HalfTableBytes},
		{"bfloat16", model.BrainFormat[float32], weightsOf(2), numbersOf(2), 0},
		{"int8", model.Int8Format[float32], model.GPT2.Int8Bytes, int8Matrix, 0},
		{"int8-activations", model.W8A8Format[float32], model.GPT2.Int8Bytes, int8Matrix, 0},
	}
	var out []format
	for _, name := range names {
		out = append(out, table[indexOf(table, name)])
	}
	return out
}

func indexOf(formats []format, name string) int {
	return slices.IndexFunc(formats, func(f format) bool { return f.name == name })
}

// float64Format holds weights in 8 bytes and computes in float64.
func float64Format() model.Format[float64] { return model.DenseFormat[float64]() }

// float32Format holds weights in 4 bytes and computes in float32.
func float32Format() model.Format[float32] { return model.DenseFormat[float32]() }

// weightsOf and numbersOf count weights of so many bytes each.
func weightsOf(bytes int) func(model.GPT2) int {
	return func(m model.GPT2) int { return bytes * m.WeightCount() }
}

func numbersOf(bytes int) func(rows, cols int) int {
	return func(rows, cols int) int { return bytes * rows * cols }
}

// int8Matrix has a scale for each column.
func int8Matrix(rows, cols int) int { return rows*cols + 4*cols }

// number returns the size of the numbers that the format computes with, in bytes.
func (f format) number() int {
	if f.layers == nil {
		return 8
	}
	return 4
}

// liveBytes returns how many bytes are live at the end of a text: weights, a cache with room for
// the keys and values of n tokens, and the decoder's own tensors.
func liveBytes(m model.GPT2, f format, n int) float64 {
	return float64(f.bytes(m) + f.table + f.number()*(m.CacheCount(n)+m.RoomCount(1)))
}
