package views

import (
	"fmt"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// evidenceRule says which experiment a result comes from.
const evidenceRule = "If several experiments have the same params, the pinned one counts, or else one of this machine, of the default length of a round, of the most rounds, and the newest of these, in this order. Those with another GOGC or GOMEMLIMIT do not count."

// evidenceText identifies the experiment of a result, such as "#1, 6 rounds, 27 Nov 2026". It names the
// length of a round if it is not the default, and another machine than the given one.
func evidenceText(e profiler.Experiment, machine string) string {
	text := fmt.Sprintf("%s, %s, %s", number(e.ID), words.Plural(e.Config.Count, "round"), words.Day(e.Created))
	if unusualLength(e) {
		text += ", " + words.RoundLength(e.Config.Benchtime) + " per round"
	}
	if e.Environment["machine"] != machine {
		text += ", on another machine"
	}
	return text
}

// unusualLength reports whether the rounds of e do not have the default length.
func unusualLength(e profiler.Experiment) bool {
	return e.Config.Benchtime != "" && e.Config.Benchtime != profiler.DefaultBenchtime
}

// newerText says why the best experiment counts and not the newer one. Its subject is the newer one.
func newerText(e profiler.Evidence) string {
	best, newer := *e.Best, *e.Newer
	rounds := words.Plural(newer.Config.Count, "round")
	switch {
	case newer.Config.Count < best.Config.Count:
		return "is newer but has only " + rounds + "."
	case best.Pinned: // see below
	case newer.Environment["machine"] != e.Machine && best.Environment["machine"] == e.Machine:
		return "is newer but ran on another machine."
	case unusualLength(newer) && !unusualLength(best):
		return fmt.Sprintf("is newer but measured %s per round instead of the default.", words.RoundLength(newer.Config.Benchtime))
	}
	return fmt.Sprintf("is newer and has %s, but %s is pinned.", rounds, number(best.ID))
}
