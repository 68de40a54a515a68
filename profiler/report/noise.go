package report

import (
	"fmt"
	"maps"
	"slices"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

const sharedText = "If bytes and allocations per operation hardly vary, " +
	"their floor is what the Go runtime may allocate for itself in a run, 8 KiB and 32 objects, divided by the operations, or 0.1%."

// lowersFloor reports whether the floor of a comparison is what the runtime may allocate.
func lowersFloor(r Report) bool {
	lowered := func(c Comparison) bool { return c.FloorShared > 0 }
	return slices.ContainsFunc(r.Comparisons, lowered) ||
		slices.ContainsFunc(r.Rows, func(row RowReport) bool { return slices.ContainsFunc(row.Comparisons, lowered) })
}

// NoiseText says where the noise floors of a report come from.
func NoiseText(r Report) string {
	text := floorsText(r.Calibration)
	switch c := r.Calibration; {
	case c == nil && r.Source == profiler.SubjectCommand:
		text = "Default noise floors apply. Commands have no calibration."
	case c == nil && r.Source == profiler.SubjectGoBench:
		text = "Default noise floors apply: these benchmarks have no calibration. " + sharedText
	case c == nil && r.Source == profiler.SubjectImport:
		text = "Default noise floors apply. Imported results have no calibration."
		if lowersFloor(r) {
			text += " " + sharedText
		}
	case c != nil && c.Same && r.Sweep != nil:
		text += fmt.Sprintf(" The calibration ran at one value of %s; its floors apply to all.", words.Plain(r.Sweep.Title()))
	}
	if r.Calibration == nil && len(r.Judgments) > 0 {
		if x := r.Judgments[len(r.Judgments)-1].Excluded; x != nil {
			text = x.Text() + " Default noise floors do."
		}
	}
	if judged := judgedText(r.Judgments); judged != "" {
		text += " " + judged
	}
	return text
}

func floorsText(c *Calibration) string {
	if c == nil {
		return "No calibration applied when this experiment was judged, so the default noise floors apply. A calibration compares the baseline with itself."
	}
	text := fmt.Sprintf("The noise floors were measured on this machine by comparing the baseline with itself, %s on %s", words.Plural(c.Runs, "run"), words.Date(c.At))
	if !c.Same {
		text += ", but with other params or settings, or by another version of this program"
	}
	if len(c.Notes) > 0 {
		text += ". The machine was busy, so the floors may be too large"
	}
	if !c.Accepted.IsZero() {
		text += "; they were accepted on " + words.Date(c.Accepted)
	}
	return text + ". They are never below 64 KiB of heap or 1 MiB of resident memory."
}

// UseText says whether the floors of a calibration on a busy machine apply. Otherwise it returns "".
func UseText(c *Calibration) string {
	switch {
	case c == nil || len(c.Notes) == 0:
		return ""
	case !c.Applies():
		return "These floors do not apply yet. The machine was busy, so they may be too large, and real changes would hide below them."
	}
	return "The machine was busy, so these floors may be too large. They were accepted on " + words.Date(c.Accepted) + "."
}

// CommonNoise returns the calibration whose noise floors apply to all columns: the one that all
// experiments were judged with, or nil for the default floors. If they were judged with different floors,
// it also returns a sentence about that.
func CommonNoise(columns []Column) (noise *Calibration, difference string) {
	id := func(c Column) int64 {
		j := Judgment{Calibration: c.Report.Calibration}
		return j.With()
	}
	first := id(columns[0])
	if !slices.ContainsFunc(columns, func(c Column) bool { return id(c) != first }) {
		return columns[0].Report.Calibration, ""
	}
	var texts []string
	for _, c := range columns {
		text := fmt.Sprintf("#%d with %s", c.Report.ID, FloorsOf(id(c)))
		if !slices.Contains(texts, text) { // two columns may be variants of the same experiment
			texts = append(texts, text)
		}
	}
	return nil, "The experiments were judged with different noise floors: " + words.List(texts) + ". Default floors apply here."
}

// A FloorLine is the result of a calibration for one metric.
type FloorLine struct {
	Title   string
	Unit    string // "" if the title is the unit
	Median  string
	Least   string
	Most    string
	Floor   string
	Default string // the floor without a calibration
}

// FloorLines returns the results of a calibration for all listed metrics.
func FloorLines(r Report) []FloorLine {
	var lines []FloorLine
	samples := r.Variants[0].Samples
	for _, unit := range slices.SortedFunc(maps.Keys(samples), profiler.CompareUnits) {
		if !Listed(r, r.Variants[0].Name, unit) {
			continue
		}
		u, values := profiler.LookupUnit(unit), samples[unit]
		line := FloorLine{
			Title: u.Title, Unit: unit, Floor: words.None, Default: defaultFloor(u),
			Median: words.Value(unit, float64(NewInterval(values).Center)),
			Least:  words.Value(unit, slices.Min(values)),
			Most:   words.Value(unit, slices.Max(values)),
		}
		if floor, ok := r.Calibration.Floors[unit]; ok {
			line.Floor = "±" + words.Percentage(100*floor)
		}
		if u.Title == unit {
			line.Unit = ""
		}
		lines = append(lines, line)
	}
	return lines
}

// defaultFloor writes the floor of a unit without a calibration. Its absolute part also applies with
// one.
func defaultFloor(u profiler.Unit) string {
	text := "±" + words.Percentage(100*u.Floor)
	if u.FloorAbs > 0 {
		text += ", at least " + words.Value(u.Name, u.FloorAbs)
	}
	return text
}

// CalibrationHeadline returns the headline of a calibration.
func CalibrationHeadline(r Report) string {
	if r.Calibration == nil || len(r.Calibration.Floors) == 0 {
		return "Too few runs for a noise floor"
	}
	for _, unit := range profiler.Leads(profiler.RoleTime) {
		if floor, ok := r.Calibration.Floors[unit]; ok {
			return "Noise floor on this machine: ±" + words.Percentage(100*floor) + " of the " + words.Noun(unit)
		}
	}
	return "Noise floors on this machine"
}
