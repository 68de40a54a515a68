// Package words writes numbers and other values as English text. Pages, exports and the command line
// share it, so that a value looks the same everywhere.
package words

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"heaplab/profiler"
)

const (
	Minus   = "\u2212"
	Unclear = "~" // a change that is not decided
	None    = "–" // a value that does not exist
)

// RoundsOf writes the number and the length of the rounds, such as "6 rounds of 500 ms". Commands have
// no benchtime, so their rounds have no length.
func RoundsOf(c profiler.Config) string {
	if c.Benchtime == "" {
		return Plural(c.Count, "round")
	}
	return Plural(c.Count, "round") + " of " + RoundLength(c.Benchtime)
}

// RoundLength writes a benchtime, such as "500 ms" or "20 operations".
func RoundLength(benchtime string) string {
	if n, err := strconv.Atoi(strings.TrimSuffix(benchtime, "x")); err == nil && strings.HasSuffix(benchtime, "x") {
		return Plural(n, "operation")
	}
	if d, err := time.ParseDuration(benchtime); err == nil {
		return Elapsed(d)
	}
	return Plain(benchtime)
}

// Task describes a task in a plan of that many rounds, such as "measure float32, round 2 of 6".
func Task(t profiler.Task, rounds int) string {
	text := string(t.Kind) + " " + t.Variant
	if t.Row != "" {
		text += " at " + t.Row
	}
	if t.Kind == profiler.Measure {
		text += fmt.Sprintf(", round %d of %d", t.Round+1, rounds)
	}
	return text
}
