package views

import (
	"fmt"
	"strings"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// taskText says what a run measured.
func taskText(t profiler.Task) string {
	switch t.Kind {
	case profiler.Measure:
		return fmt.Sprintf("measure, round %d", t.Round+1)
	case profiler.Allocs:
		return "allocations profile"
	case profiler.Peak:
		return "peak profile"
	case profiler.FitRun:
		return "whole job"
	}
	return words.Plain(string(t.Kind))
}

// logUnits are the measurements in a line of the log.
var logUnits = profiler.Leads(profiler.RoleChurn, profiler.RoleTime, profiler.RoleLive, profiler.RoleResident)

// runNumbers writes the main numbers of a run in one line.
func runNumbers(r profiler.Run) string {
	var parts []string
	for _, unit := range logUnits {
		if v, ok := r.Value(unit); ok && r.Kind == profiler.Measure {
			parts = append(parts, runNumber(unit, v))
		}
	}
	if r.SelfCheck != nil {
		equal := "equal to the runtime's count"
		if !r.SelfCheck.OK {
			equal = "not equal to the runtime's count"
		}
		parts = append(parts, fmt.Sprintf("%s in %s, %s", words.Bytes(float64(r.SelfCheck.AllocSpace)), words.Plural(int(r.SelfCheck.Calls), "call"), equal))
	}
	if r.Kind == profiler.Peak && r.Profile != nil {
		parts = append(parts, words.Bytes(float64(r.Profile.Summary.Totals.InuseSpace))+" in use at the peak")
	}
	if r.Fit != nil && len(r.Fit.Epochs) > 0 {
		last := r.Fit.Epochs[len(r.Fit.Epochs)-1]
		parts = append(parts, fmt.Sprintf("%s, loss %s, accuracy %s", words.Plural(len(r.Fit.Epochs), "epoch"), words.Figures(last.Loss), words.Share(last.Accuracy)))
	}
	if len(parts) == 0 {
		return words.None
	}
	return strings.Join(parts, " · ")
}

func runNumber(unit string, v float64) string {
	switch unit {
	case profiler.BytesPerOp:
		return words.Bytes(v) + "/op"
	case profiler.AllocsPerOp:
		return words.Count(v) + " allocs/op"
	case profiler.NsPerOp:
		return words.Duration(v) + "/op"
	case profiler.LiveHeap:
		return "live " + words.Bytes(v)
	case profiler.PeakRSS:
		return "RSS " + words.Bytes(v)
	}
	return words.Noun(unit) + " " + words.Value(unit, v)
}

// progressOf returns the progress of an experiment as a part of a whole: in time if the rest is known,
// because runs differ a lot in length, or else in runs.
func progressOf(p LivePage) (value, whole int64) {
	if p.Left <= 0 {
		return int64(p.Done), int64(p.Total)
	}
	var elapsed time.Duration
	for _, r := range p.Runs {
		elapsed += r.Duration
	}
	return elapsed.Milliseconds(), (elapsed + p.Left).Milliseconds()
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
