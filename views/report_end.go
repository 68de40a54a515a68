package views

import (
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// sameFor says which runs have this environment.
func sameFor(r report.Report) string {
	switch {
	case len(r.Comparability) > 0:
		return "As the server found it; see above for differences between the runs"
	case r.Sweep != nil:
		return "The same for every run of this experiment, except " + words.Plain(r.Sweep.Title())
	}
	return "The same for every run of this experiment"
}
