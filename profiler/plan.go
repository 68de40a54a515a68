package profiler

import "time"

// A Task is one child process to start: one variant, measured once.
type Task struct {
	Kind    string
	Variant string
	Round   int // from 0; of measure tasks
}

// Plan lists an experiment's tasks in the order in which they run. The order of the
// variants reverses in every round, so that drift of the machine falls on all of them alike.
func Plan(c *Case, count int) []Task {
	var tasks []Task
	for round := range count {
		for i := range c.Variants {
			if round%2 == 1 {
				i = len(c.Variants) - 1 - i
			}
			tasks = append(tasks, Task{Measure, c.Variants[i].Name, round})
		}
	}
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

// Duration estimates how long the whole plan takes. Slowness is how many times slower this
// machine is than the one that the case's Estimate speaks of.
func (c *Case) Duration(p Params, config Config, slowness float64) time.Duration {
	return c.Left(p, config, slowness, nil)
}

// Left estimates how long what is left of the plan takes, once runs have ended: a task
// takes as long as the earlier ones of its kind did, or else as the case estimates.
func (c *Case) Left(p Params, config Config, slowness float64, runs []Run) time.Duration {
	type observed struct {
		n     int
		total time.Duration
	}
	seen := map[string]observed{}
	for _, r := range runs {
		o := seen[r.Kind]
		seen[r.Kind] = observed{o.n + 1, o.total + r.Duration}
	}
	var left time.Duration
	plan := Plan(c, config.Count)
	for _, task := range plan[min(len(runs), len(plan)):] {
		if o := seen[task.Kind]; o.n > 0 {
			left += o.total / time.Duration(o.n)
		} else {
			left += c.taskDuration(task.Kind, p, config, slowness)
		}
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
	return startup + setup + 2*op // Peak
}
