// Package report computes the report of an experiment: intervals, tests, verdicts and conclusions.
package report

import (
	"cmp"
	"fmt"
	"maps"
	"time"

	"heaplab/profiler"
)

// A Report says what an experiment found. The page, the JSON of the API and a share all show it.
type Report struct {
	ID          int64                `json:"id"`
	URL         string               `json:"url"`
	Subject     string               `json:"subject" doc:"what was measured: case:NAME, command or import. An import has no runs; its profiles cover whole processes, not one operation"`
	Source      string               `json:"source" doc:"the subject without its name: case, command or import"`
	Kind        profiler.Kind        `json:"kind" enum:"comparison,sweep,calibration"`
	Case        string               `json:"case" doc:"name of the case, or the subject if it is not a case"`
	Title       string               `json:"title"`
	Technique   string               `json:"technique"`
	Params      profiler.Params      `json:"params"`
	Labels      map[string]string    `json:"labels" doc:"params, git refs or command lines by name"`
	Config      profiler.Config      `json:"config"`
	Sweep       *profiler.Sweep      `json:"sweep,omitempty"`
	State       profiler.State       `json:"state" enum:"queued,running,done,failed,canceled,interrupted"`
	Error       string               `json:"error,omitempty"`
	Output      string               `json:"output,omitempty" doc:"end of the output of the child that failed; not in shares"`
	Note        string               `json:"note,omitempty"`
	Tags        []string             `json:"tags"`
	Created     time.Time            `json:"created"`
	Started     time.Time            `json:"started,omitzero"`
	Finished    time.Time            `json:"finished,omitzero"`
	Added       []profiler.Addition  `json:"added,omitempty" doc:"when the experiment was continued after it had ended, with how many more rounds"`
	NotAdded    string               `json:"not_added,omitempty" doc:"why the last continuation did not add all its rounds"`
	RunsDone    int                  `json:"runs_done"`
	RunsTotal   int                  `json:"runs_total" doc:"children in the whole plan"`
	Environment profiler.Environment `json:"environment"`

	Comparability []string              `json:"comparability" doc:"reasons why the runs are hard to compare"`
	Distrust      Distrust              `json:"distrust,omitzero" doc:"which values must not be compared, for these reasons"`
	Calibration   *Calibration          `json:"calibration,omitempty" doc:"gives the noise floors; without it, the defaults apply. In the report of a calibration: its result"`
	Judgments     []Judged              `json:"judgments,omitempty" doc:"when the noise floors were chosen, oldest first. The last applies; later calibrations change nothing until somebody judges again"`
	Divisor       *profiler.Divisor     `json:"divisor,omitempty" doc:"of an import: what its samples and comparisons are divided by. The values of profiles are not divided"`
	Counts        *profiler.Divisor     `json:"counts,omitempty" doc:"of an import: the counts that were given with its files"`
	Primary       []string              `json:"primary"`
	Bitwise       bool                  `json:"bitwise" doc:"the fits of all variants must end with bit-identical weights"`
	Variants      []VariantReport       `json:"variants"` // the first is the baseline
	Comparisons   []Comparison          `json:"comparisons" doc:"of all rows; empty for a calibration"`
	Row           string                `json:"-"` // of a report that At returned
	Rows          []RowReport           `json:"rows,omitempty" doc:"the results if there are several: values of a sweep, or benchmarks of a list"`
	Profiles      []ProfileReport       `json:"profiles"`
	Causes        []Causes              `json:"causes,omitempty" doc:"of benchmarks of a Go module: which of its functions changed most"`
	Predictions   []profiler.Prediction `json:"predictions"`
	Warnings      []string              `json:"warnings"` // about the whole report
	Conclusion    *Conclusion           `json:"conclusion,omitempty" doc:"the outcome in words, about the best variant or else the last; missing until the experiment has ended"`

	Units map[string]profiler.UnitInfo `json:"units,omitempty" doc:"of an import of benchmark text: what it says about units"`
}

