package model

import (
	"math"
	"math/rand/v2"
	"strings"
)

// GenerateGPT2 returns a source of weights initialized as in GPT-2. The matrices and the
// token embedding are normal with standard deviation 0.02, the position embedding with
// 0.01. For the matrices that write to the residual stream, the standard deviation is
// divided by √(2·blocks). Gains are 1, biases 0. A tensor's values depend only on the seed
// and on its index among m.Tensors(). They are generated when the tensor is requested.
// float32 values are the float64 values rounded.
func GenerateGPT2[T Float](m GPT2, seed uint64) GPT2Source[T] {
	places := make(map[string]uint64)
	for i, t := range m.Tensors() {
		places[t.Name] = uint64(i)
	}
	return func(t TensorShape) ([]T, error) {
		values := make([]T, t.Size())
		if strings.HasSuffix(t.Name, ".bias") {
			return values, nil
		}
		if len(t.Shape) == 1 {
			for i := range values {
				values[i] = 1
			}
			return values, nil
		}
		deviation := 0.02
		switch {
		case t.Name == "wpe.weight":
			deviation = 0.01
		case strings.HasSuffix(t.Name, "c_proj.weight"):
			deviation /= math.Sqrt(float64(2 * m.Blocks))
		}
		random := rand.New(rand.NewPCG(seed, streamTokenWeights|places[t.Name]<<32))
		for i := range values {
			values[i] = T(random.NormFloat64() * deviation)
		}
		return values, nil
	}
}
