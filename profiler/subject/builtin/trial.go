package builtin

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"heaplab/profiler"
)

// A Trial is a case with the resolved params and settings of an experiment.
type Trial struct {
	Case       *Case
	Experiment profiler.Experiment
	Rows       []TrialRow // in the order of Experiment.Rows
}

// A TrialRow holds the params and settings of one row.
type TrialRow struct {
	Name   string
	Params profiler.Params
	Config profiler.Config
}

// NewTrial resolves raw params, see Resolve, and designs an experiment with them. It uses the kind,
// config and sweep of e, and sets its design. The field of a fault is "param.NAME", or "sweep" for a
// value of the sweep.
func (c *Case) NewTrial(e profiler.Experiment, raw map[string]any) (*Trial, profiler.Faults) {
	params, faults := c.Resolve(raw)
	if len(faults) > 0 {
		for i := range faults {
			faults[i].Field = "param." + faults[i].Field
		}
		return nil, faults
	}
	e.Design = c.Design(params)
	if e.Kind != profiler.KindComparison {
		e.Design.Predictions = nil
	}
	t := &Trial{Case: c, Experiment: e}
	if e.Sweep == nil {
		t.Rows = []TrialRow{{Params: params, Config: e.Config}}
		return t, nil
	}
	return t, t.resolveSweep()
}

// Trial returns the trial of a stored experiment. It has faults if the case has changed since the
// launch and no longer accepts the params.
func (c *Case) Trial(e profiler.Experiment) (*Trial, profiler.Faults) {
	return c.NewTrial(e, e.Design.Params)
}

// Design returns the design of a comparison of c's variants with the given params.
func (c *Case) Design(p profiler.Params) profiler.Design {
	d := profiler.Design{
		Subject:     profiler.CaseSubject(c.Name),
		Title:       c.Title,
		Technique:   c.Technique,
		Params:      p,
		Primary:     slices.Clone(c.Primary),
		Predictions: c.Predictions(p),
		Labels:      map[string]string{},
		Bitwise:     c.Bitwise,
	}
	for name, value := range p {
		d.Labels[name] = fmt.Sprint(value)
	}
	fits := c.Estimate == nil || c.Estimate(p).Fit > 0
	for _, v := range c.Variants {
		info := profiler.VariantInfo{Name: v.Name, Title: v.Title, Extra: []profiler.RunKind{profiler.Allocs, profiler.Peak}, Adds: v.Adds, LeavesOut: v.LeavesOut}
		if v.Fit != nil && fits {
			info.Extra = append(info.Extra, profiler.FitRun)
		}
		d.Variants = append(d.Variants, info)
	}
	return d
}

// resolveSweep sets the rows of a sweep, and checks that no two are the same.
func (t *Trial) resolveSweep() profiler.Faults {
	sweep := t.Experiment.Sweep
	var faults profiler.Faults
	seen := map[string]string{} // values of the sweep by the resolved params and config
	for i, name := range sweep.Rows() {
		row, rowFaults := t.sweepRow(name, sweep.Values[i])
		if len(rowFaults) > 0 {
			faults = append(faults, rowFaults...)
			continue
		}
		t.Rows = append(t.Rows, row)
		key := fmt.Sprint(row.Params, row.Config)
		if other, ok := seen[key]; ok {
			faults = append(faults, profiler.Fault{Field: "sweep", Message: fmt.Sprintf("%s and %s are the same value", other, sweep.Values[i])})
		}
		seen[key] = sweep.Values[i]
	}
	return faults
}

// sweepRow returns the row of one value of a sweep.
func (t *Trial) sweepRow(name, value string) (TrialRow, profiler.Faults) {
	sweep, params := t.Experiment.Sweep, maps.Clone(t.Experiment.Design.Params)
	if !sweep.IsSetting() {
		params[sweep.Over] = value
	}
	resolved, faults := t.Case.Resolve(params)
	config, wrong := sweep.Config(t.Experiment.Config, value)
	return TrialRow{name, resolved, config}, atRow(name, append(faults, wrong...))
}

// atRow turns faults into faults of a row of the sweep.
func atRow(row string, faults profiler.Faults) profiler.Faults {
	for i := range faults {
		faults[i] = profiler.Fault{Field: "sweep", Message: row + ": " + faults[i].Message}
	}
	return faults
}

// Row returns the row with that name.
func (t *Trial) Row(name string) (TrialRow, bool) {
	i := slices.IndexFunc(t.Rows, func(r TrialRow) bool { return r.Name == name })
	if i < 0 {
		return TrialRow{}, false
	}
	return t.Rows[i], true
}

// Plan returns the tasks of the trial.
func (t *Trial) Plan() []profiler.Task { return t.Experiment.Plan() }

// Duration estimates how long the plan takes after the given runs. slowness says how many times slower
// this machine is than the reference machine of the case's Estimate.
func (t *Trial) Duration(slowness float64, runs []profiler.Run) time.Duration {
	return profiler.Left(t.Plan(), runs, func(task profiler.Task) time.Duration {
		row, ok := t.Row(task.Row)
		if !ok {
			return 0
		}
		return t.Case.taskDuration(task.Kind, row.Params, row.Config, slowness)
	})
}

// Memory estimates the peak memory of the largest child in bytes.
func (t *Trial) Memory() int64 {
	var most int64
	for _, row := range t.Rows {
		most = max(most, t.Case.memory(row.Params, row.Config))
	}
	return most
}

// CheckLimits returns faults for the limits that children would exceed, according to the case's
// estimate.
func (t *Trial) CheckLimits() profiler.Faults {
	kinds := map[profiler.RunKind]bool{}
	for _, task := range t.Plan() {
		kinds[task.Kind] = true
	}
	for _, row := range t.Rows {
		faults := t.Case.checkLimits(kinds, row.Params, row.Config)
		if t.Experiment.Sweep != nil {
			faults = atRow(row.Name, faults)
		}
		if len(faults) > 0 {
			return faults
		}
	}
	return nil
}

// taskDuration estimates how long a child of that kind runs.
func (c *Case) taskDuration(kind profiler.RunKind, p profiler.Params, config profiler.Config, slowness float64) time.Duration {
	const startup = 75 * time.Millisecond // of a process
	scale := func(d time.Duration) time.Duration { return time.Duration(float64(d) * slowness) }
	e := c.Estimate(p)
	setup, op := scale(e.Setup), max(scale(e.Op), 1)
	loop := op // of a measure child
	if b, err := profiler.ParseBenchtime(config.Benchtime); err == nil {
		loop = max(b.Duration, op*time.Duration(max(b.Iterations, 1)))
	}
	switch kind {
	case profiler.Measure: // the benchmark, then observeMemory: at least two operations, and one to its mark
		return startup + 2*setup + loop + max(loop, 2*op) + op
	case profiler.Allocs:
		return startup + setup + op + min(loop, allocsBudget)
	case profiler.FitRun:
		return startup + scale(e.Fit)
	}
	return startup + setup + op + max(op, min(loop, timelineBudget)) // Peak
}