// A VariantReport holds the measurements of one variant.
type VariantReport struct {
	Name     string               `json:"name"`
	Title    string               `json:"title"`
	Adds     string               `json:"adds,omitempty" doc:"the technique that it adds to the previous variant that adds one, or to the baseline"`
	Leaves   string               `json:"leaves_out,omitempty" doc:"the technique that it lacks, of all techniques"`
	Samples  map[string][]float64 `json:"samples" doc:"values by unit, in the order of the runs; empty if the report has rows"`
	Calls    []int64              `json:"calls,omitempty" doc:"number of operations of each run, in the same order"`
	Fit      *profiler.Fit        `json:"fit,omitempty"`
	Timeline *profiler.Timeline   `json:"timeline,omitempty"`

	AtMost map[string]profiler.Float `json:"at_most,omitempty" doc:"upper bounds by unit, of values that are only lower bounds; null if the bound is not known"`
}

// An Interval is the median of a sample with its distribution-free 95% confidence interval. The
// ends are undefined for fewer than six values.
type Interval struct {
	Center profiler.Float `json:"center"`
	Lo     profiler.Float `json:"lo"`
	Hi     profiler.Float `json:"hi"`
	N      int            `json:"n"`
}

// A Comparison compares one variant with the baseline in one unit.
type Comparison struct {
	Unit          string         `json:"unit"`
	Row           string         `json:"row,omitempty" doc:"name of the row, such as GOGC=50; empty if there is only one"`
	Variant       string         `json:"variant"`
	Primary       bool           `json:"primary" doc:"whether the verdict of the experiment depends on this metric"`
	Baseline      Interval       `json:"baseline"`
	Value         Interval       `json:"value"`
	Change        profiler.Float `json:"change" doc:"change of the median, in the unit"`
	ChangeLo      profiler.Float `json:"change_lo" doc:"95% confidence interval of the change, in the unit (Hodges-Lehmann)"`
	ChangeHi      profiler.Float `json:"change_hi"`
	Delta         profiler.Float `json:"delta_percent" doc:"change of the median in percent; null if the baseline is 0"`
	DeltaLo       profiler.Float `json:"delta_lo_percent" doc:"95% confidence interval of the change, in percent"`
	DeltaHi       profiler.Float `json:"delta_hi_percent"`
	P             profiler.Float `json:"p" doc:"p-value of the Mann-Whitney U test; null if it is undefined or the unit is exact"`
	PAdjusted     profiler.Float `json:"p_adjusted" doc:"the p-value after Holm's correction, for primary metrics; the verdict uses it"`
	Floor         profiler.Float `json:"floor_percent" doc:"a smaller change is never better or worse; null if the baseline is 0"`
	FloorMeasured bool           `json:"floor_measured" doc:"whether a calibration of this machine gave the floor; otherwise it is the default"`
	FloorShared   float64        `json:"floor_shared,omitempty" doc:"of allocations of a benchmark that hardly vary: what the runtime may allocate in a run, divided by the operations, in the unit; it replaces the absolute part of the default floor"`
	Margin        profiler.Float `json:"margin_percent" doc:"the samples are the same if the whole interval of the change lies within it; null if the baseline is 0"`
	Basis         Basis          `json:"basis" enum:"test,exact,disjoint" doc:"the rule by which a change counts as more than chance"`
	Verdict       Verdict        `json:"verdict" enum:"better,worse,changed,same,unclear"`
	Reason        Reason         `json:"reason,omitempty" enum:"rounds,noise,floor,spread,interval,load,conditions,experiments,bounds" doc:"why the verdict is unclear"`
	NeedsRounds   int            `json:"needs_rounds,omitempty" doc:"if there are too few rounds: the number that can decide all comparisons together"`
	Warnings      []string       `json:"warnings,omitempty"`

	unit profiler.Unit // with what the design says about it; may be missing, see unitInfo

	// For the verdict, in the unit itself.
	floor  float64 // the noise floor
	margin float64 // the largest change that does not matter
	spread float64 // the larger range of the two samples
}

