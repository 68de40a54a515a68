package model

import "math/rand/v2"

// Ids that are no words.
const (
	Padding = 0 // before a text that is shorter than the steps
	Unknown = 1 // a word that is not in the vocabulary
)

// Texts generates texts that a small network can tell apart: either class has a few words
// of its own, and about a quarter of a text are words of its class's, the others any words.
// Texts differ in length and are padded in front. The same arguments give the same texts.
//
// It returns the texts' ids [examples, steps] and their labels [examples], 0 or 1.
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
