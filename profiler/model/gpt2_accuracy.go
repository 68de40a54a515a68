package model

import "math"

// Logits resets the decoder, reads a text and returns a copy of the logits [len(text), vocab]
// after each of its tokens.
func (d *Decoder[T]) Logits(text []int32) []T {
	d.Reset()
	logits := make([]T, 0, len(text)*d.model.Vocab)
	for _, token := range text {
		logits = append(logits, d.Feed(token)...)
	}
	return logits
}

// LogitError returns the largest absolute difference between logits and reference. It returns
// NaN if any of them is NaN.
func LogitError[T, R Float](logits []T, reference []R) float64 {
	var greatest float64
	for i, v := range reference {
		greatest = max(greatest, math.Abs(float64(logits[i])-float64(v)))
	}
	return greatest
}

// Perplexity returns the perplexity of a text, given the logits [len(text), vocab] after
// each of its tokens: e to the mean cross-entropy of the tokens after the first. It is the
// vocabulary size if all logits are equal, and 1 if every prediction is certain and
// correct. The text must have at least two tokens.
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