// A ProfileReport is a stored profile: its address and its summary.
type ProfileReport struct {
	Variant   string              `json:"variant"`
	Row       string              `json:"row,omitempty" doc:"name of the row that it is about; empty if there is only one"`
	Kind      profiler.RunKind    `json:"kind" enum:"allocs,peak,import"`
	File      string              `json:"file,omitempty" doc:"name of an imported file, as it was uploaded"`
	URL       string              `json:"url,omitempty"` // empty in a share without profiles
	Bytes     int64               `json:"bytes" doc:"size of the gzip file"`
	SHA256    string              `json:"sha256"`
	Calls     int64               `json:"calls,omitempty" doc:"number of operations that the profile covers"`
	SelfCheck *profiler.SelfCheck `json:"self_check,omitempty"`
	Summary   profiler.Summary    `json:"summary"`
	Joined    []JoinedFunction    `json:"joined,omitempty" doc:"functions of the summary that are compared with a function of another name in the baseline's profile, or that may be another one"`
	Fault     string              `json:"fault,omitempty" doc:"why there is no summary: the profile is stored, but cannot be read"`

	Files  []ImportedFile `json:"files,omitempty" doc:"of an import with several files on this side: each is a round, and the profile is the sum of the distinct ones"`
	Merged int            `json:"merged,omitempty" doc:"number of profiles that it is the sum of; missing if it is one"`
}

// NewReport returns the report of an experiment. Noise gives the noise floors; it may be nil. For a
// calibration it is the stored result; if it is nil, the result is computed.
func NewReport(e profiler.Experiment, runs []profiler.Run, noise *Calibration) Report {
	r := newReport(e)
	r.RunsDone, r.RunsTotal = len(runs), len(e.Plan())
	r.Primary, r.Bitwise = append([]string{}, e.Design.Primary...), e.Design.Bitwise
	r.Calibration = noise
	r.Comparability, r.Distrust = comparability(e, runs)
	r.addNumbers(e, profiler.NewSamples(runs), runs)
	for _, run := range runs {
		if run.Profile != nil {
			r.Profiles = append(r.Profiles, newProfileReport(run))
		}
	}
	r.Predictions = append(r.Predictions, e.Design.Predictions...)
	r.Warnings = append(warnings(&r), peakCaveats(runs)...)
	switch r.Source {
	case profiler.SubjectGoBench:
		r.addBuilds(e, runs)
	case profiler.SubjectImport:
		r.addElsewhere(runs)
	}
	r.conclude()
	return r
}

// NewBrief returns a report for lists: the comparisons or rows of an experiment's samples and its
// conclusion, without the parts that need the runs, such as profiles. The verdicts about commands need
// the runs: use NewReport for them.
func NewBrief(e profiler.Experiment, samples profiler.Samples, j Judgment) Report {
	r := newReport(e)
	r.Primary, r.Calibration, r.Distrust = append(r.Primary, e.Design.Primary...), j.Calibration, j.Distrust
	r.addNumbers(e, samples, nil)
	r.conclude()
	return r
}

// conclude sets the conclusion if the experiment has ended.
func (r *Report) conclude() {
	if r.State.Terminal() && len(r.Variants) > 0 {
		c := Conclude(*r, Chosen(*r, ""))
		r.Conclusion = &c
	}
}

// newReport returns the report of an experiment without its runs.
func newReport(e profiler.Experiment) Report {
	r := Report{
		ID:            e.ID,
		Subject:       e.Design.Subject,
		Source:        e.Design.Kind(),
		Kind:          e.Kind,
		Case:          cmp.Or(e.Design.Case(), e.Design.Subject),
		Title:         e.Design.Title,
		Technique:     e.Design.Technique,
		Params:        profiler.Params{},
		Labels:        map[string]string{},
		Config:        e.Config,
		Sweep:         e.Sweep,
		State:         e.State,
		Error:         e.Reason,
		Output:        e.Output,
		Note:          e.Note,
		Tags:          append([]string{}, e.Tags...),
		Created:       e.Created,
		Started:       e.Started,
		Finished:      e.Finished,
		Added:         e.Added,
		NotAdded:      e.NotAdded,
		Environment:   e.Environment,
		Comparability: []string{},
		Primary:       []string{},
		Counts:        e.Design.Divisor,
		Units:         e.Design.Units,
		Comparisons:   []Comparison{},
		Profiles:      []ProfileReport{},
		Predictions:   []profiler.Prediction{},
	}
	maps.Copy(r.Params, e.Design.Params)
	maps.Copy(r.Labels, e.Design.Labels)
	return r
}

