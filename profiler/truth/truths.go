package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/subject/builtin"
)

// settings say how many comparisons of each kind to do, and how to measure.
type settings struct {
	Same, Bytes, Live, Slow, Order, Added, Loaded int // comparisons

	Benchtime string
	Rounds    int // of a calibration
}

const (
	extraBytes = 0.02 // share by which the second variant allocates more bytes
	lessLive   = 0.05 // share by which it holds less
	slowFloors = 1.5  // noise floors by which it is slower
	rounds     = 6    // of a comparison: the default of experiments
	fewRounds  = 4    // of a comparison of live heaps, and before rounds are added
)

// A truth is a kind of comparison whose correct verdicts are known.
type truth struct {
	n         int // comparisons
	of        *builtin.Case
	rounds    int
	added     int // rounds that are added if nothing is decided
	params    func(noise *report.Calibration) profiler.Params
	questions []*question

	// quiet truths are about time. If the report of a comparison warns that the machine was busy, or if the noise
	// of times changed meanwhile, the comparison does not count, whatever its verdict, and is repeated.
	quiet bool
}

// A question is a verdict to look for in all reports of a truth.
type question struct {
	text        string
	found       func(*report.Report) bool
	most, least float64 // limits of the share of reports that have the verdict

	asked, answered int // number of reports, and of those that have the verdict
}

func (q *question) share() float64 { return float64(q.answered) / float64(max(q.asked, 1)) }

// holds reports whether the share is within its limits.
func (q *question) holds() bool { return q.least <= q.share() && q.share() <= q.most }

// ask counts the verdicts of a report.
func (t *truth) ask(r *report.Report) {
	for _, q := range t.questions {
		q.asked++
		if q.found(r) {
			q.answered++
		}
	}
}

// Shares of reports in which a verdict may or must be found.
const (
	falseDifferences = 0.05
	realDifferences  = 0.90
	bestNamed        = 0.95

	// busyDifferences is larger than falseDifferences, because 50 comparisons cannot tell 5% from 6%, and
	// because the times of the two variants really differ by about 1.5%.
	busyDifferences = 0.10
)

// truths returns the truths that s asks for on a machine that is otherwise idle. computing is the share of an
// operation's time that its steps take.
func truths(s settings, computing float64) []truth {
	return []truth{
		{n: s.Same, of: &known, rounds: rounds, params: fixed(nil), questions: differences("the same", true)},
		{n: s.Bytes, of: &known, rounds: rounds, params: fixed(profiler.Params{"extra": extraBytes}), questions: []*question{
			verdict(fmt.Sprintf("%.0f%% more bytes: B/op is worse", 100*extraBytes), profiler.BytesPerOp, report.Worse),
		}},
		{n: s.Live, of: &known, rounds: fewRounds, params: fixed(profiler.Params{"hold": int64(32), "less": lessLive}), questions: []*question{
			verdict(fmt.Sprintf("%.0f%% less live heap, %d rounds: live-heap-bytes is better", 100*lessLive, fewRounds), profiler.LiveHeap, report.Better),
		}},
		{n: s.Slow, of: &known, rounds: rounds, quiet: true,
			params: func(noise *report.Calibration) profiler.Params {
				return profiler.Params{"slow": slowFloors * noise.Floors[profiler.NsPerOp] / computing}
			},
			questions: []*question{verdict(fmt.Sprintf("slower by %v floors: ns/op is worse", slowFloors), profiler.NsPerOp, report.Worse)},
		},
		{n: s.Order, of: &ordered, rounds: rounds, params: fixed(nil), questions: []*question{
			{text: "three variants of known order: the best is named", found: bestIs("quarter"), least: bestNamed, most: 1},
		}},
		{n: s.Added, of: &known, rounds: fewRounds, added: fewRounds, params: fixed(nil),
			questions: differences(fmt.Sprintf("the same, %d rounds and %d added", fewRounds, fewRounds), false)},
	}
}

// loadedTruths returns the truths on a busy machine. The second variant allocates half as much, so that a
// headline names the price in time.
func loadedTruths(s settings) []truth {
	return []truth{{n: s.Loaded, of: &known, rounds: rounds, params: fixed(profiler.Params{"extra": -0.5}), questions: []*question{
		{text: "busy machine: \"no cost in time\" without an interval within 5%", found: falseComfort},
		{text: "busy machine: ns/op is better or worse", found: func(r *report.Report) bool { return decided(r, profiler.NsPerOp) }, most: busyDifferences},
	}}}
}

// fixed returns params that do not depend on the noise.
func fixed(p profiler.Params) func(*report.Calibration) profiler.Params {
	return func(*report.Calibration) profiler.Params { return p }
}

// differences asks whether any primary metric differs, and, if each is set, which.
func differences(name string, each bool) []*question {
	ask := func(text string, units ...string) *question {
		return &question{text: name + ": " + text, most: falseDifferences, found: func(r *report.Report) bool {
			return slices.ContainsFunc(units, func(unit string) bool { return decided(r, unit) })
		}}
	}
	all := []*question{ask("any metric differs", known.Primary...)}
	if each {
		for _, unit := range known.Primary {
			all = append(all, ask(unit+" differs", unit))
		}
	}
	return all
}

// decided reports whether r finds a difference of the unit.
func decided(r *report.Report, unit string) bool {
	c := r.Comparison(known.Variants[1].Name, unit)
	return c != nil && c.Verdict.Decided()
}

// verdict asks whether the second variant has a verdict in the unit.
func verdict(text, unit string, want report.Verdict) *question {
	found := func(r *report.Report) bool {
		c := r.Comparison(known.Variants[1].Name, unit)
		return c != nil && c.Verdict == want
	}
	return &question{text: text, found: found, least: realDifferences, most: 1}
}

// bestIs asks whether the conclusion names the variant as the best.
func bestIs(variant string) func(*report.Report) bool {
	return func(r *report.Report) bool { return r.Conclusion.Best == variant }
}

// falseComfort reports whether a headline says that time costs nothing although its interval is not
// within the margin.
func falseComfort(r *report.Report) bool {
	if !strings.Contains(r.Conclusion.Headline, "no cost in time") {
		return false
	}
	c := r.Comparison(known.Variants[1].Name, profiler.NsPerOp)
	const margin = 5 // percent
	return !(math.Abs(float64(c.DeltaLo)) <= margin && math.Abs(float64(c.DeltaHi)) <= margin)
}

// order mixes the comparisons of all truths evenly, so that changes of the machine's load affect all
// truths.
func order(truths []truth) []*truth {
	type placed struct {
		at float64
		of *truth
	}
	var all []placed
	for i := range truths {
		for j := range truths[i].n {
			all = append(all, placed{(float64(j) + 0.5) / float64(truths[i].n), &truths[i]})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.at, b.at) })
	out := make([]*truth, len(all))
	for i, p := range all {
		out[i] = p.of
	}
	return out
}
