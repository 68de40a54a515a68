package profiler

import "time"

// States of an experiment. They are stored in the database and part of the API.
const (
	Queued      = "queued"
	Running     = "running"
	Done        = "done"
	Failed      = "failed"
	Canceled    = "canceled"
	Interrupted = "interrupted" // the server stopped while it ran
)

// Terminal reports whether an experiment in that state will not change any more.
func Terminal(state string) bool { return state != Queued && state != Running }

// Kinds of experiments. They are stored in the database and part of the API.
const (
	KindComparison  = "comparison"  // every variant against the baseline
	KindSweep       = "sweep"       // the same at several values of one setting or param
	KindCalibration = "calibration" // the baseline against itself: what differs is noise
)

// An Experiment is one launch of a case with chosen params, or an import of two profiles.
type Experiment struct {
	ID          int64
	Source      string // SourceCase or SourceImport
	Kind        string
	Case        string
	Title       string // of an import; others have their case's
	Params      Params
	Config      Config
	Sweep       *Sweep // of a sweep
	State       string
	Reason      string // a sentence: why it failed or was interrupted
	Output      string // end of what the child that failed printed
	Note        string
	Tags        []string
	Pinned      bool
	Created     time.Time
	Started     time.Time   // zero while queued
	Finished    time.Time   // zero until it ended
	Environment Environment // of the machine and the children; nil while queued
}

// An Environment is what a result depends on besides its params, such as goos, gogc or code, the
// version of what the cases run.
type Environment map[string]string
