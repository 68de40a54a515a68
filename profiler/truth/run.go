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

	// mostNoisier is by how much the noise floors of times before and after some comparisons may differ. Otherwise the
	// floor that says how much slower a variant is made was not the noise that its comparison met.
	mostNoisier = 2

	// calibrationTries is the number of tries of a calibration while the machine is busy.
	calibrationTries = 5
)

// run calibrates, compares and counts verdicts: first on the machine as it is, then on a busy one. It
// writes its progress to progress. If it fails or ctx ends, it also returns the result so far.
func run(ctx context.Context, cases *builtin.Subject, s settings, progress io.Writer) (*result, error) {
	m := &machine{cases: cases, config: profiler.DefaultConfig(child.TotalMemory())}
	m.config.Benchtime = s.Benchtime
	r := &result{settings: s, config: m.config, started: time.Now(), computing: 1}
	defer func() { r.took, r.runs = time.Since(r.started), m.runs }()
	if faults := m.config.Check(0); faults != nil {
		return r, faults
	}
	if s.Slow > 0 {
		var err error
		if r.computing, err = m.computing(ctx); err != nil {
			return r, err
		}
	}
	r.truths = append(truths(s, r.computing), loadedTruths(s)...)
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

// compareAll does the comparisons of the truths in mixed order, with a calibration before and after every few.
func (r *result) compareAll(ctx context.Context, m *machine, truths []truth, progress io.Writer) error {
	left := order(truths)
	if len(left) == 0 {
		return nil
	}
	planned := len(left)
	noise, err := r.calibrate(ctx, m)
	for err == nil && len(left) > 0 {
		fmt.Fprintf(progress, "%d of %d comparisons, after %v\n", planned-len(left), planned, time.Since(r.started).Round(time.Second))
		batch := left[:min(between, len(left))]
		left = left[len(batch):]
		reports, failed := m.compareEach(ctx, batch, noise)
		before := noise
		if err = failed; err == nil {
			noise, err = r.calibrate(ctx, m)
		}
		left = append(left, r.askEach(batch[:len(reports)], reports, err == nil && steady(before, noise), r.aside < planned)...)
	}
	return err
}

// steady reports whether the noise of times is about the same in two calibrations.
func steady(before, after *report.Calibration) bool {
	a, b := before.Floors[profiler.NsPerOp], after.Floors[profiler.NsPerOp]
	return max(a, b) <= mostNoisier*min(a, b)
}

// askEach counts the verdicts of reports. It sets aside those of quiet truths, whatever their verdicts, if the machine
// was busy or its noise was not steady, and returns these truths to be repeated, if they may be.
func (r *result) askEach(truths []*truth, reports []report.Report, steady, repeat bool) (again []*truth) {
	for i, t := range truths {
		if t.quiet && repeat && (!steady || len(reports[i].Comparability) > 0) {
			r.aside++
			again = append(again, t)
			continue
		}
		t.ask(&reports[i])
	}
	return again
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
