// Package profiler defines the data of experiments: designs, plans, runs and their measurements. It
// knows neither SQL nor HTTP, and starts no processes.
package profiler

import "time"

// A State is the state of an experiment. States are stored in the database and part of the API.
type State string

const (
	Queued      State = "queued"
	Running     State = "running"
	Done        State = "done"
	Failed      State = "failed"
	Canceled    State = "canceled"
	Interrupted State = "interrupted" // the server stopped while it ran
)

// Terminal reports whether s is a final state.
func (s State) Terminal() bool { return s != Queued && s != Running }

// A Kind is a kind of experiment. Kinds are stored in the database and part of the API.
type Kind string

const (
	KindComparison  Kind = "comparison"  // compares every variant with the baseline
	KindSweep       Kind = "sweep"       // does so at several values of one setting or param
	KindCalibration Kind = "calibration" // compares the baseline with itself: differences are noise
)

// An Experiment is one launch of a subject with chosen params, or an import of two profiles.
type Experiment struct {
	ID          int64
	Kind        Kind
	Design      Design
	Config      Config
	Sweep       *Sweep // nil if it is not a sweep
	State       State
	Reason      string // a sentence: why it failed or was interrupted
	Output      string // end of the output of the child that failed
	Note        string
	Tags        []string
	Pinned      bool
	Created     time.Time
	Started     time.Time   // zero while queued
	Finished    time.Time   // zero until it has ended
	Environment Environment // of the machine and the children; nil while queued
	Env         []string    // environment variables of a command; never stored
	Damaged     string      // a sentence: why it cannot be read; only in lists
	Added       []Addition  // in order of time
	NotAdded    string      // sentences: why the last continuation did not add all its rounds; "" if it did
}

// An Addition records that an experiment was continued after it had ended, with more rounds or without.
type Addition struct {
	At     time.Time `json:"at"`
	Rounds int       `json:"rounds" doc:"number of rounds that were added to the plan; 0 if only the rest of the plan was run"`
}

// Rows returns the names of the rows in the experiment's plan: the values of its sweep, such as
// "GOGC=50", or the single row "".
func (e *Experiment) Rows() []string {
	if e.Sweep == nil {
		return []string{""}
	}
	return e.Sweep.Rows()
}

// An Environment holds the conditions of a result, other than params, by key. Examples are goos, gogc
// and code, the version of the cases' code.
type Environment map[string]string
