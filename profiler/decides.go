package profiler

import "fmt"

// Decides says in sentences what the runs of e can decide about c. Nothing is to be decided of
// a calibration.
func Decides(c *Case, e Experiment) []string {
	c = c.For(e.Params)
	var out []string
	tested := 0 // comparisons that are judged together
	what := "times and sizes"
	switch e.Kind {
	case KindCalibration:
		return nil
	case KindSweep:
		tested = len(TradeUnits) * (e.Points() - 1)
		what += " of each variant along the sweep"
	default:
		exact := false
		for _, unit := range c.Primary {
			if LookupUnit(unit).Exact {
				exact = true
			} else {
				tested += len(c.Variants) - 1
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
	can := Decidable(count)
	switch {
	case count < 4:
		out = append(out, fmt.Sprintf("%s cannot decide times and sizes, whatever they show: that takes at least 4.", rounds(count)))
	case can < tested:
		out = append(out, fmt.Sprintf("%d rounds cannot decide the %d comparisons of %s, which are judged together: the smallest p-value they can give is %.2g, and %.2g is needed. That takes at least %d rounds.",
			count, tested, what, SmallestP(count), (1-confidence)/float64(tested), RoundsFor(tested)))
	default:
		out = append(out, fmt.Sprintf("%d rounds can decide all %d comparisons of %s, if the change is larger than the noise.", count, tested, what))
	}
	if count < IntervalRounds {
		out = append(out, fmt.Sprintf("Confidence intervals need at least %d rounds.", IntervalRounds))
	}
	return out
}

// RoundsFor is the least number of rounds that can decide so many comparisons together.
func RoundsFor(tested int) int {
	n := 4
	for Decidable(n) < tested {
		n++
	}
	return n
}

func rounds(n int) string {
	if n == 1 {
		return "1 round"
	}
	return fmt.Sprintf("%d rounds", n)
}
