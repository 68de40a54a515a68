package builtin

import (
	"fmt"
	"math"
	"strconv"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// runtimeMemory is the memory of an idle child in bytes.
const runtimeMemory = 16 << 20

// memory estimates the peak memory of a child of c in bytes: live objects, garbage until the next
// collection, and the runtime's own memory.
func (c *Case) memory(p profiler.Params, config profiler.Config) int64 {
	e := c.Estimate(p)
	live := float64(max(e.Live, e.FitLive))
	garbage := float64(e.Churn) * c.operations(p, config)
	if percent, err := strconv.Atoi(config.GOGC); err == nil { // otherwise it is off, and all garbage stays
		garbage = min(garbage, live*float64(percent)/100)
	}
	if limit, err := profiler.ParseSize(config.GOMEMLIMIT); err == nil { // otherwise it is off
		garbage = min(garbage, max(float64(limit)-live, 0))
	}
	return int64(min(live+garbage+runtimeMemory, math.MaxInt64/2))
}

// operations estimates the number of operations in the longest loop of a child.
func (c *Case) operations(p profiler.Params, config profiler.Config) float64 {
	e := c.Estimate(p)
	op := float64(max(e.Op, 1))
	loop := float64(1)
	if b, err := profiler.ParseBenchtime(config.Benchtime); err == nil {
		loop = max(float64(b.Duration)/op, float64(b.Iterations))
	}
	return max(loop, float64(e.Fit)/op) + 2
}

// checkLimits returns faults for the limits that children of those kinds would exceed.
func (c *Case) checkLimits(kinds map[profiler.RunKind]bool, p profiler.Params, config profiler.Config) profiler.Faults {
	var faults profiler.Faults
	if need := c.memory(p, config); need > config.MemoryLimit {
		faults = append(faults, profiler.Fault{Field: "params", Message: fmt.Sprintf(
			"a run with these params would need about %s of memory, over its limit of %s; make the model, the batch or the data smaller, or the limit larger",
			words.AboutSize(need), words.AboutSize(config.MemoryLimit))})
	}
	for _, task := range []struct {
		kind          profiler.RunKind
		field, advice string
	}{
		{profiler.Measure, "benchtime", "choose less time or fewer iterations, or raise the limit"},
		{profiler.FitRun, "params", "make the data smaller, train for fewer epochs, or raise the limit"},
	} {
		if took := c.taskDuration(task.kind, p, config, 1); kinds[task.kind] && took > config.TimeLimit {
			faults = append(faults, profiler.Fault{Field: task.field, Message: fmt.Sprintf(
				"a %s run would take about %v, over its limit of %v; %s", task.kind, took.Round(1e9), config.TimeLimit, task.advice)})
		}
	}
	if c.Preparation != nil {
		if took := c.Preparation.Duration(p); took > config.TimeLimit {
			faults = append(faults, profiler.Fault{Field: "params", Message: fmt.Sprintf(
				"%s would take about %v, over the limit of %v; make it smaller, or raise the limit", c.Preparation.What, took.Round(1e9), config.TimeLimit)})
		}
	}
	return faults
}
