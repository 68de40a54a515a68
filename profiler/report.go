package profiler

import (
	"fmt"
	"slices"
	"time"
)

// A Report is what there is to say of an experiment: the page, the JSON of the API and the
// frozen content of a share are all this.
type Report struct {
	ID          int64       `json:"id"`
	URL         string      `json:"url"`
	Source      string      `json:"source" enum:"case,import" doc:"import: two profiles from outside. It has no runs, and the values of its profiles are of a whole process, not per operation"`
	Kind        string      `json:"kind" enum:"comparison,sweep,calibration"`
	Case        string      `json:"case"`
	Title       string      `json:"title"`
	Technique   string      `json:"technique"`
	Params      Params      `json:"params"`
	Idle        []string    `json:"idle_params,omitempty" doc:"params that make no difference with the others"`
	Config      Config      `json:"config"`
	Sweep       *Sweep      `json:"sweep,omitempty"`
	State       string      `json:"state" enum:"queued,running,done,failed,canceled,interrupted"`
	Error       string      `json:"error,omitempty"`
	Note        string      `json:"note,omitempty"`
	Tags        []string    `json:"tags"`
	Created     time.Time   `json:"created"`
	Started     time.Time   `json:"started,omitzero"`
	Finished    time.Time   `json:"finished,omitzero"`
	RunsDone    int         `json:"runs_done"`
	RunsTotal   int         `json:"runs_total" doc:"children that the whole plan takes"`
	Environment Environment `json:"environment"`

	Comparability []string        `json:"comparability" doc:"what makes the runs hard to compare; empty where nothing does"`
	Calibration   *Calibration    `json:"calibration,omitempty" doc:"where the noise floors come from; without one they are stated defaults. Of a calibration: what it found"`
	Primary       []string        `json:"primary"`
	Bitwise       bool            `json:"bitwise" doc:"the fits of all variants must end with weights equal to the bit"`
	Variants      []VariantReport `json:"variants"` // the first is the baseline
	Comparisons   []Comparison    `json:"comparisons" doc:"none of a sweep, which has them at its points, and of a calibration"`
	Points        []PointReport   `json:"points,omitempty" doc:"of a sweep"`
	Profiles      []ProfileReport `json:"profiles"`
	Predictions   []Prediction    `json:"predictions"`
	Warnings      []string        `json:"warnings"` // about the numbers as a whole
}

// A VariantReport is what was measured of one variant.
type VariantReport struct {
	Name     string               `json:"name"`
	Title    string               `json:"title"`
	Adds     string               `json:"adds,omitempty" doc:"technique that it adds to the last variant before it that adds one, or to the baseline"`
	Leaves   string               `json:"leaves_out,omitempty" doc:"technique that it leaves out of all"`
	Samples  map[string][]float64 `json:"samples" doc:"by unit, in the order of the runs; of a sweep, see its points"`
	Calls    []int64              `json:"calls,omitempty" doc:"operations that each of these runs measured, in the same order"`
	Fit      *Fit                 `json:"fit,omitempty"`
	Timeline *Timeline            `json:"timeline,omitempty"`
}

// An Interval is a sample's median and its distribution-free 95 % confidence interval,
// whose ends are undefined for less than six values.
type Interval struct {
	Center Float `json:"center"`
	Lo     Float `json:"lo"`
	Hi     Float `json:"hi"`
	N      int   `json:"n"`
}

// Verdicts of a Comparison. They are part of the API.
const (
	Better  = "better"  // decided, to the good
	Worse   = "worse"   // decided, to the bad
	Same    = "same"    // the change, if there is one, lies inside the noise floor
	Unclear = "unclear" // neither of these
)

// A Comparison holds one variant against the baseline in one unit.
type Comparison struct {
	Unit          string   `json:"unit"`
	Variant       string   `json:"variant"`
	Primary       bool     `json:"primary" doc:"one of the few metrics that the case's verdict is about"`
	Baseline      Interval `json:"baseline"`
	Value         Interval `json:"value"`
	Change        Float    `json:"change" doc:"of the medians, in the unit"`
	ChangeLo      Float    `json:"change_lo" doc:"95 % interval of the change in the unit (Hodges-Lehmann)"`
	ChangeHi      Float    `json:"change_hi"`
	Delta         Float    `json:"delta_percent" doc:"change of the medians; null where the baseline is 0"`
	DeltaLo       Float    `json:"delta_lo" doc:"95 % interval of the change in percent"`
	DeltaHi       Float    `json:"delta_hi"`
	P             Float    `json:"p" doc:"of the Mann-Whitney U test; null where it is undefined or the unit is exact"`
	PAdjusted     Float    `json:"p_adjusted" doc:"the same after Holm's correction, of primary metrics: the verdict goes by it"`
	Floor         Float    `json:"floor_percent" doc:"a change under it is never better or worse; null where the baseline is 0"`
	FloorMeasured bool     `json:"floor_measured" doc:"a calibration of this machine gave the floor; otherwise it is the stated default"`
	Verdict       string   `json:"verdict" enum:"better,worse,same,unclear"`
	Warnings      []string `json:"warnings,omitempty"`

	// In the unit itself, for the verdict.
	floor  float64 // below it nothing is claimed
	spread float64 // the larger range of the two samples
}

