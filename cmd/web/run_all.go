package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// allCases is the argument that runs all cases.
const allCases = "all"

// runAll measures every case with its presets of the scale, and prints the predicted and the observed
// saving of each variant. If an experiment fails, it runs the others and returns the error at the
// end.
func (r *runCmd) runAll(ctx context.Context, c *cli) (err error) {
	if r.Preset != "" || r.Sweep != "" || len(r.Param) > 0 {
		return errors.New("all runs every case with its own params: use --scale, or name a case")
	}
	api, own, err := serverOf(ctx, c.Data, c.folders())
	if err != nil {
		return err
	}
	if own != nil {
		defer func() { err = errors.Join(err, own.close()) }()
	}
	cases, err := api.cases(ctx)
	if err != nil {
		return err
	}
	rows := [][]string{{"case", "preset", "variant", "metric", "before", "after", "predicted", "observed", "off by", "time", "price"}}
	var failed error
	within, off, failures := 0, 0, 0
	for _, found := range cases {
		for _, preset := range found.Presets {
			if preset.Scale != r.Scale {
				continue
			}
			fmt.Fprintf(os.Stderr, "%s, %s\n", found.Name, preset.Title)
			report, err := r.measure(ctx, api, launch{Case: found.Name, Params: preset.Params})
			if err == nil {
				err = resultOf(report)
			}
			if ctx.Err() != nil {
				return err
			}
			if err != nil {
				failures++
				failed = errors.Join(failed, fmt.Errorf("%s, preset %s: %w", found.Name, preset.Name, err))
				continue
			}
			for _, s := range savings(report) {
				rows = append(rows, append([]string{found.Name, preset.Name}, s.cells(report)...))
				if math.Abs(s.off()) <= closeTo {
					within++
				} else {
					off++
				}
			}
		}
	}
	writeMarkdownTable(os.Stdout, rows)
	fmt.Printf("\n%d of %d predictions are right within %.0f%%.\n", within, within+off, 100*closeTo)
	if failures > 0 {
		fmt.Printf("%s failed and %s missing above.\n", words.Plural(failures, "experiment"), map[bool]string{true: "is", false: "are"}[failures == 1])
	}
	return failed
}

// closeTo is the largest difference between an observed ratio and the predicted ratio that counts as
// right.
const closeTo = 0.05

// A saving is a prediction for a variant with the comparison that tests it.
type saving struct {
	predicted float64 // ratio of the baseline to the variant; infinite if the variant needs nothing
	found     report.Comparison
}

// savings returns the savings of measured metrics. Predictions of computed metrics are always right.
func savings(r report.Report) []saving {
	var out []saving
	for _, p := range r.Predictions {
		if c := r.Comparison(p.Variant, p.Unit); c != nil && profiler.LookupUnit(p.Unit).Role != profiler.RoleArithmetic {
			predicted := float64(p.Ratio)
			if !p.Ratio.Finite() {
				predicted = math.Inf(1)
			}
			out = append(out, saving{predicted, *c})
		}
	}
	return out
}

// observed returns the measured ratio of the baseline to the variant.
func (s saving) observed() float64 {
	if s.found.Baseline.Center == s.found.Value.Center {
		return 1
	}
	return float64(s.found.Baseline.Center / s.found.Value.Center)
}

// off returns the relative difference between the observed ratio and the predicted one. If the
// predicted ratio is infinite, it returns the share of the baseline that the variant needs.
func (s saving) off() float64 {
	if math.IsInf(s.predicted, 1) {
		return float64(s.found.Value.Center / s.found.Baseline.Center)
	}
	return s.observed()/s.predicted - 1
}

// cells returns the saving's cells of a row.
func (s saving) cells(r report.Report) []string {
	unit, variant := s.found.Unit, s.found.Variant
	off := fmt.Sprintf("%+.1f%%", 100*s.off())
	if math.IsInf(s.predicted, 1) {
		off = fmt.Sprintf("%.2f%% left", 100*s.off())
	}
	return []string{
		variant, unit, interval(unit, s.found.Baseline), interval(unit, s.found.Value), ratio(s.predicted), ratio(s.observed()), off,
		timeOf(r, variant), strings.Join(prices(r, variant), ", "),
	}
}

// ratio formats a ratio of the baseline to a variant.
func ratio(v float64) string {
	switch {
	case math.IsInf(v, 0) || math.IsNaN(v):
		return "all"
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// timeOf returns the time of an operation relative to the baseline, marked with ~ if the change is not
// decided.
func timeOf(r report.Report, variant string) string {
	c := report.TimeOf(r, variant)
	if c == nil {
		return ""
	}
	times := fmt.Sprintf("× %.2f", float64(c.Value.Center/c.Baseline.Center))
	if !c.Verdict.Decided() {
		times = "~ " + times
	}
	return times
}

// prices returns the metrics that became worse in a variant, except time.
func prices(r report.Report, variant string) []string {
	var out []string
	for _, unit := range profiler.Leads(profiler.RoleResident, profiler.RoleQuality) {
		if c := r.Comparison(variant, unit); c != nil && c.Verdict == report.Worse {
			out = append(out, fmt.Sprintf("%s %.3g → %.3g", unit, float64(c.Baseline.Center), float64(c.Value.Center)))
		}
	}
	return out
}

// writeMarkdownTable writes rows as a table that is also readable in a terminal. The first row is the
// head.
func writeMarkdownTable(w io.Writer, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	line := func(row []string, fill string) {
		for i, cell := range row {
			fmt.Fprintf(w, "| %s%s ", cell, strings.Repeat(fill, widths[i]-utf8.RuneCountInString(cell)))
		}
		fmt.Fprintln(w, "|")
	}
	line(rows[0], " ")
	line(slices.Repeat([]string{""}, len(widths)), "-")
	for _, row := range rows[1:] {
		line(row, " ")
	}
}
