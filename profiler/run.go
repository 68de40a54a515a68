package profiler

import (
	"time"

	"heaplab/profiler/heap"
)

// Kinds of children. They are stored in the database and part of the API.
const (
	Measure = "measure" // times, counts and sizes, with profiling off
	Allocs  = "allocs"  // the exact profile of what N operations allocated
	Peak    = "peak"    // the profile of what is in use at the mark
	FitRun  = "fit"     // the case's whole job
	Prepare = "prepare" // what all other children load; never stored as a run
	Ingest  = "ingest"  // reads a profile; never stored as a run

	Subtract = "subtract" // writes the difference of two profiles; never stored as a run
)

// Imported is the kind of profiles from outside. It is part of the API.
const Imported = "import"

// A Run is what one child measured.
type Run struct {
	Task
	Started      time.Time
	Duration     time.Duration // of the whole process
	Others       time.Duration // processor time that other processes took meanwhile
	Steal        time.Duration // processor time that the hypervisor took away meanwhile
	Calls        int64         // operations that the measurements are about
	Measurements []Measurement
	SelfCheck    *SelfCheck  // of an allocs run
	Fit          *Fit        // of a fit run
	Profile      *Profile    // of an allocs or peak run
	Timeline     *Timeline   // of a peak run
	Environment  Environment // as the child found it
	Output       string      // end of what the child printed
}

// Value returns the run's measurement of a unit.
func (r *Run) Value(unit string) (float64, bool) {
	for _, m := range r.Measurements {
		if m.Unit == unit {
			return m.Value, true
		}
	}
	return 0, false
}

// A SelfCheck holds an allocs profile against the runtime's own count over the same window.
type SelfCheck struct {
	Calls      int64 `json:"calls"`
	TotalAlloc int64 `json:"total_alloc" doc:"bytes that the runtime counted"`
	AllocSpace int64 `json:"alloc_space" doc:"bytes that the profile holds"`
	OK         bool  `json:"ok" doc:"both are equal to the byte"`
}

// A Profile is a heap profile and what was read from it when it was stored.
type Profile struct {
	SHA256   string // of the uncompressed protobuf, in hex: its identity
	Gzip     []byte // as served; nil where only the rest was asked for
	GzipSize int64
	Summary  Summary
	Digest   []byte // heap.Digest as its Encode writes it; nil where only the rest was asked for
	Fault    string // a sentence: why there is neither summary nor digest, or ""
}

// A Summary is what a report shows of a profile.
type Summary struct {
	Types     []heap.Type     `json:"types" doc:"that the profile has"`
	Samples   int             `json:"samples"`
	Period    int64           `json:"period" doc:"bytes between two samples, on average; 1 or less: every allocation is recorded"`
	Totals    heap.Values     `json:"totals"`
	Functions []heap.Function `json:"functions"` // by size of flat bytes, largest first
	Omitted   int             `json:"omitted"`   // functions beyond those listed
}
