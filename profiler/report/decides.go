package report

import (
	"fmt"
	"heaplab/profiler"
)

// Decides says in sentences what the rounds of an experiment can decide. A calibration decides
// nothing.
func Decides(e profiler.Experiment) []string {
	var out []string
	tested := 0 // comparisons that are judged together
	what := "comparisons of times and sizes"
	switch e.Kind {
	case profiler.KindCalibration:
		return nil
	case profiler.KindSweep:
		tested = len(TradeUnits()) * (len(e.Rows()) - 1)
		what += " of each variant along the sweep"
	default:
		exact := false
		for _, unit := range e.Design.Primary {
			if profiler.LookupUnit(unit).Exact {
				exact = true
			} else {
				tested += len(e.Design.Variants) - 1
			}
		}
		if exact {
			out = append(out, "Bytes and allocations per operation hardly vary: one round decides them.")
		}
	}
	if tested == 0 {
		return out
	}
	count := e.Config.Count
	can := MaxComparisons(count)
	switch {
	case count < 4:
		out = append(out, fmt.Sprintf("%s cannot decide times and sizes: use at least 4.", roundCount(count)))
	case can < tested:
		out = append(out, fmt.Sprintf("%d rounds can decide at most %d %s. This experiment has %d: use %d rounds.", count, can, what, tested, RoundsFor(tested)))
	default:
		out = append(out, fmt.Sprintf("%d rounds can decide all %d %s, if the changes are larger than the noise.", count, tested, what))
	}
	if count < IntervalRounds {
		out = append(out, fmt.Sprintf("Confidence intervals need at least %d rounds.", IntervalRounds))
	}
	return out
}

// RoundsFor returns the least number of rounds that can decide that many comparisons together.
func RoundsFor(tested int) int {
	n := 4
	for MaxComparisons(n) < tested {
		n++
	}
	return n
}

// roundCount writes a number of rounds.
func roundCount(n int) string {
	if n == 1 {
		return "1 round"
	}
	return fmt.Sprintf("%d rounds", n)
}
