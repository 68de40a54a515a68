package testbed

import (
	"math"

	"heaplab/profiler"
	"heaplab/profiler/model"
)

// QualityUnits measure a classifier's outputs. A preparation computes them once, with the weights
// that give the outputs, so that no child needs the test data.
var QualityUnits = []string{profiler.MaxAbsErr, profiler.Accuracy, profiler.Loss}

// ReadQuality reads a row of QualityUnits for each of n variants, and returns those of variant i.
func ReadQuality(f *NumbersFile, i, n int) []profiler.Measurement {
	return ReadMeasurements(f, QualityUnits, i, n)
}

// ReadMeasurements reads a row of units for each of n variants, and returns those of variant i.
func ReadMeasurements(f *NumbersFile, units []string, i, n int) []profiler.Measurement {
	all := make([]float64, n*len(units))
	ReadRow[float64](f, all)
	var out []profiler.Measurement
	for j, unit := range units {
		out = append(out, profiler.Measurement{Unit: unit, Value: all[i*len(units)+j]})
	}
	return out
}

// A Score sums up the quality of predictions.
type Score struct {
	worst, loss float64
	right, n    int
}

// Compare adds the error of one output.
func (s *Score) Compare(got, want float64) { s.worst = max(s.worst, math.Abs(got-want)) }

// Add adds one example: whether its prediction is right, and the probability of its label. The
// loss is the model's own, which clips at 1e-7.
func (s *Score) Add(right bool, probability float64) {
	s.n++
	if right {
		s.right++
	}
	s.loss -= math.Log(max(probability, 1e-7))
}

// Numbers returns the values of QualityUnits.
func (s *Score) Numbers() []float64 {
	n := float64(s.n)
	return []float64{s.worst, float64(s.right) / n, s.loss / n}
}

// ImageQuality compares probabilities [images, classes] with those of the baseline and with the
// labels. It returns the values of QualityUnits.
func ImageQuality[T model.Float](got, want []T, labels []int32) []float64 {
	classes := len(got) / len(labels)
	var s Score
	for i, label := range labels {
		probs := got[i*classes:][:classes]
		best := 0
		for c, p := range probs {
			s.Compare(float64(p), float64(want[i*classes+c]))
			if p > probs[best] {
				best = c
			}
		}
		s.Add(best == int(label), float64(probs[label]))
	}
	return s.Numbers()
}
