package views

import (
	"fmt"

	"heaplab/profiler"
)

// An ArticlePage holds the claims of the article against what was measured.
type ArticlePage struct{ Claims []ClaimItem }

// A ClaimItem is a claim with the outcome of each of its tests.
type ClaimItem struct {
	Claim    profiler.Claim
	Outcomes []Outcome
}

// An Outcome is what came of one test of a claim.
type Outcome struct {
	Test       profiler.Test
	Experiment int64 // whose latest report tells; 0 where nothing was measured
	Word       string
	Class      string // as of a verdict
	Text       string
}

// Words for the outcome of a test.
const (
	holds       = "holds"
	holdsPriced = "holds, with a price"
	fails       = "does not hold"
	open        = "not decided"
	unmeasured  = "not measured yet"
)

// NewOutcome judges a test by a report, which may be nil.
func NewOutcome(test profiler.Test, r *profiler.Report) Outcome {
	o := Outcome{Test: test, Word: unmeasured, Class: "same"}
	if r == nil {
		return o
	}
	o.Experiment = r.ID
	o.Text = Plain(test.Variant) + " was not measured for it in"
	if test.Unit == profiler.FitLive {
		o.judgeFit(*r)
		return o
	}
	c := r.Comparison(test.Variant, test.Unit)
	if c == nil {
		return o
	}
	o.Text = fmt.Sprintf("%s of %s: %s to %s (%s)", profiler.LookupUnit(test.Unit).Title, test.Variant,
		Reading(*r, r.Variants[0].Name, test.Unit, c.Baseline), Reading(*r, test.Variant, test.Unit, c.Value), change(*c))
	prices := worsened(*r, test)
	switch {
	case c.Verdict == profiler.Better && prices != "":
		o.Word, o.Class = holdsPriced, Mixed
		o.Text += ", at the price of " + prices
	case c.Verdict == profiler.Better:
		o.Word, o.Class = holds, profiler.Better
	case c.Verdict == profiler.Worse:
		o.Word, o.Class = fails, profiler.Worse
	case c.Verdict == profiler.Same:
		o.Word = fails
		o.Text += ": no change"
	default:
		o.Word = open
	}
	return o
}

// judgeFit compares what a step of the two whole fits had in use. One fit of each was done: a
// change by a hundredth is taken for none.
func (o *Outcome) judgeFit(r profiler.Report) {
	var before, after float64
	for i, v := range r.Variants {
		switch {
		case v.Fit == nil:
		case i == 0:
			before = float64(v.Fit.LiveHeap)
		case v.Name == o.Test.Variant:
			after = float64(v.Fit.LiveHeap)
		}
	}
	if before == 0 || after == 0 {
		return
	}
	delta := after/before - 1
	o.Text = fmt.Sprintf("In use in a training step of %s: %s to %s (%s)", Plain(o.Test.Variant), Bytes(before), Bytes(after), Percent(100*delta))
	switch {
	case delta < -0.01:
		o.Word, o.Class = holds, profiler.Better
	case delta > 0.01:
		o.Word, o.Class = fails, profiler.Worse
	default:
		o.Word = fails
		o.Text += ": no change"
	}
}

// worsened lists what became worse in the variant of a test besides what it is about: time,
// peak memory and results.
func worsened(r profiler.Report, test profiler.Test) string {
	var worse []string
	for _, unit := range append([]string{profiler.NsPerOp, profiler.LiveHeap, profiler.PeakRSS}, qualityUnits...) {
		if c := r.Comparison(test.Variant, unit); c != nil && unit != test.Unit && c.Verdict == profiler.Worse {
			worse = append(worse, change(*c)+" "+noun(unit))
		}
	}
	return list(worse)
}
