package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// addBuilds adds how the versions of benchmarks were built: their Go version to the environment, and warnings.
func (r *Report) addBuilds(e profiler.Experiment, runs []profiler.Run) {
	toolchains := byValue(runs, profiler.EnvToolchain)
	environment := maps.Clone(r.Environment)
	delete(environment, profiler.EnvToolchain) // that of heaplab itself
	if text := toolchains.text(); text != "" && environment != nil {
		environment[profiler.EnvToolchain] = text
	}
	r.Environment = environment
	if len(toolchains.values) > 1 {
		r.Warnings = append(r.Warnings, "The versions were built with different Go versions: "+toolchains.text()+". The differences include those of Go.")
	}
	if profiled := e.Design.Profiled(); len(profiled) < len(e.Design.Rows) {
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d of %d benchmarks have profiles: those whose bytes per operation differed most in the first run. The others have no causes.", len(profiled), len(e.Design.Rows)))
	}
	for _, out := range byValue(runs, profiler.EnvLeftOut).values {
		r.Warnings = append(r.Warnings, "Not all versions have these benchmarks, so they are not compared: "+out+".")
	}
	if s := byValue(runs, profiler.EnvSubmodules); len(s.values) > 0 {
		r.Warnings = append(r.Warnings, "The repository has git submodules, whose folders were empty when the benchmarks were built and run: "+s.text()+".")
	}
}

// ChangedRows returns the reports of the rows in which bytes per operation of a variant are decided, the largest increase
// first. A report without rows is its own row.
func ChangedRows(r Report, after string) []Report {
	if len(r.Rows) == 0 {
		return []Report{r}
	}
	var changed []Report
	for i := range r.Rows {
		if at := r.At(i); CausesDecided(at, after) {
			changed = append(changed, at)
		}
	}
	slices.SortStableFunc(changed, func(a, b Report) int { return cmp.Compare(increase(b, after), increase(a, after)) })
	return changed
}

// increase returns the change of the bytes per operation of a variant, as a share of the baseline.
func increase(r Report, after string) float64 {
	c := r.Comparison(after, profiler.BytesPerOp)
	return float64(c.Change) / float64(c.Baseline.Center) // +Inf if the baseline is 0
}

// A grouping has the different values of a key, with the variants whose runs have each.
type grouping struct {
	values   []string
	variants map[string][]string
	all      int // number of variants
}

// byValue groups the variants of runs by the value of a key of their environment.
func byValue(runs []profiler.Run, key string) grouping {
	g := grouping{variants: map[string][]string{}}
	seen := map[string]bool{}
	for _, run := range runs {
		if !seen[run.Variant] {
			seen[run.Variant] = true
			g.all++
		}
		value := run.Environment[key]
		if value == "" || slices.Contains(g.variants[value], run.Variant) {
			continue
		}
		if g.variants[value] == nil {
			g.values = append(g.values, value)
		}
		g.variants[value] = append(g.variants[value], run.Variant)
	}
	return g
}

// text writes the values. It names the variants of each unless all have the same.
func (g grouping) text() string {
	if len(g.values) == 1 && len(g.variants[g.values[0]]) == g.all {
		return g.values[0]
	}
	var parts []string
	for _, value := range g.values {
		parts = append(parts, fmt.Sprintf("%s for %s", value, words.List(g.variants[value])))
	}
	return words.List(parts)
}
