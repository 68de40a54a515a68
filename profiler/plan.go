package profiler

import (
	"slices"
	"time"
)

// A Task is one child process to start: one variant, measured once.
type Task struct {
	Kind    string
	Variant string
	Round   int // from 0; of measure tasks
	Point   int // from 0: the place of a sweep's value; 0 where there is no sweep
}

// Plan lists an experiment's tasks in the order in which they run. The order of variants
// and points reverses in every round, so that drift of the machine falls on all of them
// alike.
//
// A sweep is about numbers alone: the profiles of one of its points are those of an
// experiment with its values. A calibration measures the baseline twice in every round.
func (e *Experiment) Plan(c *Case) []Task {
	c = c.For(e.Params)
	switch e.Kind {
	case KindSweep:
		return roundsOf(e.Config.Count, cells(c.Variants, e.Points()))
	case KindCalibration:
		return roundsOf(e.Config.Count, cells([]Variant{*c.Baseline(), *c.Baseline()}, 1))
	}
	tasks := roundsOf(e.Config.Count, cells(c.Variants, 1))
	for _, kind := range []string{Allocs, Peak} {
		for _, v := range c.Variants {
			tasks = append(tasks, Task{Kind: kind, Variant: v.Name})
		}
	}
	for _, v := range c.Variants {
		if v.Fit != nil {
			tasks = append(tasks, Task{Kind: FitRun, Variant: v.Name})
		}
	}
	return tasks
}

// cells are the tasks of one round: every variant at every point.
func cells(variants []Variant, points int) []Task {
	var tasks []Task
	for point := range points {
		for _, v := range variants {
			tasks = append(tasks, Task{Kind: Measure, Variant: v.Name, Point: point})
		}
	}
	return tasks
}

// roundsOf repeats the tasks of a round, every other time from the last to the first.
func roundsOf(count int, round []Task) []Task {
	var tasks []Task
	for n := range count {
		for _, task := range round {
			task.Round = n
			tasks = append(tasks, task)
		}
		slices.Reverse(round)
	}
	return tasks
}

// Duration estimates how long the whole plan of e takes. Slowness is how many times slower
// this machine is than the one that the case's Estimate speaks of.
func (c *Case) Duration(e Experiment, slowness float64) time.Duration {
	return c.Left(e, slowness, nil)
}

// Left estimates how long what is left of the plan of e takes, once runs have ended: a task
// takes as long as the earlier ones of its kind and point did, or else as the case estimates.
func (c *Case) Left(e Experiment, slowness float64, runs []Run) time.Duration {
	type cell struct {
		kind  string
		point int
	}
	type observed struct {
		n     int
		total time.Duration
	}
	seen := map[cell]observed{}
	for _, r := range runs {
		at := cell{r.Kind, r.Point}
		seen[at] = observed{seen[at].n + 1, seen[at].total + r.Duration}
	}
	var left time.Duration
	plan := e.Plan(c)
	for _, task := range plan[min(len(runs), len(plan)):] {
		at := cell{task.Kind, task.Point}
		if seen[at].n == 0 { // estimates take time as well: one for all alike
			o := observed{n: 1}
			if p, config, faults := e.At(c, task.Point); len(faults) == 0 {
				o.total = c.taskDuration(task.Kind, p, config, slowness)
			}
			seen[at] = o
		}
		left += seen[at].total / time.Duration(seen[at].n)
	}
	return left
}

// taskDuration estimates how long a child of that kind takes.
func (c *Case) taskDuration(kind string, p Params, config Config, slowness float64) time.Duration {
	const startup = 75 * time.Millisecond // of a process
	scale := func(d time.Duration) time.Duration { return time.Duration(float64(d) * slowness) }
	e := c.Estimate(p)
	setup, op := scale(e.Setup), max(scale(e.Op), 1)
	loop := op // of a measuring child
	if b, err := ParseBenchtime(config.Benchtime); err == nil {
		loop = max(b.Duration, op*time.Duration(max(b.Iterations, 1)))
	}
	switch kind {
	case Measure: // the benchmark, then the loop that observes memory
		return startup + 2*(setup+loop)
	case Allocs:
		return startup + setup + op + min(loop, allocsBudget)
	case FitRun:
		return startup + scale(e.Fit)
	}
	return startup + setup + op + max(op, min(loop, timelineBudget)) // Peak
}