// addNumbers adds the samples of the runs and, if the experiment has ended, the comparisons.
func (r *Report) addNumbers(e profiler.Experiment, samples profiler.Samples, runs []profiler.Run) {
	rows := samples.Rows(e.Rows())
	if len(rows) > 1 || e.Kind == profiler.KindSweep {
		r.addRows(e, rows, samples, runs)
		return
	}
	row := rows[0]
	variants := e.Design.Variants
	if e.Kind == profiler.KindCalibration {
		variants = variants[:1]
	}
	for _, v := range variants {
		r.Variants = append(r.Variants, newVariantReport(v, samples.Of(v.Name, row), runs))
	}
	switch {
	case !e.State.Terminal(): // no verdict before the last run
	case e.Kind == profiler.KindCalibration && r.Calibration != nil: // stored
	case e.Kind == profiler.KindCalibration:
		r.Calibration = newCalibration(e, samples.Of(e.Design.Baseline(), row))
		r.Calibration.Notes = r.Comparability
	default:
		r.Comparisons = compareVariants(e.Design, row, samples, r.Calibration)
		withdrawLowerBounds(r.Variants, r.Comparisons)
		withdrawIncomparable(r.Comparisons, r.Distrust)
	}
}

// addRows is addNumbers for an experiment with several rows.
func (r *Report) addRows(e profiler.Experiment, rows []string, samples profiler.Samples, runs []profiler.Run) {
	for _, v := range e.Design.Variants {
		variant := newVariantReport(v, nil, runs)
		variant.Calls = nil // the rows have them
		r.Variants = append(r.Variants, variant)
	}
	r.Rows = newRows(e, rows, samples, r.Calibration)
	for i := range r.Rows {
		row := &r.Rows[i]
		withdrawIncomparable(row.Comparisons, r.Distrust)
		withdrawIncomparable(row.Along, r.Distrust)
		r.Comparisons = append(r.Comparisons, row.Comparisons...)
		for _, run := range runs {
			if v := row.variant(run.Variant); v != nil && run.Row == row.Row && run.Kind == profiler.Measure {
				v.Calls = append(v.Calls, run.Calls)
			}
		}
	}
}

func newVariantReport(v profiler.VariantInfo, samples map[string][]float64, runs []profiler.Run) VariantReport {
	r := VariantReport{Name: v.Name, Title: v.Title, Adds: v.Adds, Leaves: v.LeavesOut, Samples: samples}
	if r.Samples == nil {
		r.Samples = map[string][]float64{}
	}
	r.AtMost = atMost(v.Name, runs)
	for _, run := range runs {
		if run.Variant != v.Name {
			continue
		}
		switch run.Kind {
		case profiler.Measure:
			r.Calls = append(r.Calls, run.Calls)
		case profiler.FitRun:
			r.Fit = run.Fit
		}
		if run.Timeline != nil {
			r.Timeline = run.Timeline
		}
	}
	return r
}

func newProfileReport(run profiler.Run) ProfileReport {
	return ProfileReport{
		Variant:   run.Variant,
		Row:       run.Row,
		Kind:      run.Kind,
		Bytes:     run.Profile.GzipSize,
		SHA256:    run.Profile.SHA256,
		Calls:     run.Calls,
		SelfCheck: run.SelfCheck,
		Summary:   run.Profile.Summary,
		Fault:     run.Profile.Fault,
	}
}

// who names what a profile is of.
func (p *ProfileReport) who() string {
	if p.Row != "" {
		return p.Variant + " at " + p.Row
	}
	return p.Variant
}

// warnings returns the reasons not to trust the numbers.
func warnings(r *Report) []string {
	out := []string{}
	for _, p := range r.Profiles {
		if p.Fault != "" {
			out = append(out, fmt.Sprintf("The %s profile of %s is stored, but cannot be shown: %s", p.Kind, p.who(), p.Fault))
		}
		if p.SelfCheck != nil && !p.SelfCheck.OK {
			out = append(out, fmt.Sprintf("The allocs profile of %s holds %d bytes, but the runtime counted %d: do not trust it.",
				p.who(), p.SelfCheck.AllocSpace, p.SelfCheck.TotalAlloc))
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
	if r.State.Terminal() && r.State != profiler.Done {
		out = append(out, "The experiment did not finish: the report shows only the runs that did.")
	}
	return out
}
