package views

import (
	"fmt"
	"slices"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/words"
)

// An ArticlePage compares the claims of the article with measurements.
type ArticlePage struct{ Claims []ClaimItem }

// A ClaimItem is a claim with the outcome of each of its tests.
type ClaimItem struct {
	Claim    builtin.Claim
	Outcomes []Outcome
}

// An Outcome is the result of one test of a claim.
type Outcome struct {
	Test     builtin.Test
	Evidence profiler.Evidence // for the params of the test
	Word     string
	Class    report.Verdict // for the colour
	Text     string         // of the result in Evidence.Best; "" if there is none
}

// Words for the outcome of a test.
const (
	holds       = "holds"
	holdsPriced = "holds, with a price"
	fails       = "does not hold"
	open        = "not decided"
	unmeasured  = "not measured yet"
	otherParams = "other params only"
)

// NewOutcome judges a test by the report of the best evidence. The report is nil if there is none.
func NewOutcome(test builtin.Test, evidence profiler.Evidence, r *report.Report) Outcome {
	o := Outcome{Test: test, Evidence: evidence, Word: unmeasured, Class: "same"}
	if evidence.Other != nil {
		o.Word = otherParams
	}
	if r == nil {
		return o
	}
	o.Text = words.Plain(test.Variant) + " has no measurement for this test in"
	if test.Unit == builtin.FitLive {
		o.judgeFit(*r)
		return o
	}
	c := r.Comparison(test.Variant, test.Unit)
	if c == nil {
		return o
	}
	o.Text = fmt.Sprintf("%s of %s: %s to %s (%s)", profiler.LookupUnit(test.Unit).Title, test.Variant,
		report.CenterText(*r, r.Variants[0].Name, test.Unit, c.Baseline), report.CenterText(*r, test.Variant, test.Unit, c.Value), report.Change(*c))
	prices := worsened(*r, test)
	switch {
	case c.Verdict == report.Better && prices != "":
		o.Word, o.Class = holdsPriced, report.Mixed
		o.Text += ", at the price of " + prices
	case c.Verdict == report.Better:
		o.Word, o.Class = holds, report.Better
		if timing := report.TimeOf(*r, test.Variant); timing != nil && report.TimeUnknown(*timing) != "" {
			o.Text += ", with " + report.TimeUnknown(*timing)
		}
	case c.Verdict == report.Worse:
		o.Word, o.Class = fails, report.Worse
	case c.Verdict == report.Same:
		o.Word = fails
		o.Text += ": no change"
	default:
		o.Word = open
	}
	return o
}

// judgeFit compares the memory in use in a step of the two fits. There is only one fit of each, so a
// change of less than 1% counts as no change.
func (o *Outcome) judgeFit(r report.Report) {
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
	o.Text = fmt.Sprintf("In use at the peak of a training step of %s: %s to %s (%s)", words.Plain(o.Test.Variant), words.Bytes(before), words.Bytes(after), words.Percent(100*delta))
	switch {
	case delta < -0.01:
		o.Word, o.Class = holds, report.Better
	case delta > 0.01:
		o.Word, o.Class = fails, report.Worse
	default:
		o.Word = fails
		o.Text += ": no change"
	}
}

// worsened lists what became worse in the variant of a test, besides its own metric: time, memory
// and results.
func worsened(r report.Report, test builtin.Test) string {
	var worse []string
	for _, unit := range profiler.Leads(profiler.RoleTime, profiler.RoleLive, profiler.RoleResident, profiler.RoleQuality) {
		if c := r.Comparison(test.Variant, unit); c != nil && unit != test.Unit && c.Verdict == report.Worse {
			worse = append(worse, report.Change(*c)+" "+words.Noun(unit))
		}
	}
	return words.List(worse)
}

func testText(t builtin.Test) string {
	what := "In use at the peak of a training step"
	if t.Unit != builtin.FitLive {
		what = profiler.LookupUnit(t.Unit).Title
	}
	text := what + " of " + t.Variant + ", case " + t.Case
	if len(t.Params) > 0 {
		text += " with " + paramText(t.Params)
	}
	return text + "."
}

// namesNewer reports whether the page names the newer experiment of an outcome: once in a claim.
func (item ClaimItem) namesNewer(outcome int) bool {
	newer := item.Outcomes[outcome].Evidence.Newer
	return newer != nil && !slices.ContainsFunc(item.Outcomes[:outcome], func(o Outcome) bool {
		return o.Evidence.Newer != nil && o.Evidence.Newer.ID == newer.ID
	})
}

// familyOf returns the items of a family.
func familyOf(items []ClaimItem, family string) []ClaimItem {
	var out []ClaimItem
	for _, item := range items {
		if item.Claim.Family == family {
			out = append(out, item)
		}
	}
	return out
}
