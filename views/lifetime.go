package views

import (
	"math"
	"time"

	"heaplab/profiler/heap"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// A lifetime says how long the objects of a function stay in use.
type lifetime struct {
	Word string        // "dies young", "lives", "may leak", or "" if it is not known
	Mean time.Duration // 0 if it is not known
}

// lifetimeOf computes the mean lifetime of a function's own objects from two profiles of one process: the memory in
// use divided by the rate of allocation (Little's law). It is not known if the function allocated too little between
// the profiles for their sampling. A function may leak if its memory in use grew by at least half of what it allocated
// between the profiles. A cache that fills looks the same.
func lifetimeOf(f heap.FunctionDiff, apart time.Duration) lifetime {
	alloc, inuse := f.Flat(heap.AllocSpace), f.Flat(heap.InuseSpace)
	allocated := float64(alloc.After - alloc.Before)
	if apart <= 0 || allocated <= 0 || allocated*allocated <= alloc.AfterError*alloc.AfterError-alloc.BeforeError*alloc.BeforeError {
		return lifetime{}
	}
	grown := float64(inuse.After - inuse.Before)
	if grown >= allocated/2 && grown > math.Hypot(inuse.BeforeError, inuse.AfterError) {
		return lifetime{Word: "may leak"}
	}
	const young = 0.1 // of the time between the profiles
	ratio := (float64(inuse.Before) + float64(inuse.After)) / 2 / allocated
	life := lifetime{Word: "lives", Mean: time.Duration(ratio * float64(apart))}
	if ratio < young {
		life.Word = "dies young"
	}
	return life
}

// String writes a lifetime, such as "dies young, 12 ms".
func (l lifetime) String() string {
	switch {
	case l.Word == "":
		return words.None
	case l.Mean == 0:
		return l.Word
	}
	return l.Word + ", " + words.Duration(float64(l.Mean))
}

// showsLifetimes reports whether the table of functions has lifetimes.
func (p *ProfilePage) showsLifetimes() bool {
	return p.Query.By == ByFunction && !p.sideBySide() && report.Apart(p.Report) > 0
}
