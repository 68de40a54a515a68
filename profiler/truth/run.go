package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/child"
	"heaplab/profiler/report"
	"heaplab/profiler/subject/builtin"
)

const (
	// between is the number of comparisons that use one calibration. Calibrations vary, by chance and
	// with the load of the machine, so the test uses several.
	between = 25

	// calibrationTries is the number of tries of a calibration while the machine is busy.
	calibrationTries = 5
)

// run calibrates, compares and counts verdicts: first on the machine as it is, then on a busy one. It
// writes its progress to progress. If it fails or ctx ends, it also returns the result so far.
func run(ctx context.Context, cases *builtin.Subject, s settings, progress io.Writer) (*result, error) {
	m := &machine{cases: cases, config: profiler.DefaultConfig(child.TotalMemory())}
	m.config.Benchtime = s.Benchtime
	r := &result{settings: s, config: m.config, started: time.Now(), truths: append(truths(s), loadedTruths(s)...)}
	defer func() { r.took, r.runs = time.Since(r.started), m.runs }()
	if faults := m.config.Check(0); faults != nil {
		return r, faults
	}
	quiet := len(r.truths) - 1
	if err := r.compareAll(ctx, m, r.truths[:quiet], progress); err != nil {
		return r, err
	}
	r.quietRuns = len(m.runs)
	if s.Loaded == 0 {
		return r, nil
	}
	fmt.Fprintf(progress, "making the machine busy, after %v\n", time.Since(r.started).Round(time.Second))
	stop := burn()
	defer stop()
	return r, r.compareBusy(ctx, m, r.truths[quiet:])
}

// compareAll does the comparisons of the truths in mixed order, with a calibration before every few.
func (r *result) compareAll(ctx context.Context, m *machine, truths []truth, progress io.Writer) error {
	all := order(truths)
	planned := len(all)
	var noise *report.Calibration
	for i := 0; i < len(all); i++ {
		t := all[i]
		if i%between == 0 {
			fmt.Fprintf(progress, "%d of %d comparisons, after %v; calibrating\n", i-r.aside, planned, time.Since(r.started).Round(time.Second))
			var err error
			if noise, err = r.calibrate(ctx, m); err != nil {
				return err
			}
		}
		rep, err := m.compare(ctx, t, noise)
		if err != nil {
			return err
		}
		if t.quiet && len(rep.Comparability) > 0 && r.aside < planned {
			r.aside++
			all = append(all, t)
			continue
		}
		t.ask(&rep)
	}
	return nil
}

// compareBusy does the comparisons of the truths on a busy machine. Half of them use the default floors
// and half the floors of a calibration on the busy machine, as if somebody had accepted it.
func (r *result) compareBusy(ctx context.Context, m *machine, truths []truth) error {
	rep, err := m.measure(ctx, &known, profiler.KindCalibration, nil, r.settings.Rounds, nil)
	if err != nil {
		return err
	}
	r.busyFloor, r.busyNotes = rep.Calibration.Floors[profiler.NsPerOp], rep.Comparability
	for i, t := range order(truths) {
		var noise *report.Calibration
		if i%2 == 1 {
			noise = rep.Calibration
		}
		rep, err := m.compare(ctx, t, noise)
		if err != nil {
			return err
		}
		t.ask(&rep)
	}
	return nil
}

// calibrate measures the noise floors for the next comparisons. It tries again while the machine is busy.
func (r *result) calibrate(ctx context.Context, m *machine) (*report.Calibration, error) {
	for try := 1; ; try++ {
		rep, err := m.measure(ctx, &known, profiler.KindCalibration, nil, r.settings.Rounds, nil)
		if err != nil {
			return nil, err
		}
		if len(rep.Comparability) == 0 || try == calibrationTries {
			r.calibrations = append(r.calibrations, rep.Calibration)
			return rep.Calibration, nil
		}
		r.recalibrated++
	}
}

// undecided reports whether r decides no primary metric.
func undecided(r *report.Report) bool {
	return !slices.ContainsFunc(r.Comparisons, func(c report.Comparison) bool { return c.Primary && c.Verdict.Decided() })
}
