package profiler

import (
	"slices"
	"time"
)

// A Task is a child process to start. It measures one variant once.
type Task struct {
	Kind    RunKind
	Variant string
	Round   int    // of a measure task, from 0
	Row     string // value of the sweep, such as "GOGC=50"; of an extra run, one of Design.Rows; otherwise ""
}

// extraKinds lists the kinds of runs that a variant has at most once in a row, in the order of the plan.
var extraKinds = []RunKind{Allocs, Peak, FitRun}

// Plan returns the experiment's tasks in the order in which they run. Every round reverses the order
// of variants and rows, so that drift of the machine affects all of them equally.
//
// An import has no rounds, so its plan is empty. A sweep has only measure runs; an experiment with
// one of its values gives the profiles. A calibration measures the baseline twice in every round.
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
	for _, row := range e.Design.Profiled() {
		for _, kind := range extraKinds {
			for _, v := range e.Design.Variants {
				if slices.Contains(v.Extra, kind) {
					tasks = append(tasks, Task{Kind: kind, Variant: v.Name, Row: row})
				}
			}
		}
	}
	return tasks
}

// round returns the tasks of one round: every variant in every row.
func round(variants, rows []string) []Task {
	var tasks []Task
	for _, row := range rows {
		for _, v := range variants {
			tasks = append(tasks, Task{Kind: Measure, Variant: v, Row: row})
		}
	}
	return tasks
}

// rounds repeats the tasks of a round, in reverse order every other time.
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

// CompleteRounds returns the number of rounds of e's plan, from the first one on, whose runs are all there.
func CompleteRounds(e Experiment, runs []Run) int {
	for _, task := range Remaining(e.Plan(), runs) {
		if task.Kind == Measure {
			return task.Round
		}
	}
	return e.Config.Count
}

// Remaining returns the tasks of a plan that have not run yet, in the order of the plan. A task that the
// plan has twice needs two runs.
func Remaining(plan []Task, runs []Run) []Task {
	done := map[Task]int{}
	for _, r := range runs {
		done[r.Task]++
	}
	var left []Task
	for _, task := range plan {
		if done[task] > 0 {
			done[task]--
			continue
		}
		left = append(left, task)
	}
	return left
}

// Left estimates how long the rest of a plan takes after the given runs. It takes the mean duration of
// earlier runs of the same kind and row, or the estimate if there are none.
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
	for _, task := range Remaining(plan, runs) {
		at := cell{task.Kind, task.Row}
		if seen[at].n == 0 { // estimate only once, because it takes time
			seen[at] = observed{1, estimate(task)}
		}
		left += seen[at].total / time.Duration(seen[at].n)
	}
	return left
}
