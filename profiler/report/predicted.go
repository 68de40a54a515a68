package report

import (
	"math"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// A PredictedRow compares a prediction with the measurement, in words.
type PredictedRow struct {
	Variant, Unit string
	Predicted     string // how many times less than the baseline
	Observed      string // the same, as measured
	Words         string // whether they agree
}

// Predicted compares all predictions of a report with its comparisons.
func Predicted(r Report) []PredictedRow {
	var rows []PredictedRow
	for _, p := range r.Predictions {
		row := PredictedRow{Variant: p.Variant, Unit: p.Unit, Predicted: RatioText(float64(p.Ratio)), Observed: words.None, Words: "not measured"}
		if c := r.Comparison(p.Variant, p.Unit); c != nil {
			row.observe(r, p, *c)
		}
		rows = append(rows, row)
	}
	return rows
}

// observe adds the measurement to the row.
func (row *PredictedRow) observe(r Report, p profiler.Prediction, c Comparison) {
	predicted, observed := float64(p.Ratio), ObservedRatio(c)
	switch {
	case words.Finite(observed):
		row.Observed = words.Times(observed)
	case math.IsInf(observed, 0):
		row.Observed = RatioText(observed)
	}
	row.Words = agreement(predicted, observed)
	if !words.Finite(predicted) && words.Finite(observed) {
		row.Words = withUnit(p.Unit, CenterText(r, p.Variant, p.Unit, c.Value)) + " is left"
	}
	if p.Note != "" {
		row.Words += "; the prediction holds " + p.Note
	}
}

// RatioText writes a saving as "17.0 ×" for a value that is 17 times smaller. A ratio that is not
// finite means that nothing is left.
func RatioText(ratio float64) string {
	switch {
	case !words.Finite(ratio):
		return "all of it"
	case ratio == 1:
		return "unchanged"
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
