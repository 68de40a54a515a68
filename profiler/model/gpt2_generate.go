package model

import (
	"math"
	"math/rand/v2"
	"strings"
)

// GenerateGPT2 returns a reader of the weights that GPT-2 starts with: matrices and tokens normal
// with deviation 0.02, positions with 0.01, the matrices that add to a token scaled down by
// √(2·blocks), gains 1, biases 0. A tensor's values depend on the seed and its name's place
// alone, for either type rounded from the same float64, and are drawn when it is asked for.
func GenerateGPT2[T Float](m GPT2, seed uint64) TensorReader[T] {
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
