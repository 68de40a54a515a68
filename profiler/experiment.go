package profiler

import "time"

// A State is how far an experiment is. States are stored in the database and part of the API.
type State string

const (
	Queued      State = "queued"
	Running     State = "running"
	Done        State = "done"
	Failed      State = "failed"
	Canceled    State = "canceled"
	Interrupted State = "interrupted" // the server stopped while it ran
)

// Terminal reports whether an experiment in state s will not change any more.
func (s State) Terminal() bool { return s != Queued && s != Running }

// A Kind is a kind of experiment. Kinds are stored in the database and part of the API.
type Kind string

const (
	KindComparison  Kind = "comparison"  // every variant against the baseline
	KindSweep       Kind = "sweep"       // the same at several values of one setting or param
	KindCalibration Kind = "calibration" // the baseline against itself: what differs is noise
)

// An Experiment is one launch of a subject with chosen params, or an import of two profiles.
type Experiment struct {
	ID          int64
	Kind        Kind
	Design      Design
	Config      Config
	Sweep       *Sweep // of a sweep
	State       State
	Reason      string // a sentence: why it failed or was interrupted
	Output      string // end of what the failed child printed
	Note        string
	Tags        []string
	Pinned      bool
	Created     time.Time
	Started     time.Time   // zero while queued
	Finished    time.Time   // zero until it ended
	Environment Environment // of the machine and the children; nil while queued
	Env         []string    // environment variables that a command runs with; never stored
}

// Rows returns the names of the rows that the experiment's plan measures: the values of its
// sweep, as in "GOGC=50", or the one row "".
func (e *Experiment) Rows() []string {
	if e.Sweep == nil {
		return []string{""}
	}
	return e.Sweep.Rows()
}

// An Environment holds what a result depends on besides its params, such as goos, gogc or code,
// the version of the cases' code.
type Environment map[string]string
