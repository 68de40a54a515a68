package report

import (
	"math"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// A direction says whether a metric went down or up.
type direction uint

const (
	down direction = 1 << iota
	up
	steady
	unknown // unclear, or not measured

	moved = down | up
)

// A rule explains a change of memory if certain metrics went in certain directions.
type rule struct {
	subject string             // of the rules of a subject, only the first that matches applies
	when    directions         // a metric must have gone in one of the directions given
	say     func(facts) string // returns a sentence
}

// directions maps units to one or more directions.
type directions map[string]direction

// rules distinguish churn (what operations allocate), the live heap, the collector and resident
// memory, because they change for different reasons: a process that allocates less can have a
// larger peak RSS, since its collector runs less often.
var rules = []rule{
	{"saved", directions{churn: down, live: steady}, func(f facts) string {
		return "Only garbage is saved: operations allocate less, " + f.fromTo(churn) + ", but the live heap stays at " + f.now(live) + "."
	}},
	{"saved", directions{churn: down, live: down}, func(f facts) string {
		return "Operations allocate less, " + f.fromTo(churn) + ", and the live heap shrank, " + f.fromTo(live) + "."
	}},
	{"saved", directions{churn: down, live: up}, func(f facts) string {
		return "Operations allocate less, " + f.fromTo(churn) + ", because more memory is kept: the live heap grew, " + f.fromTo(live) + "."
	}},
	{"saved", directions{churn: steady, live: down}, func(f facts) string {
		return "Operations allocate as much as before, but the live heap shrank, " + f.fromTo(live) + "."
	}},
	{"saved", directions{churn: up, live: down}, func(f facts) string {
		return "Operations allocate more, " + f.fromTo(churn) + ", so that less memory is kept: the live heap shrank, " + f.fromTo(live) + "."
	}},
	{"saved", directions{churn: up, live: steady}, func(f facts) string {
		return "Operations make more garbage: they allocate more, " + f.fromTo(churn) + ", but the live heap is unchanged."
	}},
	{"saved", directions{churn: up, live: unknown}, func(f facts) string {
		return "Operations allocate more, " + f.fromTo(churn) + "."
	}},
	{"saved", directions{churn: steady | up, live: up}, func(f facts) string {
		return "The live heap grew, " + f.fromTo(live) + "."
	}},
	{"saved", directions{churn: steady, live: steady}, func(facts) string {
		return "Neither the bytes per operation nor the live heap changed."
	}},

	{"rss", directions{rss: up, live: steady, cycles: down}, func(f facts) string {
		return "Peak RSS rose, " + f.fromTo(rss) + ", because " + f.rarer() + " and garbage stayed longer; the live heap is unchanged."
	}},
	{"rss", directions{rss: up, live: down, cycles: down}, func(f facts) string {
		return "Peak RSS rose, " + f.fromTo(rss) + ", although the live heap shrank: " + f.rarer() + "."
	}},
	{"rss", directions{rss: up, file: up, anon: steady | down}, func(f facts) string {
		return "Peak RSS rose because of file-backed and shared pages, " + f.fromTo(file) + "; the kernel can drop file-backed pages when memory is short."
	}},
	{"rss", directions{rss: up, live: up}, func(f facts) string {
		return "Peak RSS rose with the live heap, " + f.fromTo(rss) + "."
	}},
	{"rss", directions{rss: up, room: up, live: steady | down}, func(f facts) string {
		return "Peak RSS rose, " + f.fromTo(rss) + ", because the collector leaves more room for garbage, " + f.fromTo(room) + "; the live heap did not grow."
	}},
	{"rss", directions{rss: up, live: steady}, func(f facts) string {
		return "Peak RSS rose, " + f.fromTo(rss) + ", and neither the live heap nor the collector explains it: check for fragmentation and memory outside the heap."
	}},
	{"rss", directions{rss: down, anon: down, file: up}, func(f facts) string {
		return "Memory moved from the heap to file-backed pages, which the kernel can drop when memory is short: anonymous " + f.fromTo(anon) + ", file-backed " + f.fromTo(file) + "."
	}},
	{"rss", directions{rss: down, live: down}, func(f facts) string {
		return "Peak RSS fell with the live heap, " + f.fromTo(rss) + "."
	}},
	{"rss", directions{rss: down, churn: down, live: steady}, func(f facts) string {
		return "Peak RSS fell, " + f.fromTo(rss) + ", because there is less garbage between collections; the live heap is unchanged."
	}},
	{"rss", directions{rss: down, cycles: up}, func(f facts) string {
		return "Peak RSS fell, " + f.fromTo(rss) + ", because the collector ran more often."
	}},
	{"rss", directions{rss: down, room: down}, func(f facts) string {
		return "Peak RSS fell, " + f.fromTo(rss) + ", because the collector leaves less room for garbage, " + f.fromTo(room) + "."
	}},
	{"rss", directions{rss: steady, live: down}, func(f facts) string {
		return "Peak RSS stayed at " + f.now(rss) + " although the live heap shrank, " + f.fromTo(live) + ": the difference is too small for peak RSS to show, or garbage and free pages fill the gap."
	}},

	{"gc", directions{cycles: down, gcCPU: down}, func(f facts) string {
		return words.UpperFirst(f.rarer()) + ", which saves processor time: " + f.fromTo(gcCPU) + " per operation."
	}},
	{"gc", directions{cycles: down, gcCPU: steady | unknown}, func(f facts) string {
		return words.UpperFirst(f.rarer()) + ", with no clear saving of processor time."
	}},
	{"gc", directions{cycles: up, churn: steady | down, room: down}, func(f facts) string {
		return "The collector ran more often, " + f.fromTo(cycles) + " times per operation, because it has less room for garbage, " + f.fromTo(room) + "."
	}},
	{"gc", directions{cycles: up}, func(f facts) string {
		return "The collector ran more often: " + f.fromTo(cycles) + " times per operation."
	}},
	{"gc", directions{cycles: steady | unknown, gcCPU: moved}, func(f facts) string {
		return "Collections took " + f.moreOrLess(gcCPU) + " processor time, " + f.fromTo(gcCPU) + " per operation, although their number did not clearly change."
	}},

	{"faults", directions{faults: up}, func(f facts) string {
		return "The kernel mapped more pages: " + f.fromTo(faults) + " per operation."
	}},
	{"faults", directions{major: up}, func(f facts) string {
		return "More pages were read from files: " + f.fromTo(major) + " per operation."
	}},
}

// Short names for the table above.
const (
	churn  = profiler.BytesPerOp
	live   = profiler.LiveHeap
	room   = profiler.Headroom
	rss    = profiler.PeakRSS
	anon   = profiler.PeakAnon
	file   = profiler.PeakFile
	cycles = profiler.GCCycles
	gcCPU  = profiler.GCCPU
	faults = profiler.MinorFaults
	major  = profiler.MajorFaults
)

// Explain says which kinds of memory changed between the baseline and another variant, and why:
// at most one sentence for each subject, in the order of the rules.
func Explain(r Report, after string) []string {
	var out []string
	for _, rule := range matching(r, after) {
		out = append(out, rule.say(facts{r, after}))
	}
	return out
}

// matching returns the first rule of each subject that matches.
func matching(r Report, after string) []rule {
	var out []rule
	done := map[string]bool{}
	for _, rule := range rules {
		if !done[rule.subject] && (facts{r, after}).match(rule.when) {
			done[rule.subject] = true
			out = append(out, rule)
		}
	}
	return out
}

// facts are the results of one variant in a report.
type facts struct {
	r     Report
	after string
}

func (f facts) match(when directions) bool {
	for unit, want := range when {
		if f.direction(unit)&want == 0 {
			return false
		}
	}
	return true
}

func (f facts) direction(unit string) direction {
	c := f.r.Comparison(f.after, unit)
	switch {
	case c == nil:
		return unknown
	case c.Verdict == Same:
		return steady
	case c.Verdict == Unclear:
		return unknown
	case c.Value.Center < c.Baseline.Center:
		return down
	}
	return up
}

// fromTo writes both medians, as in "from 5.85 MiB to 0 B".
func (f facts) fromTo(unit string) string {
	c := f.r.Comparison(f.after, unit)
	return "from " + CenterText(f.r, f.r.Variants[0].Name, unit, c.Baseline) + " to " + CenterText(f.r, f.after, unit, c.Value)
}

func (f facts) now(unit string) string {
	return CenterText(f.r, f.after, unit, f.r.Comparison(f.after, unit).Value)
}

// rarer returns a clause about collections that became less frequent.
func (f facts) rarer() string {
	ratio := observedRatio(*f.r.Comparison(f.after, cycles))
	if math.IsInf(ratio, 0) {
		return "no collection ended while operations were measured"
	}
	return "collections were " + words.Times(ratio) + " less frequent"
}

func (f facts) moreOrLess(unit string) string {
	if f.direction(unit) == down {
		return "less"
	}
	return "more"
}