// A ProfileReport is a kept profile: where to get it and what it says.
type ProfileReport struct {
	Variant   string     `json:"variant"`
	Kind      string     `json:"kind" enum:"allocs,peak,import"`
	File      string     `json:"file,omitempty" doc:"name of an imported file, as it was uploaded"`
	URL       string     `json:"url,omitempty"` // empty where a share leaves profiles out
	Bytes     int64      `json:"bytes" doc:"size of the gzip file"`
	SHA256    string     `json:"sha256"`
	Calls     int64      `json:"calls,omitempty" doc:"operations that the profile spans"`
	SelfCheck *SelfCheck `json:"self_check,omitempty"`
	Summary   Summary    `json:"summary"`
	Fault     string     `json:"fault,omitempty" doc:"why it has no summary: the profile is kept, but could not be read"`
}

// NewReport computes what there is to say of an experiment of c from its runs, with the noise
// floors of a calibration. c may be nil, where the case is no longer built in, and so may
// noise, where nothing was calibrated.
func NewReport(c *Case, e Experiment, runs []Run, noise *Calibration) Report {
	if c == nil {
		c = vanished(e, runs)
	}
	c = measured(c.For(e.Params), e, runs)
	r := newReport(e)
	r.Title, r.Technique = c.Title, c.Technique
	r.RunsDone, r.RunsTotal = len(runs), len(e.Plan(c))
	r.Primary, r.Bitwise = append([]string{}, c.Primary...), c.Bitwise
	r.Comparability, r.Calibration = comparability(e, runs), noise
	r.addNumbers(c, e, runs)
	for _, run := range runs {
		if run.Profile != nil {
			r.Profiles = append(r.Profiles, newProfileReport(run))
		}
	}
	if p, faults := c.Resolve(e.Params); faults == nil {
		if e.Kind != KindSweep && e.Kind != KindCalibration {
			r.Predictions = c.Predictions(p)
		}
		for _, param := range c.Params {
			if !c.counts(p, param.Name) {
				r.Idle = append(r.Idle, param.Name)
			}
		}
	}
	r.Warnings = warnings(&r)
	return r
}

// newReport is what a report says of an experiment alone.
func newReport(e Experiment) Report {
	return Report{
		ID:            e.ID,
		Source:        e.Source,
		Kind:          e.Kind,
		Case:          e.Case,
		Title:         e.Title,
		Params:        e.Params,
		Config:        e.Config,
		Sweep:         e.Sweep,
		State:         e.State,
		Error:         e.Reason,
		Note:          e.Note,
		Tags:          append([]string{}, e.Tags...),
		Created:       e.Created,
		Started:       e.Started,
		Finished:      e.Finished,
		Environment:   e.Environment,
		Comparability: []string{},
		Primary:       []string{},
		Comparisons:   []Comparison{},
		Profiles:      []ProfileReport{},
		Predictions:   []Prediction{},
	}
}

// addNumbers fills in what the runs measured and, once the last has ended, what that means.
func (r *Report) addNumbers(c *Case, e Experiment, runs []Run) {
	if e.Kind == KindSweep {
		for _, v := range c.Variants {
			r.Variants = append(r.Variants, newVariantReport(v, nil, nil))
		}
		r.Points = NewPoints(c, e, e.SamplesByPoint(runs), r.Calibration)
		for _, run := range runs {
			if v := r.Points[run.Point].variant(run.Variant); v != nil {
				v.Calls = append(v.Calls, run.Calls)
			}
		}
		return
	}
	samples := NewSamples(runs)
	variants := c.Variants
	if e.Kind == KindCalibration {
		variants = variants[:1]
	}
	for _, v := range variants {
		r.Variants = append(r.Variants, newVariantReport(v, samples[v.Name], runs))
	}
	switch {
	case !Terminal(e.State): // no verdict before the last run
	case e.Kind == KindCalibration:
		r.Calibration = NewCalibration(e, samples[c.Baseline().Name])
		r.Calibration.Notes = r.Comparability
	default:
		r.Comparisons = Compare(c, samples, r.Calibration)
	}
}

