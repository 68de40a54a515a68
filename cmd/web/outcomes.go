package main

import (
	"errors"
	"fmt"
	"os"

	"heaplab/profiler/export"
	"heaplab/profiler/report"
)

// judgeUnits applies conditions about metrics, and returns the errors of those that cannot be applied.
func judgeUnits(r report.Report, gates []report.Gate) (outcomes []report.Outcome, err error) {
	for _, g := range gates {
		found, failed := g.JudgeUnit(r)
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("--fail-on %w", failed))
		}
		outcomes = append(outcomes, found...)
	}
	return outcomes, err
}

// printOutcomes writes outcomes: in Markdown after the report, otherwise to standard error. It also writes
// those that do not hold, so that nobody takes an undecided one for a pass.
func printOutcomes(outcomes []report.Outcome, markdown bool) {
	switch text := export.Outcomes(outcomes); {
	case text == "":
	case markdown:
		fmt.Print("\n", text)
	default:
		for _, o := range outcomes {
			fmt.Fprintf(os.Stderr, "%s: %s\n", o.Gate.Text, o.Text)
		}
	}
}

// held describes the outcomes that hold.
func held(outcomes []report.Outcome) (holds []string) {
	for _, o := range outcomes {
		if o.Holds {
			holds = append(holds, fmt.Sprintf("%s holds: %s", o.Gate.Text, o.Text))
		}
	}
	return holds
}
