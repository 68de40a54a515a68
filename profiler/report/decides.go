package report

import (
	"fmt"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// Decides returns sentences about what the rounds of an experiment can decide. It returns none for
// a calibration.
func Decides(e profiler.Experiment) []string {
	var out []string
	tested := 0 // comparisons in the family of Holm's method
	subject := "of times and sizes"
	switch e.Kind {
	case profiler.KindCalibration:
		return nil
	case profiler.KindSweep:
		tested = len(tradeRoles) * (len(e.Rows()) - 1) // a subject has one leading metric of each role
		subject += " of each variant along the sweep"
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
			out = append(out, "Bytes and allocations per operation barely vary, so one round is enough to decide them.")
		}
	}
	if tested == 0 {
		return out
	}
	count := e.Config.Count
	can := maxComparisons(count)
	switch {
	case count < 4:
		out = append(out, fmt.Sprintf("%s cannot decide times and sizes: use at least 4.", words.Plural(count, "round")))
	case can < tested:
		out = append(out, fmt.Sprintf("%d rounds can decide at most %s %s. This experiment has %d: use %d rounds.", count, words.Plural(can, "comparison"), subject, tested, roundsFor(tested)))
	default:
		out = append(out, fmt.Sprintf("%d rounds can decide all %s %s, if the changes are larger than the noise.", count, words.Plural(tested, "comparison"), subject))
	}
	if count < IntervalRounds {
		out = append(out, fmt.Sprintf("Confidence intervals need at least %d rounds.", IntervalRounds))
	}
	return out
}

// roundsFor returns the least number of rounds that can decide that many comparisons together.
func roundsFor(tested int) int {
	n := 4
	for maxComparisons(n) < tested {
		n++
	}
	return n
}
