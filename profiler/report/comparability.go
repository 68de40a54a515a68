package report

import (
	"fmt"
	"heaplab/profiler"
	"maps"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// comparability says in sentences what may make the measure runs of an experiment
// incomparable: what differs between their environments, and what else the machine did.
// What a sweep varies is meant to differ.
func comparability(e profiler.Experiment, runs []profiler.Run) []string {
	out := []string{}
	var measured []profiler.Run
	for _, r := range runs {
		if r.Kind == profiler.Measure {
			measured = append(measured, r)
		}
	}
	keys := map[string]bool{}
	for _, r := range measured {
		for key := range r.Environment {
			keys[key] = true
		}
	}
	if e.Sweep != nil {
		delete(keys, e.Sweep.Over)
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if difference := differs(key, measured); difference != "" {
			out = append(out, difference)
		}
	}
	return append(out, busy(e, measured)...)
}

// differs says which values of an environment's key the variants ran with, or nothing where
// all of them had the same.
func differs(key string, runs []profiler.Run) string {
	var values []string
	variants := map[string][]string{} // by value
	for _, r := range runs {
		value, ok := r.Environment[key]
		if !ok {
			continue
		}
		if !slices.Contains(values, value) {
			values = append(values, value)
		}
		if !slices.Contains(variants[value], r.Variant) {
			variants[value] = append(variants[value], r.Variant)
		}
	}
	if len(values) < 2 {
		return ""
	}
	var parts []string
	for _, value := range values {
		parts = append(parts, fmt.Sprintf("%s for %s", value, strings.Join(variants[value], ", ")))
	}
	return fmt.Sprintf("The runs are not alike: %s was %s. Do not compare them.", key, strings.Join(parts, ", and "))
}

// Shares of the machine's processor time from which neighbours are worth a warning, and the
// difference of shares between two variants.
const (
	muchOthers = 0.10
	muchSteal  = 0.02
	muchUneven = 0.10
)

// enoughTime is how long runs have to take together before the coarse clock of the machine says
// anything about their neighbours.
const enoughTime = time.Second

// neighbours are what took processor time from some runs, in shares of the whole machine.
type neighbours struct{ others, steal float64 }

// neighboursOf is 0 for runs that were too short to tell.
func neighboursOf(runs []profiler.Run) neighbours {
	var took, all, others, steal time.Duration
	for _, r := range runs {
		took += r.Duration
		all += r.Duration * time.Duration(processors(&r))
		others += r.Others
		steal += r.Steal
	}
	if took < enoughTime {
		return neighbours{}
	}
	return neighbours{max(float64(others)/float64(all), 0), max(float64(steal)/float64(all), 0)}
}

// processors returns how many processors the machine of a run has: as many as this one if the
// run does not say.
func processors(r *profiler.Run) int {
	if n, err := strconv.Atoi(r.Environment["cpu-count"]); err == nil && n > 0 {
		return n
	}
	return runtime.NumCPU()
}

// busy says when the machine had other things to do while the runs took place.
func busy(e profiler.Experiment, runs []profiler.Run) []string {
	var out []string
	all := neighboursOf(runs)
	if all.others > muchOthers {
		out = append(out, fmt.Sprintf("The machine was busy while this was measured: other processes took %.0f%% of its processors. "+
			"Times are less sure for it; bytes and allocations are not touched.", 100*all.others))
	}
	if all.steal > muchSteal {
		out = append(out, fmt.Sprintf("The hypervisor gave %.0f%% of the processors to other machines while this was measured: times are less sure for it.", 100*all.steal))
	}
	return append(out, uneven(e, runs)...)
}

// uneven says when some of what is compared, variants and the values of a sweep, was disturbed
// more than others.
func uneven(e profiler.Experiment, runs []profiler.Run) []string {
	var names []string
	groups := map[string][]profiler.Run{}
	for _, r := range runs {
		name := r.Variant
		if r.Row != "" {
			name += " at " + r.Row
		}
		if groups[name] == nil {
			names = append(names, name)
		}
		groups[name] = append(groups[name], r)
	}
	least, most := math.Inf(1), math.Inf(-1)
	var quiet, loud string
	for _, name := range names {
		n := neighboursOf(groups[name])
		share := n.others + n.steal
		if share < least {
			least, quiet = share, name
		}
		if share > most {
			most, loud = share, name
		}
	}
	if most-least <= muchUneven {
		return nil
	}
	return []string{fmt.Sprintf("Not everything was disturbed alike: others took %.0f%% of the processors while %s ran, and %.0f%% while %s ran. "+
		"Do not compare their times.", 100*most, loud, 100*least, quiet)}
}
