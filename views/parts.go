package views

import (
	"fmt"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// verdictClass returns the class of a verdict. Only decided ones have a colour.
func verdictClass(verdict report.Verdict) string {
	switch verdict {
	case report.Better, report.Worse, report.Mixed:
		return string(verdict)
	}
	return "same"
}

// conclusionClass is verdictClass of a conclusion. More rounds may still turn an improvement into another
// verdict, so it does not have the colour of one until then.
func conclusionClass(c report.Conclusion) string {
	if c.SoFar {
		return verdictClass(report.Unclear)
	}
	return verdictClass(c.Verdict)
}

func conclusionIcon(c report.Conclusion) string {
	if c.SoFar {
		return verdictIcon(report.Unclear)
	}
	return verdictIcon(c.Verdict)
}

func glyph(c report.Comparison) string {
	if c.Value.Center < c.Baseline.Center {
		return "▼"
	}
	return "▲"
}

// stateWords are the states of an experiment in words.
var stateWords = map[profiler.State]string{
	profiler.Queued:      "Queued",
	profiler.Running:     "Running",
	profiler.Done:        "Done",
	profiler.Failed:      "Failed",
	profiler.Canceled:    "Canceled",
	profiler.Interrupted: "Interrupted",
}

func stateIcon(state profiler.State) string {
	switch state {
	case profiler.Queued:
		return iconClock
	case profiler.Running:
		return iconPlay
	case profiler.Done:
		return iconCheck
	}
	return iconCross
}

// paramText writes params in one line, sorted by name.
func paramText(p profiler.Params) string {
	return words.Plain(strings.ReplaceAll(p.String(), ",", ", "))
}

func experimentURL(id int64) string { return fmt.Sprintf("/experiments/%d", id) }

func number(id int64) string { return fmt.Sprintf("#%d", id) }
