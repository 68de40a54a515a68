package model

import (
	"math"
	"math/rand/v2"
)

// Images generates labeled images that a small network can classify. Each class has a
// pattern: a wave across the image with its own colors. An image is the pattern of its class
// at a random contrast plus noise, whose level is from 0 to 1: the more noise, the harder the
// classes are to distinguish. The same arguments produce the same images; float32 images are the
// float64 images rounded.
//
// It returns images [examples, height, width, channels] with values from 0 to 1, and labels
// [examples].
func Images[T Float](m ImageClassifier, noise float64, examples int, seed uint64) (x []T, labels []int32) {
	random := rand.New(rand.NewPCG(seed, streamImages))
	patterns := make([][]float64, m.Classes)
	for class := range patterns {
		patterns[class] = pattern(m, random)
	}
	x = make([]T, 0, examples*m.Pixels())
	labels = make([]int32, examples)
	for n := range labels {
		class := random.IntN(m.Classes)
		labels[n] = int32(class)
		contrast := (1 - noise) * (0.5 + 0.5*random.Float64())
		for _, v := range patterns[class] {
			grain := random.Float64() - 0.5
			x = append(x, T(0.5+contrast*v+noise*grain))
		}
	}
	return x, labels
}

// ImageNoise is the usual noise level: the noise's share of the range of values.
const ImageNoise = 0.5

// pattern returns a wave with random direction, wavelength and colors:
// [height, width, channels], values from −0.5 to 0.5.
func pattern(m ImageClassifier, random *rand.Rand) []float64 {
	across, down := 1+4*random.Float64(), 1+4*random.Float64()
	phases := make([]float64, m.Channels)
	for c := range phases {
		phases[c] = random.Float64()
	}
	p := make([]float64, 0, m.Pixels())
	for y := range m.Height {
		for x := range m.Width {
			at := across*float64(x)/float64(m.Width) + down*float64(y)/float64(m.Height)
			for _, phase := range phases {
				p = append(p, 0.5*math.Cos(2*math.Pi*(at+phase)))
			}
		}
	}
	return p
}
