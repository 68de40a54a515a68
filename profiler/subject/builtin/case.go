// Package profiler says what a measurement of memory is and takes it: cases and their
// variants, the child processes that measure them, the heap profiles that they write and
// the statistics that compare them. It knows neither SQL nor HTTP.
package builtin

import (
	"heaplab/profiler"
	"time"
)

// A Case is one optimisation told as variants that do the same work.
type Case struct {
	Name      string // stored in the database and in URLs: never rename
	Title     string
	Technique string // the article's name of the technique, with its translation
	Idea      string // what the technique does and why, in the article's words
	Limit     string // what it can save at most, and what it cannot

	Params   []Param
	Presets  []Preset
	Variants []Variant // the first is the baseline ("before"); the last is the case's point
	Primary  []string  // units of the few metrics that its verdict is about

	Check       func(profiler.Params) profiler.Faults       // faults that concern several params at once; may be nil
	Estimate    func(profiler.Params) Estimate              // what a run needs, known before anything runs
	Predict     func(profiler.Params) []profiler.Prediction // what theory says each variant saves; may be nil
	Preparation *Preparation                                // what all children load; may be nil

	// Bitwise says that the fits of all variants must end with weights equal to the bit: they
	// do the same arithmetic.
	Bitwise bool
}

// A Preset is a choice of params with a name.
type Preset struct {
	Name   string         `json:"name"`
	Title  string         `json:"title"`
	Params map[string]any `json:"params" doc:"those that differ from their defaults"`
	Scale  string         `json:"scale,omitempty" enum:"small,large" doc:"at which the whole catalogue runs with it: small is over soon, large is evidence; none of others"`
}

// Scales of a Preset.
const (
	Small = "small"
	Large = "large"
)

// A Variant is one way of doing a case's work.
type Variant struct {
	Name   string                    // stored in the database: never rename
	Title  string                    // a few words
	Setup  func(Input) (Work, error) // everything that is not measured
	Source func() string             // Go source of what makes this variant differ

	// In a case that stacks techniques: the one that this variant adds to the variant before it
	// that adds one, or to the baseline, and the one that it leaves out of all. "" elsewhere.
	Adds, LeavesOut string

	// Fit does the case's whole job once (all epochs of a training). What it allocates is
	// counted by its caller. Nil where there is no such job.
	Fit func(Input, Watch) (profiler.Fit, error)
}

// An Input is what a variant is set up with.
type Input struct {
	profiler.Params
	Prepared string // file that the case's Preparation made; "" where it has none
	Folders
}

// Folders are those that the server was given for cases to read from; "" where it was given none.
type Folders struct {
	Dataset string // data sets
	Models  string // files of models' weights
}

// A Watch looks on while a Fit does its job. Neither of its funcs is nil.
type Watch struct {
	Epoch func(profiler.Epoch) // is called after each epoch
	Mark  func()               // is called in each step, where its memory is at its peak
}

// Work is a variant that is set up.
type Work interface {
	// Op is one operation. It calls mark exactly once, where its memory is at its peak.
	Op(mark func()) error
	// Metrics is what the work knows of itself, such as model-bytes, max-abs-err or loss.
	Metrics() []profiler.Measurement
	Close() error
}

// An Estimate is what one child of a case needs with given params: for the form, which says
// how long an experiment takes, and for the refusal of what does not fit.
type Estimate struct {
	Live  int64         // bytes that the hungriest variant holds at its peak, the runtime's own aside
	Churn int64         // bytes that the hungriest variant allocates in an operation
	Setup time.Duration // of one child, before its first op
	Op    time.Duration // one operation on the reference machine (two cores, no load)
	Fit   time.Duration // the whole job of one variant; 0 where there is none

	// FitLive is the bytes that the whole job, or the preparation, holds at its peak; 0 where
	// Live covers them.
	FitLive int64
}

// Variant returns the variant of that name, or nil.
func (c *Case) Variant(name string) *Variant {
	for i := range c.Variants {
		if c.Variants[i].Name == name {
			return &c.Variants[i]
		}
	}
	return nil
}

// Baseline is the variant that the others are compared with.
func (c *Case) Baseline() *Variant { return &c.Variants[0] }

// Predictions is what theory says with given params.
func (c *Case) Predictions(p profiler.Params) []profiler.Prediction {
	if c.Predict == nil {
		return []profiler.Prediction{}
	}
	return c.Predict(p)
}

// Find returns the case of that name, or nil.
func Find(cases []Case, name string) *Case {
	for i := range cases {
		if cases[i].Name == name {
			return &cases[i]
		}
	}
	return nil
}
