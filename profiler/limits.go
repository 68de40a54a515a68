package profiler

import (
	"fmt"
	"math"
	"strconv"
)

// runtimeMemory is what a Go process of nothing but this program's own holds, in bytes.
const runtimeMemory = 16 << 20

// Memory estimates what a child of c needs at the most, in bytes: what is alive, the garbage
// that may lie around until the next collection, and the runtime's own.
func (c *Case) Memory(p Params, config Config) int64 {
	e := c.Estimate(p)
	live := float64(max(e.Live, e.FitLive))
	garbage := float64(e.Churn) * c.operations(p, config)
	if percent, err := strconv.Atoi(config.GOGC); err == nil { // else off: all of it stays
		garbage = min(garbage, live*float64(percent)/100)
	}
	if limit, err := ParseSize(config.GOMEMLIMIT); err == nil { // else off
		garbage = min(garbage, max(float64(limit)-live, 0))
	}
	return int64(min(live+garbage+runtimeMemory, math.MaxInt64/2))
}

// MostMemory is the same for the hungriest point of an experiment.
func (c *Case) MostMemory(e Experiment) int64 {
	var most int64
	for point := range e.Points() {
		if p, config, faults := e.At(c, point); len(faults) == 0 {
			most = max(most, c.Memory(p, config))
		}
	}
	return most
}

// operations estimates how many operations the longest loop of a child does.
func (c *Case) operations(p Params, config Config) float64 {
	e := c.Estimate(p)
	op := float64(max(e.Op, 1))
	loop := float64(1)
	if b, err := ParseBenchtime(config.Benchtime); err == nil {
		loop = max(float64(b.Duration)/op, float64(b.Iterations))
	}
	return max(loop, float64(e.Fit)/op) + 2
}

// CheckLimits says which of the limits of a child an experiment would not keep, by its case's
// estimate: better now than after the time that it takes to find out.
func (c *Case) CheckLimits(e Experiment) Faults {
	kinds := map[string]bool{}
	for _, task := range e.Plan(c) {
		kinds[task.Kind] = true
	}
	for point := range e.Points() {
		p, config, faults := e.At(c, point)
		if len(faults) == 0 {
			faults = c.checkLimits(kinds, p, config)
		}
		for i := range faults {
			if e.Sweep != nil {
				faults[i] = Fault{"sweep", fmt.Sprintf("%s=%s: %s", e.Sweep.Title(), e.Sweep.Values[point], faults[i].Message)}
			}
		}
		if len(faults) > 0 {
			return faults
		}
	}
	return nil
}

func (c *Case) checkLimits(kinds map[string]bool, p Params, config Config) Faults {
	var faults Faults
	if need := c.Memory(p, config); need > config.MemoryLimit {
		faults = append(faults, Fault{"params", fmt.Sprintf(
			"a run with these params would need about %s of memory, over its limit of %s; make the model, the batch or the data smaller, or the limit larger",
			aboutSize(need), aboutSize(config.MemoryLimit))})
	}
	for _, task := range []struct{ kind, field, remedy string }{
		{Measure, "benchtime", "ask for less time or fewer iterations, or raise the limit"},
		{FitRun, "params", "make the data smaller, train for fewer epochs, or raise the limit"},
	} {
		if took := c.taskDuration(task.kind, p, config, 1); kinds[task.kind] && took > config.TimeLimit {
			faults = append(faults, Fault{task.field, fmt.Sprintf(
				"a %s run would take about %v, over its limit of %v; %s", task.kind, took.Round(1e9), config.TimeLimit, task.remedy)})
		}
	}
	if c.Preparation != nil {
		if took := c.Preparation.Duration(p); took > config.TimeLimit {
			faults = append(faults, Fault{"params", fmt.Sprintf(
				"%s would take about %v, over the limit of %v; make it smaller, or raise the limit", c.Preparation.What, took.Round(1e9), config.TimeLimit)})
		}
	}
	return faults
}

// aboutSize writes a size for a sentence.
func aboutSize(bytes int64) string {
	switch {
	case bytes < 1<<10:
		return fmt.Sprintf("%d B", bytes)
	case bytes < 1<<20:
		return fmt.Sprintf("%d KiB", (bytes+1<<10-1)>>10)
	case bytes < 1<<30:
		return fmt.Sprintf("%d MiB", (bytes+1<<20-1)>>20)
	}
	return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30))
}
