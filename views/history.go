package views

import (
	"fmt"
	"maps"
	"slices"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/words"
)

// A Choice is an option of a form: the value that is sent and the text that is shown.
type Choice struct{ Value, Text string }

// Sorts are the orders of the history.
var Sorts = []Choice{
	{"newest", "newest first"},
	{"oldest", "oldest first"},
}

// A meanChange is the geometric mean of the changes of one metric in several experiments.
type meanChange struct{ Title, Change string }

// meanChanges returns the mean of every metric that at least two experiments have. Ratios with a side of
// 0 are left out.
func meanChanges(items []HistoryItem) []meanChange {
	byUnit := map[string][]report.Comparison{}
	for _, item := range items {
		for _, c := range report.Comparable(item.Comparisons) {
			byUnit[c.Unit] = append(byUnit[c.Unit], c)
		}
	}
	var out []meanChange
	for _, unit := range slices.SortedFunc(maps.Keys(byUnit), profiler.CompareUnits) {
		mean, left := report.GeoMean(byUnit[unit])
		if n := len(byUnit[unit]) - left; n > 1 && mean.Finite() {
			out = append(out, meanChange{profiler.LookupUnit(unit).Title, fmt.Sprintf("%s (of %d)", words.Percent(100*(float64(mean)-1)), n)})
		}
	}
	return out
}

// pending reports whether an experiment of the list has not ended.
func pending(items []HistoryItem) bool {
	return slices.ContainsFunc(items, func(i HistoryItem) bool { return !i.Experiment.State.Terminal() })
}

func firstCase(cases []builtin.Case) string {
	if len(cases) == 0 {
		return ""
	}
	return cases[0].Name
}

// duration writes how long an experiment ran. It returns "" before its end, and if it was continued: the
// time from the first start to the last end includes a pause.
func duration(e profiler.Experiment) string {
	if len(e.Added) > 0 || e.Started.IsZero() || e.Finished.IsZero() {
		return ""
	}
	return words.Elapsed(e.Finished.Sub(e.Started))
}

func durationOf(r report.Report) string {
	return duration(profiler.Experiment{Started: r.Started, Finished: r.Finished, Added: r.Added})
}
