package profiler

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"heaplab/profiler/heap"
)

// A RunKind is a kind of run, and of the profile that it writes. RunKinds are stored in the
// database and part of the API.
type RunKind string

const (
	Measure RunKind = "measure" // times, counts and sizes, with profiling off
	Allocs  RunKind = "allocs"  // the exact profile of what N operations allocated
	Peak    RunKind = "peak"    // the profile of the memory in use at the mark
	FitRun  RunKind = "fit"     // the case's whole job

	Imported RunKind = "import" // an uploaded profile, which has no run
)

// A Measurement is the value of a metric. Its unit names the metric as in the Go benchmark
// format, such as B/op.
type Measurement struct {
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
	Row   string  `json:"row,omitempty"` // see Series; "" for the row of its run
}

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

// Value returns the run's measurement of a unit, in the row of the run.
func (r *Run) Value(unit string) (float64, bool) {
	for _, m := range r.Measurements {
		if m.Unit == unit && m.Row == "" {
			return m.Value, true
		}
	}
	return 0, false
}

// A RunError says why a child gave no result, as a sentence for whoever launched it.
type RunError struct {
	Reason string
	Output string // end of what the child printed
	Limit  bool   // it reached its limit of time or memory
}

func (e *RunError) Error() string { return e.Reason }

// A SelfCheck compares an allocs profile with the runtime's own count over the same window.
type SelfCheck struct {
	Calls      int64 `json:"calls"`
	TotalAlloc int64 `json:"total_alloc" doc:"bytes that the runtime counted"`
	AllocSpace int64 `json:"alloc_space" doc:"bytes that the profile holds"`
	OK         bool  `json:"ok" doc:"both are equal to the byte"`
}

// A Profile is a heap profile and its content as read when it was stored.
type Profile struct {
	SHA256   string // of the uncompressed protobuf, in hex: its identity
	Gzip     []byte // the file as served; nil unless asked for
	GzipSize int64
	Summary  Summary
	Digest   []byte // an encoded heap.Digest; nil unless asked for
	Fault    string // a sentence: why it has neither summary nor digest, or ""
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

// An Epoch is the state of a fit after one pass over its examples.
type Epoch struct {
	Loss     float64 `json:"loss"`     // mean over the epoch's examples
	Accuracy float64 `json:"accuracy"` // share of the epoch's examples that were predicted correctly
}

// A Fit is the result of a case's whole job.
type Fit struct {
	Epochs     []Epoch `json:"epochs"`
	Weights    string  `json:"weights_sha256" doc:"SHA-256 of the final weights: equal where the variants agree to the bit"`
	TotalAlloc uint64  `json:"total_alloc" doc:"bytes allocated on the heap over the whole fit, its set-up included"`
	LiveHeap   uint64  `json:"live_heap,omitempty" doc:"bytes in use at the peak of a step, less what the process held before; 0 where it was not measured"`
}

// A Series names the values of one metric of one variant in one row.
//
// A row is one of several results that a run can have, such as BenchmarkDecode/64KB, or the
// value of a sweep, such as GOGC=50. It is "" where there is only one.
type Series struct{ Variant, Row, Unit string }

// Samples holds the values of series, in the order of the runs.
type Samples map[Series][]float64

// NewSamples collects what the measure runs measured.
func NewSamples(runs []Run) Samples {
	s := Samples{}
	for _, r := range runs {
		if r.Kind != Measure {
			continue
		}
		for _, m := range r.Measurements {
			key := Series{r.Variant, cmp.Or(m.Row, r.Row), m.Unit}
			s[key] = append(s[key], m.Value)
		}
	}
	return s
}

// Of returns the values of a variant in a row by unit; nil where there are none.
func (s Samples) Of(variant, row string) map[string][]float64 {
	var out map[string][]float64
	for key, values := range s {
		if key.Variant != variant || key.Row != row {
			continue
		}
		if out == nil {
			out = map[string][]float64{}
		}
		out[key.Unit] = values
	}
	return out
}

// Rows returns the names of all rows, those in first and then the others by name.
func (s Samples) Rows(first []string) []string {
	others := map[string]bool{}
	for key := range s {
		if !slices.Contains(first, key.Row) {
			others[key.Row] = true
		}
	}
	rows := slices.Concat(first, slices.Sorted(maps.Keys(others)))
	if len(rows) > 1 && len(others) > 0 { // the planned row "" is empty where runs name their rows
		rows = slices.DeleteFunc(rows, func(row string) bool { return row == "" && !s.has(row) })
	}
	return rows
}

func (s Samples) has(row string) bool {
	for key := range s {
		if key.Row == row {
			return true
		}
	}
	return false
}

// NewSummary takes what a report shows from the digest of a profile.
func NewSummary(d *heap.Digest) Summary {
	s := Summary{Types: d.Types, Samples: d.Samples, Period: d.Period, Totals: d.Totals, Functions: d.Functions}
	if extra := len(s.Functions) - maxFunctions; extra > 0 {
		s.Functions, s.Omitted = s.Functions[:maxFunctions], extra
	}
	return s
}

// maxFunctions is how many functions a Summary lists.
const maxFunctions = 200

// An ImportedProfile is one side of an import.
type ImportedProfile struct {
	Variant string // ImportBaseline or ImportVariant
	File    string // name of the uploaded file
	Profile
}

// The sides of an import. They name its variants and the fields of its form, are stored in the
// database and part of the API.
const (
	ImportBaseline = "baseline"
	ImportVariant  = "variant"
)

// Comparable returns the sample types in which two profiles can be compared. It is empty where
// they have neither allocated nor used bytes in common.
func Comparable(a, b Summary) []heap.Type {
	var common []heap.Type
	for _, t := range heap.Types {
		if slices.Contains(a.Types, t) && slices.Contains(b.Types, t) {
			common = append(common, t)
		}
	}
	if !slices.Contains(common, heap.AllocSpace) && !slices.Contains(common, heap.InuseSpace) {
		return nil
	}
	return common
}
