package views

import (
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// sameFor says which runs have this environment.
func sameFor(r report.Report) string {
	switch {
	case len(r.Comparability) > 0:
		return "As the server recorded it; differences between the runs are listed above"
	case r.Sweep != nil:
		return "The same for every run of this experiment, except " + words.Plain(r.Sweep.Title())
	}
	return "The same for every run of this experiment"
}
