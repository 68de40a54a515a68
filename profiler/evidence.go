package profiler

// Evidence holds the comparisons that show what a subject does with certain params.
type Evidence struct {
	// Best supports the result best: it is pinned, or else ran on this machine, or else with the default
	// benchtime, or else has the most rounds, or else is the newest. It is nil if no comparison with the
	// params and the default GOGC and GOMEMLIMIT is done.
	Best *Experiment

	Newer *Experiment // the newest after Best with the same params, which supports less; or nil
	Other *Experiment // the newest with other params, if Best is nil; or nil

	Machine string // this machine, as the value "machine" of an Environment
}
