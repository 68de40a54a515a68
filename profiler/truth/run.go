package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/child"
	"heaplab/profiler/report"
	"heaplab/profiler/subject"
	"heaplab/profiler/subject/builtin"
)

// settings say how many comparisons of each kind to do, and how to measure.
type settings struct {
	Same, Bytes, Slow int // comparisons
	Benchtime         string
	Rounds            int // of a calibration
}

const (
	extraBytes = 0.02 // share by which the second variant allocates more bytes
	slowFloors = 1.5  // noise floors by which the second variant is slower
	rounds     = 6    // of a comparison: the default of experiments

	// between is the number of comparisons that use one calibration. Calibrations vary, by chance and
	// with the load of the machine, so the test uses several.
	between = 25

	// calibrationTries is the number of tries of a calibration while the machine is busy.
	calibrationTries = 5
)

// A truth is a kind of comparison whose correct verdicts are known.
type truth struct {
	n         int // comparisons
	params    func(noise *report.Calibration) profiler.Params
	questions []*question

	// quiet truths are about time. If the report of a comparison warns that the machine was busy, the
	// comparison does not count, whatever its verdict, and is repeated.
	quiet bool
}

// A question is a verdict to look for in all reports of a truth.
type question struct {
	text        string
	found       func(*report.Report) bool
	most, least float64 // limits of the share of reports that have the verdict

	asked, answered int // number of reports, and of those that have the verdict
}

func (q *question) share() float64 { return float64(q.answered) / float64(max(q.asked, 1)) }

// holds reports whether the share is within its limits.
func (q *question) holds() bool { return q.least <= q.share() && q.share() <= q.most }

// truths returns the truths that s asks for. A false difference may be found in at most 5 % of reports. A
// real difference must be found in at least 90 %.
func truths(s settings) []truth {
	nothing := func(*report.Calibration) profiler.Params { return profiler.Params{} }
	same := truth{n: s.Same, params: nothing}
	ask := func(text string, units ...string) {
		found := func(r *report.Report) bool {
			return slices.ContainsFunc(units, func(unit string) bool { return decided(r, unit) })
		}
		same.questions = append(same.questions, &question{text: text, found: found, most: 0.05})
	}
	ask("the same: any metric differs", known.Primary...)
	for _, unit := range known.Primary {
		ask("the same: "+unit+" differs", unit)
	}
	return []truth{
		same,
		{
			n:         s.Bytes,
			params:    func(*report.Calibration) profiler.Params { return profiler.Params{"extra": extraBytes} },
			questions: []*question{worse(fmt.Sprintf("%.0f %% more bytes: B/op is worse", 100*extraBytes), profiler.BytesPerOp)},
		},
		{
			n: s.Slow,
			params: func(noise *report.Calibration) profiler.Params {
				return profiler.Params{"slow": slowFloors * noise.Floors[profiler.NsPerOp]}
			},
			quiet:     true,
			questions: []*question{worse(fmt.Sprintf("slower by %v floors: ns/op is worse", slowFloors), profiler.NsPerOp)},
		},
	}
}

// decided reports whether r finds a difference of the unit.
func decided(r *report.Report, unit string) bool {
	c := r.Comparison(known.Variants[1].Name, unit)
	return c != nil && c.Verdict.Decided()
}

// worse asks whether the second variant is worse in the unit.
func worse(text, unit string) *question {
	found := func(r *report.Report) bool {
		c := r.Comparison(known.Variants[1].Name, unit)
		return c != nil && c.Verdict == report.Worse
	}
	return &question{text: text, found: found, least: 0.9, most: 1}
}

// order mixes the comparisons of all truths evenly, so that changes of the machine's load affect all
// truths.
func order(truths []truth) []*truth {
	type placed struct {
		at float64
		of *truth
	}
	var all []placed
	for i := range truths {
		for j := range truths[i].n {
			all = append(all, placed{(float64(j) + 0.5) / float64(truths[i].n), &truths[i]})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.at, b.at) })
	out := make([]*truth, len(all))
	for i, p := range all {
		out[i] = p.of
	}
	return out
}

// run calibrates, compares and counts verdicts. It writes its progress to progress. If it fails or ctx
// ends, it also returns the result so far.
func run(ctx context.Context, cases *builtin.Subject, s settings, progress io.Writer) (*result, error) {
	m := &machine{cases: cases, config: profiler.DefaultConfig(child.TotalMemory())}
	m.config.Benchtime = s.Benchtime
	r := &result{settings: s, config: m.config, started: time.Now(), truths: truths(s)}
	defer func() { r.took, r.runs = time.Since(r.started), m.runs }()
	if faults := m.config.Check(0); faults != nil {
		return r, faults
	}
	all := order(r.truths)
	planned := len(all)
	var noise *report.Calibration
	for i := 0; i < len(all); i++ {
		t := all[i]
		if i%between == 0 {
			fmt.Fprintf(progress, "%d of %d comparisons, after %v; calibrating\n", i-r.aside, planned, time.Since(r.started).Round(time.Second))
			var err error
			if noise, err = r.calibrate(ctx, m); err != nil {
				return r, err
			}
		}
		rep, err := m.experiment(ctx, profiler.KindComparison, t.params(noise), rounds, noise)
		if err != nil {
			return r, err
		}
		if t.quiet && len(rep.Comparability) > 0 && r.aside < planned {
			r.aside++
			all = append(all, t)
			continue
		}
		t.ask(&rep)
	}
	return r, nil
}

// ask counts the verdicts of a report.
func (t *truth) ask(r *report.Report) {
	for _, q := range t.questions {
		q.asked++
		if q.found(r) {
			q.answered++
		}
	}
}

// calibrate measures the noise floors for the next comparisons. It tries again while the machine is busy.
func (r *result) calibrate(ctx context.Context, m *machine) (*report.Calibration, error) {
	for try := 1; ; try++ {
		rep, err := m.experiment(ctx, profiler.KindCalibration, profiler.Params{}, r.settings.Rounds, nil)
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

// A machine measures experiments and records their runs.
type machine struct {
	cases  *builtin.Subject
	config profiler.Config
	runs   []profiler.Run // without measurements
}

// experiment does the measure runs of an experiment and returns its report.
func (m *machine) experiment(ctx context.Context, kind profiler.Kind, p profiler.Params, count int, noise *report.Calibration) (report.Report, error) {
	e := profiler.Experiment{Kind: kind, Config: m.config, State: profiler.Running}
	e.Config.Count = count
	trial, faults := known.NewTrial(e, p)
	if faults != nil {
		return report.Report{}, faults
	}
	e = trial.Experiment
	var runs []profiler.Run
	for _, task := range e.Plan() {
		if task.Kind != profiler.Measure {
			continue
		}
		run, err := m.cases.Run(ctx, subject.Job{Experiment: e, Task: task})
		if err != nil {
			return report.Report{}, err
		}
		runs = append(runs, run)
		run.Measurements = nil
		m.runs = append(m.runs, run)
	}
	e.State, e.Finished = profiler.Done, time.Now()
	return report.NewReport(e, runs, noise), nil
}
