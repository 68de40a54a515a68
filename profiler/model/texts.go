package model

import "math/rand/v2"

// Reserved token ids.
const (
	Padding = 0 // fills the front of texts shorter than Steps
	Unknown = 1 // stands for words outside the vocabulary
)

// Texts generates labeled texts that a small network can classify. Each of the two classes
// has 20 words of its own. About a quarter of the words of a text are drawn from its
// class's words, the others from the whole vocabulary. Texts have different lengths and are
// padded in front. The same arguments produce the same texts.
//
// It returns word ids [examples, steps] and labels [examples], each 0 or 1.
func Texts(m TextClassifier, examples int, seed uint64) (ids, labels []int32) {
	random := rand.New(rand.NewPCG(seed, streamTexts))
	first := min(Unknown+1, m.Vocab-1)
	word := func() int32 { return int32(first + random.IntN(m.Vocab-first)) }
	var own [2][20]int32
	for class := range own {
		for i := range own[class] {
			own[class][i] = word()
		}
	}
	ids = make([]int32, 0, examples*m.Steps)
	labels = make([]int32, examples)
	for n := range labels {
		class := random.IntN(len(own))
		labels[n] = int32(class)
		padding := random.IntN(m.Steps/2 + 1)
		for step := range m.Steps {
			switch {
			case step < padding:
				ids = append(ids, Padding)
			case random.IntN(4) == 0:
				ids = append(ids, own[class][random.IntN(len(own[class]))])
			default:
				ids = append(ids, word())
			}
		}
	}
	return ids, labels
}
