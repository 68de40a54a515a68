package report

import (
	"fmt"
	"maps"
	"slices"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// addBuilds adds how the versions of benchmarks were built: their Go version to the environment, and warnings.
func (r *Report) addBuilds(runs []profiler.Run) {
	r.Environment = maps.Clone(r.Environment)
	delete(r.Environment, profiler.EnvToolchain) // that of heaplab itself
	toolchains := byValue(runs, profiler.EnvToolchain)
	if text := toolchains.text(); text != "" {
		r.Environment[profiler.EnvToolchain] = text
	}
	if len(toolchains.values) > 1 {
		r.Warnings = append(r.Warnings, "The versions were built with different Go versions: "+toolchains.text()+". The differences include those of Go.")
	}
	for _, out := range byValue(runs, profiler.EnvLeftOut).values {
		r.Warnings = append(r.Warnings, "Not all versions have these benchmarks, so they are not compared: "+out+".")
	}
	if s := byValue(runs, profiler.EnvSubmodules); len(s.values) > 0 {
		r.Warnings = append(r.Warnings, "The repository has git submodules, whose folders were empty when the benchmarks were built and run: "+s.text()+".")
	}
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
