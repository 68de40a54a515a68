package report

import (
	"math"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// A direction is where a metric went, as far as that is decided.
type Direction uint

const (
	Down Direction = 1 << iota
	Up
	Steady
	Unknown // not decided, or not measured

	moved = Down | Up
)

// A rule says why something happened, where certain metrics went certain ways.
type rule struct {
	Subject string               // of each subject the first rule that fits speaks
	When    map[string]Direction // by unit; of each one of the directions named
	say     func(facts) string   // a sentence
}

// rules tell churn (what operations allocate), the live heap, the collector and resident
// memory apart, because each moves for reasons of its own: a process that allocates less can
// have a larger peak RSS, since its collector runs less often.
var Rules = []rule{
	{"saved", When{Churn: Down, Live: Steady}, func(f facts) string {
		return "What is saved is garbage: operations allocate less, " + f.fromTo(Churn) + ", while what is in use at the peak stays at " + f.now(Live) + "."
	}},
	{"saved", When{Churn: Down, Live: Down}, func(f facts) string {
		return "Both went down: what an operation allocates, " + f.fromTo(Churn) + ", and what is in use at the peak, " + f.fromTo(Live) + "."
	}},
	{"saved", When{Churn: Down, Live: Up}, func(f facts) string {
		return "It allocates less because it keeps more: " + f.fromTo(Churn) + " per operation, for a live heap that grew, " + f.fromTo(Live) + "."
	}},
	{"saved", When{Churn: Steady, Live: Down}, func(f facts) string {
		return "As much is allocated, but less of it is in use at the peak: " + f.fromTo(Live) + "."
	}},
	{"saved", When{Churn: Up, Live: Down}, func(f facts) string {
		return "It allocates more in order to keep less: " + f.fromTo(Churn) + " per operation, for a live heap that shrank, " + f.fromTo(Live) + "."
	}},
	{"saved", When{Churn: Up, Live: Steady}, func(f facts) string {
		return "It makes more garbage: " + f.fromTo(Churn) + " per operation."
	}},
	{"saved", When{Churn: Up, Live: Unknown}, func(f facts) string {
		return "It allocates more: " + f.fromTo(Churn) + " per operation."
	}},
	{"saved", When{Churn: Steady | Up, Live: Up}, func(f facts) string {
		return "More is in use at the peak: " + f.fromTo(Live) + "."
	}},
	{"saved", When{Churn: Steady, Live: Steady}, func(facts) string {
		return "Neither what operations allocate nor what is in use at the peak changed."
	}},

	{"rss", When{Rss: Up, Live: Steady, Cycles: Down}, func(f facts) string {
		return "Peak RSS rose, " + f.fromTo(Rss) + ", because " + f.rarer() + ", so that garbage lay around for longer; the live heap is unchanged."
	}},
	{"rss", When{Rss: Up, Live: Down, Cycles: Down}, func(f facts) string {
		return "Peak RSS rose, " + f.fromTo(Rss) + ", although the live heap shrank: " + f.rarer() + "."
	}},
	{"rss", When{Rss: Up, File: Up, Anon: Steady | Down}, func(f facts) string {
		return "Peak RSS rose by pages of files or shared memory, " + f.fromTo(File) + "; those of files the kernel can drop when memory is short."
	}},
	{"rss", When{Rss: Up, Live: Up}, func(f facts) string {
		return "Peak RSS rose with the live heap: " + f.fromTo(Rss) + "."
	}},
	{"rss", When{Rss: Up, Room: Up, Live: Steady | Down}, func(f facts) string {
		return "Peak RSS rose, " + f.fromTo(Rss) + ", with the room that the collector gives to garbage, " + f.fromTo(Room) + "; the live heap did not."
	}},
	{"rss", When{Rss: Up, Live: Steady}, func(f facts) string {
		return "Peak RSS rose, " + f.fromTo(Rss) + ", although neither the live heap nor the collector explains it: look at memory outside of the heap, and at fragmentation."
	}},
	{"rss", When{Rss: Down, Anon: Down, File: Up}, func(f facts) string {
		return "Memory moved from the heap to pages of files, which the kernel can drop when memory is short: anonymous " + f.fromTo(Anon) + ", file-backed " + f.fromTo(File) + "."
	}},
	{"rss", When{Rss: Down, Live: Down}, func(f facts) string {
		return "Peak RSS fell with the live heap: " + f.fromTo(Rss) + "."
	}},
	{"rss", When{Rss: Down, Churn: Down, Live: Steady}, func(f facts) string {
		return "Peak RSS fell, " + f.fromTo(Rss) + ", because less garbage lies around between collections; the live heap is unchanged."
	}},
	{"rss", When{Rss: Down, Cycles: Up}, func(f facts) string {
		return "Peak RSS fell, " + f.fromTo(Rss) + ", because the collector ran more often."
	}},
	{"rss", When{Rss: Down, Room: Down}, func(f facts) string {
		return "Peak RSS fell, " + f.fromTo(Rss) + ", with the room that the collector gives to garbage, " + f.fromTo(Room) + "."
	}},
	{"rss", When{Rss: Steady, Live: Down}, func(f facts) string {
		return "Peak RSS stayed at " + f.now(Rss) + " although the live heap shrank, " + f.fromTo(Live) + ": it shrank by less than peak RSS can show, or garbage and free pages fill what was gained."
	}},

	{"gc", When{Cycles: Down, GcCPU: Down}, func(f facts) string {
		return words.UpperFirst(f.rarer()) + ", which saves processor time: " + f.fromTo(GcCPU) + " per operation."
	}},
	{"gc", When{Cycles: Down, GcCPU: Steady | Unknown}, func(f facts) string {
		return words.UpperFirst(f.rarer()) + ", with no clear saving of processor time."
	}},
	{"gc", When{Cycles: Up, Churn: Steady | Down, Room: Down}, func(f facts) string {
		return "The collector ran more often, " + f.fromTo(Cycles) + " times per operation, because it has less room for garbage, " + f.fromTo(Room) + "."
	}},
	{"gc", When{Cycles: Up}, func(f facts) string {
		return "The collector ran more often: " + f.fromTo(Cycles) + " times per operation."
	}},
	{"gc", When{Cycles: Steady | Unknown, GcCPU: moved}, func(f facts) string {
		return "Collections took " + f.moreOrLess(GcCPU) + " processor time, " + f.fromTo(GcCPU) + " per operation, though there were not clearly more or fewer of them."
	}},

	{"faults", When{Faults: Up}, func(f facts) string {
		return "The kernel had to hand out more pages: " + f.fromTo(Faults) + " per operation."
	}},
	{"faults", When{Major: Up}, func(f facts) string {
		return "Pages had to be read from files: " + f.fromTo(Major) + " per operation."
	}},
}

// Short names for the table above.
const (
	Churn  = profiler.BytesPerOp
	Live   = profiler.LiveHeap
	Room   = profiler.Headroom
	Rss    = profiler.PeakRSS
	Anon   = profiler.PeakAnon
	File   = profiler.PeakFile
	Cycles = profiler.GCCycles
	GcCPU  = profiler.GCCPU
	Faults = profiler.MinorFaults
	Major  = profiler.MajorFaults
)

type When = map[string]Direction

// Explain says which kinds of memory moved between the baseline and another variant and why:
// a sentence a subject, in the order of the rules.
func Explain(r Report, after string) []string {
	var out []string
	spoken := map[string]bool{}
	f := facts{r, after}
	for _, rule := range Rules {
		if !spoken[rule.Subject] && f.fit(rule.When) {
			spoken[rule.Subject] = true
			out = append(out, rule.say(f))
		}
	}
	return out
}

// facts are what a report says of one variant.
type facts struct {
	r     Report
	after string
}

func (f facts) fit(when map[string]Direction) bool {
	for unit, want := range when {
		if f.direction(unit)&want == 0 {
			return false
		}
	}
	return true
}

func (f facts) direction(unit string) Direction {
	c := f.r.Comparison(f.after, unit)
	switch {
	case c == nil:
		return Unknown
	case c.Verdict == Same:
		return Steady
	case !c.Verdict.Decided():
		return Unknown
	case c.Value.Center < c.Baseline.Center:
		return Down
	}
	return Up
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
	ratio := Observed(*f.r.Comparison(f.after, Cycles))
	if math.IsInf(ratio, 0) {
		return "there were no collections any more"
	}
	return "collections were " + words.Times(ratio) + " rarer"
}

func (f facts) moreOrLess(unit string) string {
	if f.direction(unit) == Down {
		return "less"
	}
	return "more"
}
