package report

import (
	"math"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// A PredictionLine compares a prediction with the measurement, in words.
type PredictionLine struct {
	Variant, Unit string
	Predicted     string // baseline divided by variant
	Observed      string // the same ratio, as measured
	Outcome       string // how they compare
}

// PredictionLines compares all predictions of a report with its comparisons.
func PredictionLines(r Report) []PredictionLine {
	var lines []PredictionLine
	for _, p := range r.Predictions {
		line := PredictionLine{Variant: p.Variant, Unit: p.Unit, Predicted: RatioText(float64(p.Ratio)), Observed: words.None, Outcome: "not measured"}
		if c := r.Comparison(p.Variant, p.Unit); c != nil {
			line.observe(r, p, *c)
		}
		lines = append(lines, line)
	}
	return lines
}

// observe adds the measurement to the line.
func (line *PredictionLine) observe(r Report, p profiler.Prediction, c Comparison) {
	predicted, observed := float64(p.Ratio), observedRatio(c)
	switch {
	case words.Finite(observed) && observed > 100 && words.Finite(predicted):
		line.Observed = words.Times(observed) + ", " + withUnit(c.Unit, words.Value(c.Unit, float64(c.Value.Center))) + " left"
	case words.Finite(observed):
		line.Observed = words.Times(observed)
	case math.IsInf(observed, 0):
		line.Observed = RatioText(observed)
	}
	line.Outcome = agreement(predicted, observed)
	if !words.Finite(predicted) && words.Finite(observed) {
		line.Outcome = withUnit(p.Unit, CenterText(r, p.Variant, p.Unit, c.Value)) + " is left"
	}
	if p.Note != "" {
		line.Outcome += "; the prediction applies " + p.Note
	}
}

// RatioText writes a saving as "17.0 ×" for a value that is 17 times smaller. An
// infinite ratio means that nothing is left.
func RatioText(ratio float64) string {
	switch {
	case !words.Finite(ratio):
		return "all of it"
	case ratio == 1:
		return "unchanged"
	case ratio > 100: // of a formula, so it is exact
		return words.Figures(ratio) + " ×"
	}
	return words.Times(ratio)
}

// withUnit adds the unit to a value that is only a count.
func withUnit(unit, value string) string {
	if profiler.LookupUnit(unit).Quantity == profiler.Count {
		return value + " " + unit
	}
	return value
}

// agreement compares an observed ratio with a predicted one. A ratio that is not finite means that
// nothing is left.
func agreement(predicted, observed float64) string {
	const close = 0.05 // of the predicted ratio
	switch {
	case math.IsNaN(observed):
		return "nothing to compare"
	case !words.Finite(observed) && !words.Finite(predicted):
		return "as predicted"
	case !words.Finite(observed):
		return "more than predicted"
	case math.Abs(observed/predicted-1) <= close:
		return "as predicted"
	case observed > predicted:
		return "more than predicted"
	}
	return "less than predicted"
}
