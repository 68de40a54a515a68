package model

import "math"

// Logits reads a text from its beginning and returns the logits [len(text), vocab] after each
// of its tokens, in memory of their own: what formats of the same weights are compared by.
func (d *Decoder[T]) Logits(text []int32) []T {
	d.Reset()
	logits := make([]T, 0, len(text)*d.model.Vocab)
	for _, token := range text {
		logits = append(logits, d.Feed(token)...)
	}
	return logits
}

// LogitError is the greatest difference of logits from those of a reference, and not a number
// where either is not.
func LogitError[T, R Float](logits []T, reference []R) float64 {
	var greatest float64
	for i, v := range reference {
		greatest = max(greatest, math.Abs(float64(logits[i])-float64(v)))
	}
	return greatest
}

// Perplexity is how well logits [len(text), vocab] foretell the text's tokens after the first:
// e to the mean of their cross-entropy. It is the vocabulary's size for equal logits, and 1
// for certainty. The text has at least two tokens.
func Perplexity[T Float](logits []T, text []int32) float64 {
	vocab := len(logits) / len(text)
	var sum float64
	for i, next := range text[1:] {
		row := rowOf(logits, i, vocab)
		greatest := float64(row[argmaxOf(row)])
		var powers float64
		for _, v := range row {
			powers += math.Exp(float64(v) - greatest)
		}
		sum += math.Log(powers) + greatest - float64(row[next])
	}
	return math.Exp(sum / float64(len(text)-1))
}