// measured is the case as an experiment that has ended measured it: it may have got more variants
// since.
func measured(c *Case, e Experiment, runs []Run) *Case {
	if !Terminal(e.State) || len(runs) == 0 {
		return c
	}
	return c.only(func(v Variant) bool {
		return slices.ContainsFunc(runs, func(r Run) bool { return r.Variant == v.Name })
	})
}

// vanished stands in for a case that this program no longer has: the variants are those
// that ran.
func vanished(e Experiment, runs []Run) *Case {
	c := &Case{Name: e.Case, Title: e.Case}
	for _, run := range runs {
		if c.Variant(run.Variant) == nil {
			c.Variants = append(c.Variants, Variant{Name: run.Variant, Title: run.Variant})
		}
	}
	if len(c.Variants) == 0 {
		c.Variants = []Variant{{Name: "baseline", Title: "baseline"}}
	}
	return c
}

func newVariantReport(v Variant, samples map[string][]float64, runs []Run) VariantReport {
	r := VariantReport{Name: v.Name, Title: v.Title, Adds: v.Adds, Leaves: v.LeavesOut, Samples: samples}
	if r.Samples == nil {
		r.Samples = map[string][]float64{}
	}
	for _, run := range runs {
		if run.Variant != v.Name {
			continue
		}
		switch run.Kind {
		case Measure:
			r.Calls = append(r.Calls, run.Calls)
		case FitRun:
			r.Fit = run.Fit
		case Peak:
			r.Timeline = run.Timeline
		}
	}
	return r
}

func newProfileReport(run Run) ProfileReport {
	return ProfileReport{
		Variant:   run.Variant,
		Kind:      run.Kind,
		Bytes:     run.Profile.GzipSize,
		SHA256:    run.Profile.SHA256,
		Calls:     run.Calls,
		SelfCheck: run.SelfCheck,
		Summary:   run.Profile.Summary,
		Fault:     run.Profile.Fault,
	}
}

// warnings are what a reader must know before believing the numbers.
func warnings(r *Report) []string {
	out := []string{}
	for _, p := range r.Profiles {
		if p.Fault != "" {
			out = append(out, fmt.Sprintf("The %s profile of %s is kept, but not shown: %s", p.Kind, p.Variant, p.Fault))
		}
		if p.SelfCheck != nil && !p.SelfCheck.OK {
			out = append(out, fmt.Sprintf("The allocs profile of %s holds %d bytes, but the runtime counted %d: do not trust it.",
				p.Variant, p.SelfCheck.AllocSpace, p.SelfCheck.TotalAlloc))
		}
	}
	for _, v := range r.Variants[1:] {
		if !r.Bitwise {
			break
		}
		before, after := r.Variants[0].Fit, v.Fit
		if before != nil && after != nil && before.Weights != after.Weights {
			out = append(out, fmt.Sprintf("The final weights of %s differ from those of %s: the variants did not do the same work.",
				v.Name, r.Variants[0].Name))
		}
	}
	if Terminal(r.State) && r.State != Done {
		out = append(out, "The experiment did not end: what is shown is what arrived before.")
	}
	return out
}

// Comparison returns the comparison of a variant in a unit, or nil.
func (r *Report) Comparison(variant, unit string) *Comparison {
	return findComparison(r.Comparisons, variant, unit)
}

func findComparison(all []Comparison, variant, unit string) *Comparison {
	for i, c := range all {
		if c.Variant == variant && c.Unit == unit {
			return &all[i]
		}
	}
	return nil
}

// Profile returns the kept profile of a variant, or nil.
func (r *Report) Profile(variant, kind string) *ProfileReport {
	for i, p := range r.Profiles {
		if p.Variant == variant && p.Kind == kind {
			return &r.Profiles[i]
		}
	}
	return nil
}

// Prediction returns what theory says of a variant in a unit, or nil.
func (r *Report) Prediction(variant, unit string) *Prediction {
	for i, p := range r.Predictions {
		if p.Variant == variant && p.Unit == unit {
			return &r.Predictions[i]
		}
	}
	return nil
}
