package builtin

import (
	"time"

	"heaplab/profiler"
)

// A Case is an optimisation, shown as variants that do the same work.
type Case struct {
	Name      string // stored in the database and in URLs: never rename
	Title     string
	Technique string // the article's name of the technique, with its translation
	Idea      string // how the technique works, as the article explains it
	Limit     string // how much it can save, and what it cannot save

	Params   []Param
	Presets  []Preset
	Variants []Variant // the first is the baseline, the last is the optimisation
	Primary  []string  // units of the metrics that decide the verdict

	Check       func(profiler.Params) profiler.Faults       // checks params that depend on each other; may be nil
	Estimate    func(profiler.Params) Estimate              // estimates the time and memory of a run
	Predict     func(profiler.Params) []profiler.Prediction // predicts the saving of each variant from theory; may be nil
	Preparation *Preparation                                // makes a file that all children load; may be nil

	// Bitwise says that the fits of all variants must end with bit-identical weights, because they do
	// the same arithmetic.
	Bitwise bool
}

// A Preset is a named choice of params.
type Preset struct {
	Name   string         `json:"name"`
	Title  string         `json:"title"`
	Params map[string]any `json:"params" doc:"the params that differ from their defaults"`
	Scale  string         `json:"scale,omitempty" enum:"small,large" doc:"scale at which a run of all cases uses the preset: small is fast, large gives evidence; empty if none does"`
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
	Setup  func(Input) (Work, error) // does everything that is not measured
	Source func() string             // returns the Go code that distinguishes this variant

	// See profiler.VariantInfo.
	Adds, LeavesOut string

	// Fit does the whole job of the case once, such as all epochs of a training. The caller counts its
	// allocations. Fit is nil if the case has no such job.
	Fit func(Input, Watch) (profiler.Fit, error)
}

// An Input holds everything that the set-up of a variant needs.
type Input struct {
	profiler.Params
	Prepared string // file from the case's Preparation; "" if it has none
	Folders
}

// Folders holds the server's folders that cases read from, or "".
type Folders struct {
	Dataset string // folder of data sets
	Models  string // folder of model files
}

// A Watch observes a Fit. Neither of its funcs is nil.
type Watch struct {
	Epoch func(profiler.Epoch) // called after each epoch
	Mark  func()               // called at the memory peak of each step
}

// Work is a variant that is set up.
type Work interface {
	// Op does one operation. It calls mark exactly once, at its memory peak.
	Op(mark func()) error

	// Metrics returns metrics that only the case knows, such as model-bytes, max-abs-err or loss.
	Metrics() []profiler.Measurement
	// Close frees the resources of the work.
	Close() error
}

// An Estimate holds the memory and time that one child of a case needs. The form shows how long an
// experiment takes, and launches that exceed the limits are rejected.
type Estimate struct {
	Live  int64         // bytes in use at the peak, without the runtime's own; largest of all variants
	Churn int64         // bytes allocated per operation; largest of all variants
	Setup time.Duration // of one child
	Op    time.Duration // of one operation on the reference machine (two cores, no load)
	Fit   time.Duration // of the whole job of one variant; 0 if there is none

	// FitLive is the number of bytes in use at the peak of the whole job or the preparation. It is 0
	// if it is not larger than Live.
	FitLive int64
}

// Variant returns the variant with that name, or nil.
func (c *Case) Variant(name string) *Variant {
	for i := range c.Variants {
		if c.Variants[i].Name == name {
			return &c.Variants[i]
		}
	}
	return nil
}

// Baseline returns the variant that the others are compared with.
func (c *Case) Baseline() *Variant { return &c.Variants[0] }

// Predictions returns the predictions for given params.
func (c *Case) Predictions(p profiler.Params) []profiler.Prediction {
	if c.Predict == nil {
		return []profiler.Prediction{}
	}
	return c.Predict(p)
}

// Find returns the case with that name, or nil.
func Find(cases []Case, name string) *Case {
	for i := range cases {
		if cases[i].Name == name {
			return &cases[i]
		}
	}
	return nil
}
