package profiler

import (
	"slices"
	"time"
)

// A Task is one child process to start: one variant, measured once.
type Task struct {
	Kind    RunKind
	Variant string
	Round   int    // from 0; of measure tasks
	Row     string // value of the sweep that it is measured at, as in "GOGC=50"; "" without a sweep
}

// extraKinds are the kinds of runs that a variant has at most once, in the order of the plan.
var extraKinds = []RunKind{Allocs, Peak, FitRun}

// Plan lists an experiment's tasks in the order in which they run. The order of variants and
// rows reverses in every round, so that drift of the machine affects all of them alike.
//
// An import has no rounds, so its plan is empty. A sweep has measure runs only: for profiles at one of its values, launch an experiment with
// that value. A calibration measures the baseline twice in every round.
func (e *Experiment) Plan() []Task {
	var variants []string
	for _, v := range e.Design.Variants {
		variants = append(variants, v.Name)
	}
	if e.Kind == KindCalibration {
		variants = []string{e.Design.Baseline(), e.Design.Baseline()}
	}
	tasks := rounds(e.Config.Count, round(variants, e.Rows()))
	if e.Kind != KindComparison {
		return tasks
	}
	for _, kind := range extraKinds {
		for _, v := range e.Design.Variants {
			if slices.Contains(v.Extra, kind) {
				tasks = append(tasks, Task{Kind: kind, Variant: v.Name})
			}
		}
	}
	return tasks
}

// round returns the tasks of one round: every variant at every row.
func round(variants, rows []string) []Task {
	var tasks []Task
	for _, row := range rows {
		for _, v := range variants {
			tasks = append(tasks, Task{Kind: Measure, Variant: v, Row: row})
		}
	}
	return tasks
}

// rounds repeats the tasks of a round count times, in reversed order every other time.
func rounds(count int, round []Task) []Task {
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

// Left estimates how long the rest of a plan takes, once the given runs have ended: a task takes
// as long as the earlier runs of its kind and row did on average, or else what estimate says.
func Left(plan []Task, runs []Run, estimate func(Task) time.Duration) time.Duration {
	type cell struct {
		kind RunKind
		row  string
	}
	type observed struct {
		n     int
		total time.Duration
	}
	seen := map[cell]observed{}
	for _, r := range runs {
		at := cell{r.Kind, r.Row}
		seen[at] = observed{seen[at].n + 1, seen[at].total + r.Duration}
	}
	var left time.Duration
	for _, task := range plan[min(len(runs), len(plan)):] {
		at := cell{task.Kind, task.Row}
		if seen[at].n == 0 { // an estimate takes time as well: make it once
			seen[at] = observed{1, estimate(task)}
		}
		left += seen[at].total / time.Duration(seen[at].n)
	}
	return left
}
