package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"golang.org/x/perf/benchunit"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// writeReport writes the numbers of a report, its conclusion and its warnings.
func writeReport(w io.Writer, r report.Report) {
	for _, key := range []string{"goos", "goarch", "cpu", "toolchain"} {
		fmt.Fprintf(w, "%s: %s\n", key, words.Plain(r.Environment[key]))
	}
	if r.Source == "case" {
		fmt.Fprintf(w, "case: %s %s\n", words.Plain(r.Case), words.Plain(r.Params.String()))
	} else {
		for _, name := range r.LabelNames() {
			fmt.Fprintf(w, "%s: %s\n", words.Plain(name), words.Plain(r.Labels[name]))
		}
	}
	switch {
	case r.Kind == profiler.KindCalibration:
		fmt.Fprintln(w)
		writeFloors(w, r)
		if !r.Calibration.Applies() {
			fmt.Fprintf(w, "\n%s Accept them on the page of the calibration, or measure again.\n", report.UseText(r.Calibration))
		}
	case len(r.Rows) > 0:
		for i, row := range r.Rows {
			fmt.Fprintf(w, "\nrow: %s\n", words.Plain(row.Row))
			writeTable(w, r.At(i))
		}
	default:
		fmt.Fprintln(w)
		writeTable(w, r)
	}
	for _, at := range report.ChangedRows(r, report.Chosen(r, "")) {
		writeCauses(w, at)
	}
	if c := r.Conclusion; c != nil && c.Headline != "" {
		fmt.Fprintf(w, "\n%s.\n", words.Plain(c.Headline))
		if c.Text != "" {
			fmt.Fprintln(w, words.PlainLines(c.Text))
		}
	}
	for _, warning := range append(r.Comparability, r.Warnings...) {
		fmt.Fprintln(w, "warning:", words.Plain(warning))
	}
}

// writeCauses writes which functions of the measured module changed most.
func writeCauses(w io.Writer, r report.Report) {
	causes := report.CausesOf(r, report.Chosen(r, ""))
	if len(causes) == 0 {
		return
	}
	fmt.Fprintln(w)
	if r.Row != "" {
		fmt.Fprintf(w, "%s:\n", words.Plain(r.Row))
	}
	if !report.CausesDecided(r, report.Chosen(r, "")) {
		fmt.Fprintln(w, "Bytes per operation are not decided, so these differences may be chance:")
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "function\tline\tB/op before\tafter\tchange\n")
	line := func(name string, c report.Cause, before, after float64) {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", words.Plain(name), words.Plain(c.Place()),
			words.Bytes(before), words.Bytes(after), words.Signed(profiler.BytesPerOp, after-before))
	}
	for _, c := range causes {
		before, after := c.Net()
		line(c.Function, c, before, after)
		if m := c.Moved; m != nil { // the line before is the sum of these two
			line("  itself", c, c.Before, c.After)
			line("  "+report.MovedWords(c)+" "+m.Function, *m, m.Before, m.After)
		}
	}
	t.Flush()
}

// writeFloors writes the noise floors of a calibration, one line for each unit.
func writeFloors(w io.Writer, r report.Report) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "\t%s\tnoise floor\n", words.Plain(r.Variants[0].Name))
	samples := r.Variants[0].Samples
	for _, unit := range slices.SortedFunc(maps.Keys(samples), profiler.CompareUnits) {
		if !report.Listed(r, r.Variants[0].Name, unit) {
			continue
		}
		floor := "none (median is 0)"
		if f, ok := r.Calibration.Floors[unit]; ok {
			floor = fmt.Sprintf("±%.2f%%", 100*f)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", words.Plain(unit), interval(unit, report.NewInterval(samples[unit])), floor)
	}
	t.Flush()
}

// writeTable writes comparisons like benchstat: one line for each unit, with the baseline and then
// each variant with its change.
func writeTable(w io.Writer, r report.Report) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "\t%s", words.Plain(r.Variants[0].Name))
	for _, v := range r.Variants[1:] {
		fmt.Fprintf(t, "\t%s\tvs base", words.Plain(v.Name))
	}
	fmt.Fprintln(t)
	for _, unit := range unitsOf(r) {
		fmt.Fprintf(t, "%s\t%s", words.Plain(unit), interval(unit, baseline(r, unit)))
		for _, v := range r.Variants[1:] {
			c := r.Comparison(v.Name, unit)
			if c == nil {
				fmt.Fprint(t, "\t\t")
				continue
			}
			fmt.Fprintf(t, "\t%s\t%s", interval(unit, c.Value), change(c))
		}
		fmt.Fprintln(t)
	}
	t.Flush()
}

// unitsOf returns the listed units of all comparisons, in the order of the report.
func unitsOf(r report.Report) []string {
	var units []string
	for _, c := range r.Comparisons {
		if !slices.Contains(units, c.Unit) && report.Listed(r, c.Variant, c.Unit) {
			units = append(units, c.Unit)
		}
	}
	return units
}

func baseline(r report.Report, unit string) report.Interval {
	for _, c := range r.Comparisons {
		if c.Unit == unit {
			return c.Baseline
		}
	}
	return report.Interval{}
}

// interval writes a median and the distance of its interval's ends, like benchstat.
func interval(unit string, i report.Interval) string {
	class := benchunit.ClassOf(unit)
	value, seconds := float64(i.Center), false
	switch profiler.LookupUnit(unit).Quantity {
	case profiler.Duration:
		value, seconds = value/1e9, true
	case profiler.Seconds:
		seconds = true
	}
	text := benchunit.Scale(value, class)
	if seconds {
		text += "s"
	}
	switch {
	case !i.Lo.Finite() || !i.Hi.Finite():
		return text + " ± ∞"
	case i.Center == 0:
		return text
	}
	reach := max(i.Hi/i.Center-1, 1-i.Lo/i.Center)
	return fmt.Sprintf("%s ± %.0f%%", text, 100*float64(reach))
}

// change writes a change in percent, or ~ if it is not decided.
func change(c *report.Comparison) string {
	test := fmt.Sprintf("n=%d", c.Value.N)
	switch {
	case c.Reason == report.WithinFloor:
		test += ", below the noise floor"
	case c.Reason == report.TooFewRounds:
		test = fmt.Sprintf("%s, needs %d", test, c.NeedsRounds)
	case c.P.Finite():
		test = fmt.Sprintf("p=%.3f %s", float64(c.P), test)
	}
	const hundredfold = 9900 // percent
	delta := "~"
	switch {
	case !c.Verdict.Decided() && c.Verdict != report.Changed:
	case !c.Delta.Finite():
		delta = "?" // the baseline is 0
	case c.Delta > hundredfold:
		delta = "over 100x"
	default:
		delta = fmt.Sprintf("%+.2f%%", float64(c.Delta))
	}
	return fmt.Sprintf("%s (%s)", delta, test)
}
