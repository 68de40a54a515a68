package views

import (
	"fmt"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// evidenceRule says which experiment a result comes from.
const evidenceRule = "If several experiments have the same params, the pinned one counts, or else the one with the most rounds, or else the newest."

// evidenceText identifies the experiment of a result, such as "#1, 6 rounds, 27 Nov 2026".
func evidenceText(e profiler.Experiment) string {
	return fmt.Sprintf("%s, %s, %s", number(e.ID), words.Plural(e.Config.Count, "round"), words.Day(e.Created))
}

// newerText says why best counts and not a newer experiment. Its subject is the newer one.
func newerText(best, newer profiler.Experiment) string {
	rounds := words.Plural(newer.Config.Count, "round")
	if newer.Config.Count < best.Config.Count {
		return "is newer but has only " + rounds + "."
	}
	return fmt.Sprintf("is newer and has %s, but %s is pinned.", rounds, number(best.ID))
}
