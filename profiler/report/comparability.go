package report

import (
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// Distrust says which values of an experiment must not be compared, because of how its runs went.
type Distrust struct {
	Times bool `json:"times,omitempty" doc:"the load of the machine was uneven"`
	All   bool `json:"all,omitempty" doc:"the runs had different environments"`
}

// comparability returns sentences about why the measure runs of an experiment are hard to
// compare: their environments differ, or the machine was busy. The setting that a sweep varies
// is expected to differ. It also returns which values must not be compared.
func comparability(e profiler.Experiment, runs []profiler.Run) (out []string, d Distrust) {
	out = []string{}
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
	if e.Design.Subject == profiler.SubjectGoBench { // versions may differ in these, see addBuilds
		for _, key := range []string{profiler.EnvToolchain, profiler.EnvLeftOut, profiler.EnvSubmodules} {
			delete(keys, key)
		}
	}
	for _, key := range []string{"peak", "peak-at-most", "parts"} { // see peakCaveats
		delete(keys, key)
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if difference := environmentDifference(key, measured); difference != "" {
			out, d.All = append(out, difference), true
		}
	}
	out = append(out, loadWarnings(measured)...)
	if uneven := unevenLoadWarning(measured); uneven != "" {
		out, d.Times = append(out, uneven), true
	}
	return out, d
}

// peakCaveats returns a sentence for each reason why the peak memory of some commands is not exact.
func peakCaveats(runs []profiler.Run) []string {
	var sampled, bounded, parts []string
	for _, r := range runs {
		var names *[]string
		switch {
		case r.Environment["peak"] == "sampled":
			names = &sampled
		case r.Environment["peak"] == "bounded":
			names = &bounded
		case r.Environment["parts"] == "sampled":
			names = &parts
		default:
			continue
		}
		if !slices.Contains(*names, r.Variant) {
			*names = append(*names, r.Variant)
		}
	}
	var out []string
	if len(sampled) > 0 {
		out = append(out, fmt.Sprintf("Peak memory of %s was sampled: it is a lower bound.", words.List(sampled)))
	}
	if len(bounded) > 0 {
		out = append(out, fmt.Sprintf("Several processes of %s ran at the same time: their peak memory together was sampled, so it is a lower bound.", words.List(bounded)))
	}
	if len(parts) > 0 {
		out = append(out, fmt.Sprintf("Peak anonymous and file-backed memory of %s was sampled: it is a lower bound.", words.List(parts)))
	}
	return out
}

// environmentDifference says which variants ran with which value of an environment's key. It
// returns "" if all runs had the same value.
func environmentDifference(key string, runs []profiler.Run) string {
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
	return fmt.Sprintf("The runs differ: %s was %s. They are not comparable.", key, strings.Join(parts, ", and "))
}

// Shares of the machine's processor time above which a report warns.
const (
	maxOthers     = 0.10
	maxSteal      = 0.02
	maxUnevenness = 0.10 // difference between two variants or rows
)

// minLoadTime is the shortest total duration of runs whose load is known: the machine counts
// processor time in coarse steps.
const minLoadTime = time.Second

// A load is the processor time that was taken from runs, as shares of the whole machine.
type load struct {
	others float64 // by other processes
	steal  float64 // by the hypervisor
}

// loadDuring returns the load during runs, or false if they were too short to know it.
func loadDuring(runs []profiler.Run) (load, bool) {
	var took, all, others, steal time.Duration
	for _, r := range runs {
		took += r.Duration
		all += r.Duration * time.Duration(processors(&r))
		others += r.Others
		steal += r.Steal
	}
	if took < minLoadTime {
		return load{}, false
	}
	return load{max(float64(others)/float64(all), 0), max(float64(steal)/float64(all), 0)}, true
}

// processors returns the number of processors of the machine of a run. If the run does not say,
// it returns the number of this machine.
func processors(r *profiler.Run) int {
	if n, err := strconv.Atoi(r.Environment["cpu-count"]); err == nil && n > 0 {
		return n
	}
	return runtime.NumCPU()
}

// loadWarnings warns if the machine was busy during the runs.
func loadWarnings(runs []profiler.Run) []string {
	var out []string
	all, _ := loadDuring(runs)
	if all.others > maxOthers {
		out = append(out, fmt.Sprintf("The machine was busy during the runs: other processes took %.0f%% of its processors. "+
			"Times are less reliable, and peaks of memory may vary.", 100*all.others))
	}
	if all.steal > maxSteal {
		out = append(out, fmt.Sprintf("The hypervisor gave %.0f%% of the processors to other machines during the runs: times are less reliable.", 100*all.steal))
	}
	return out
}

// unevenLoadWarning warns if the load during one variant or row was much higher than during
// another. Otherwise it returns "".
func unevenLoadWarning(runs []profiler.Run) string {
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
	var leastLoaded, mostLoaded string
	for _, name := range names {
		l, known := loadDuring(groups[name])
		if !known {
			return "" // there is nothing to compare with
		}
		share := l.others + l.steal
		if share < least {
			least, leastLoaded = share, name
		}
		if share > most {
			most, mostLoaded = share, name
		}
	}
	if most-least <= maxUnevenness {
		return ""
	}
	return fmt.Sprintf("The load of the machine was uneven: other processes took %.0f%% of the processors while %s ran, and %.0f%% while %s ran. "+
		"Do not compare their times.", 100*most, mostLoaded, 100*least, leastLoaded)
}
