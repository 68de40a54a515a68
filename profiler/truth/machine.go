package main

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/subject"
	"heaplab/profiler/subject/builtin"
)

// A machine measures experiments and records their runs.
type machine struct {
	cases  *builtin.Subject
	config profiler.Config
	runs   []profiler.Run // without measurements
}

// compare does a comparison of a truth, and adds rounds if nothing is decided.
func (m *machine) compare(ctx context.Context, t *truth, noise *report.Calibration) (report.Report, error) {
	p := t.params(noise)
	e, err := m.experiment(t.of, profiler.KindComparison, p, t.rounds)
	if err != nil {
		return report.Report{}, err
	}
	runs, err := m.run(ctx, e, nil)
	if err != nil {
		return report.Report{}, err
	}
	rep := report.NewReport(e, runs, noise)
	if t.added == 0 || !undecided(&rep) {
		return rep, nil
	}
	if e, err = m.experiment(t.of, profiler.KindComparison, p, t.rounds+t.added); err != nil {
		return rep, err
	}
	if runs, err = m.run(ctx, e, runs); err != nil {
		return rep, err
	}
	return report.NewReport(e, runs, noise), nil
}

// compareEach does a comparison of each truth. If one fails, it returns the reports before it.
func (m *machine) compareEach(ctx context.Context, truths []*truth, noise *report.Calibration) (reports []report.Report, err error) {
	for _, t := range truths {
		rep, err := m.compare(ctx, t, noise)
		if err != nil {
			return reports, err
		}
		reports = append(reports, rep)
	}
	return reports, nil
}

// computing returns the share of an operation's time that its steps take. It depends on how fast the machine
// allocates: 97% on one, and 70% on another. It is measured with twice as many steps.
func (m *machine) computing(ctx context.Context) (float64, error) {
	rep, err := m.measure(ctx, &known, profiler.KindComparison, profiler.Params{"slow": 1.0}, 2*rounds, nil)
	if err != nil {
		return 0, err
	}
	c := rep.Comparison(known.Variants[1].Name, profiler.NsPerOp)
	if c == nil || !(c.Delta > 0) {
		return 0, errors.New("twice as many steps took no longer")
	}
	return min(float64(c.Delta)/100, 1), nil
}

// measure does the measure runs of an experiment and returns its report.
func (m *machine) measure(ctx context.Context, c *builtin.Case, kind profiler.Kind, p profiler.Params, count int, noise *report.Calibration) (report.Report, error) {
	e, err := m.experiment(c, kind, p, count)
	if err != nil {
		return report.Report{}, err
	}
	runs, err := m.run(ctx, e, nil)
	return report.NewReport(e, runs, noise), err
}

// experiment returns an experiment of a case as if it were done.
func (m *machine) experiment(c *builtin.Case, kind profiler.Kind, p profiler.Params, count int) (profiler.Experiment, error) {
	e := profiler.Experiment{Kind: kind, Config: m.config, State: profiler.Running}
	e.Config.Count = count
	trial, faults := c.NewTrial(e, p)
	if faults != nil {
		return e, faults
	}
	e = trial.Experiment
	e.State, e.Finished = profiler.Done, time.Now()
	return e, nil
}

// run does the measure runs of e that follow the given ones, and returns all.
func (m *machine) run(ctx context.Context, e profiler.Experiment, runs []profiler.Run) ([]profiler.Run, error) {
	var tasks []profiler.Task
	for _, task := range e.Plan() {
		if task.Kind == profiler.Measure {
			tasks = append(tasks, task)
		}
	}
	for _, task := range profiler.Remaining(tasks, runs) {
		run, err := m.cases.Run(ctx, subject.Job{Experiment: e, Task: task})
		if err != nil {
			return runs, err
		}
		runs = append(runs, run)
		run.Measurements = nil
		m.runs = append(m.runs, run)
	}
	return runs, nil
}

// burn keeps all processors busy, with twice as many threads, until the returned func is called.
func burn() (stop func()) {
	threads := 2 * runtime.NumCPU()
	previous := runtime.GOMAXPROCS(threads + 2)
	var stopped atomic.Bool
	var sum atomic.Uint64 // keeps the compiler from removing the work
	for range threads {
		go func() {
			for !stopped.Load() {
				sum.Add(compute(1000))
			}
		}()
	}
	return func() {
		stopped.Store(true)
		runtime.GOMAXPROCS(previous)
	}
}
