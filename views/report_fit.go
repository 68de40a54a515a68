package views

import (
	"strconv"

	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// dotRadius makes the baseline's dots larger, so that both curves stay visible if they are equal.
func dotRadius(role string) string {
	if role == "before" {
		return "5"
	}
	return "2.5"
}

func epochs(r report.Report, places []int) int {
	n := 0
	for _, i := range places {
		n = max(n, len(r.Variants[i].Fit.Epochs))
	}
	return n
}

func lossText(v float64) string {
	if !words.Finite(v) {
		return words.None
	}
	return strconv.FormatFloat(v, 'f', 4, 64)
}

// liveText writes the memory in use at the peak of a step, if it was measured.
func liveText(bytes uint64) string {
	if bytes == 0 {
		return words.None
	}
	return words.Bytes(float64(bytes))
}
