package report

import "heaplab/profiler"

// addElsewhere adds what is not known of imported results of benchmarks, and which of them are not compared.
func (r *Report) addElsewhere(runs []profiler.Run) {
	r.Warnings = append(r.Warnings, "The results were measured elsewhere. Whether the sides took turns is not known; if they did not, a change of times can be drift of the machine.")
	for _, out := range byValue(runs, profiler.EnvLeftOut).values {
		r.Warnings = append(r.Warnings, "Not all sides have these benchmarks, so they are not compared: "+out+".")
	}
}
