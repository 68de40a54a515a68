package views

import (
	"math"

	"heaplab/profiler"
)

// A direction is where a metric went, as far as that is decided.
type direction uint

const (
	down direction = 1 << iota
	up
	steady
	unknown // not decided, or not measured

	moved = down | up
)

// A rule says why something happened, where certain metrics went certain ways.
type rule struct {
	subject string               // of each subject the first rule that fits speaks
	when    map[string]direction // by unit; of each one of the directions named
	say     func(facts) string   // a sentence
}

// rules tell churn (what operations allocate), the live heap, the collector and resident
// memory apart, because each moves for reasons of its own: a process that allocates less can
// have a larger peak RSS, since its collector runs less often.
var rules = []rule{
	{"saved", when{churn: down, live: steady}, func(f facts) string {
		return "What is saved is garbage: operations allocate less, " + f.fromTo(churn) + ", while what is in use at the peak stays at " + f.now(live) + "."
	}},
	{"saved", when{churn: down, live: down}, func(f facts) string {
		return "Both went down: what an operation allocates, " + f.fromTo(churn) + ", and what is in use at the peak, " + f.fromTo(live) + "."
	}},
	{"saved", when{churn: down, live: up}, func(f facts) string {
		return "It allocates less because it keeps more: " + f.fromTo(churn) + " per operation, for a live heap that grew, " + f.fromTo(live) + "."
	}},
	{"saved", when{churn: steady, live: down}, func(f facts) string {
		return "As much is allocated, but less of it is in use at the peak: " + f.fromTo(live) + "."
	}},
	{"saved", when{churn: up, live: down}, func(f facts) string {
		return "It allocates more in order to keep less: " + f.fromTo(churn) + " per operation, for a live heap that shrank, " + f.fromTo(live) + "."
	}},
	{"saved", when{churn: up, live: steady}, func(f facts) string {
		return "It makes more garbage: " + f.fromTo(churn) + " per operation."
	}},
	{"saved", when{churn: up, live: unknown}, func(f facts) string {
		return "It allocates more: " + f.fromTo(churn) + " per operation."
	}},
	{"saved", when{churn: steady | up, live: up}, func(f facts) string {
		return "More is in use at the peak: " + f.fromTo(live) + "."
	}},
	{"saved", when{churn: steady, live: steady}, func(facts) string {
		return "Neither what operations allocate nor what is in use at the peak changed."
	}},

	{"rss", when{rss: up, live: steady, cycles: down}, func(f facts) string {
		return "Peak RSS rose, " + f.fromTo(rss) + ", because " + f.rarer() + ", so that garbage lay around for longer; the live heap is unchanged."
	}},
	{"rss", when{rss: up, live: down, cycles: down}, func(f facts) string {
		return "Peak RSS rose, " + f.fromTo(rss) + ", although the live heap shrank: " + f.rarer() + "."
	}},
	{"rss", when{rss: up, file: up, anon: steady | down}, func(f facts) string {
		return "Peak RSS rose by pages of files or shared memory, " + f.fromTo(file) + "; those of files the kernel can drop when memory is short."
	}},
	{"rss", when{rss: up, live: up}, func(f facts) string {
		return "Peak RSS rose with the live heap: " + f.fromTo(rss) + "."
	}},
	{"rss", when{rss: up, room: up, live: steady | down}, func(f facts) string {
		return "Peak RSS rose, " + f.fromTo(rss) + ", with the room that the collector gives to garbage, " + f.fromTo(room) + "; the live heap did not."
	}},
	{"rss", when{rss: up, live: steady}, func(f facts) string {
		return "Peak RSS rose, " + f.fromTo(rss) + ", although neither the live heap nor the collector explains it: look at memory outside of the heap, and at fragmentation."
	}},
	{"rss", when{rss: down, anon: down, file: up}, func(f facts) string {
		return "Memory moved from the heap to pages of files, which the kernel can drop when memory is short: anonymous " + f.fromTo(anon) + ", file-backed " + f.fromTo(file) + "."
	}},
	{"rss", when{rss: down, live: down}, func(f facts) string {
		return "Peak RSS fell with the live heap: " + f.fromTo(rss) + "."
	}},
	{"rss", when{rss: down, churn: down, live: steady}, func(f facts) string {
		return "Peak RSS fell, " + f.fromTo(rss) + ", because less garbage lies around between collections; the live heap is unchanged."
	}},
	{"rss", when{rss: down, cycles: up}, func(f facts) string {
		return "Peak RSS fell, " + f.fromTo(rss) + ", because the collector ran more often."
	}},
	{"rss", when{rss: down, room: down}, func(f facts) string {
		return "Peak RSS fell, " + f.fromTo(rss) + ", with the room that the collector gives to garbage, " + f.fromTo(room) + "."
	}},
	{"rss", when{rss: steady, live: down}, func(f facts) string {
		return "Peak RSS stayed at " + f.now(rss) + " although the live heap shrank, " + f.fromTo(live) + ": it shrank by less than peak RSS can show, or garbage and free pages fill what was gained."
	}},

	{"gc", when{cycles: down, gcCPU: down}, func(f facts) string {
		return upperFirst(f.rarer()) + ", which saves processor time: " + f.fromTo(gcCPU) + " per operation."
	}},
	{"gc", when{cycles: down, gcCPU: steady | unknown}, func(f facts) string {
		return upperFirst(f.rarer()) + ", with no clear saving of processor time."
	}},
	{"gc", when{cycles: up, churn: steady | down, room: down}, func(f facts) string {
		return "The collector ran more often, " + f.fromTo(cycles) + " times per operation, because it has less room for garbage, " + f.fromTo(room) + "."
	}},
	{"gc", when{cycles: up}, func(f facts) string {
		return "The collector ran more often: " + f.fromTo(cycles) + " times per operation."
	}},
	{"gc", when{cycles: steady | unknown, gcCPU: moved}, func(f facts) string {
		return "Collections took " + f.moreOrLess(gcCPU) + " processor time, " + f.fromTo(gcCPU) + " per operation, though there were not clearly more or fewer of them."
	}},

	{"faults", when{faults: up}, func(f facts) string {
		return "The kernel had to hand out more pages: " + f.fromTo(faults) + " per operation."
	}},
	{"faults", when{major: up}, func(f facts) string {
		return "Pages had to be read from files: " + f.fromTo(major) + " per operation."
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

type when = map[string]direction

// Explain says which kinds of memory moved between the baseline and another variant and why:
// a sentence a subject, in the order of the rules.
func Explain(r profiler.Report, after string) []string {
	var out []string
	spoken := map[string]bool{}
	f := facts{r, after}
	for _, rule := range rules {
		if !spoken[rule.subject] && f.fit(rule.when) {
			spoken[rule.subject] = true
			out = append(out, rule.say(f))
		}
	}
	return out
}

// facts are what a report says of one variant.
type facts struct {
	r     profiler.Report
	after string
}

func (f facts) fit(when map[string]direction) bool {
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
	case c.Verdict == profiler.Same:
		return steady
	case !decided(*c):
		return unknown
	case c.Value.Center < c.Baseline.Center:
		return down
	}
	return up
}

// fromTo writes both medians, such as "from 5.85 MiB to 0 B".
func (f facts) fromTo(unit string) string {
	c := f.r.Comparison(f.after, unit)
	return "from " + Reading(f.r, f.r.Variants[0].Name, unit, c.Baseline) + " to " + Reading(f.r, f.after, unit, c.Value)
}

func (f facts) now(unit string) string {
	return Reading(f.r, f.after, unit, f.r.Comparison(f.after, unit).Value)
}

// rarer is a clause that says how much rarer collections became.
func (f facts) rarer() string {
	ratio := observed(*f.r.Comparison(f.after, cycles))
	if math.IsInf(ratio, 0) {
		return "there were no collections any more"
	}
	return "collections were " + Times(ratio) + " rarer"
}

func (f facts) moreOrLess(unit string) string {
	if f.direction(unit) == down {
		return "less"
	}
	return "more"
}
