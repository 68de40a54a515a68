package profiler

import (
	"cmp"
	"encoding/json"
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
	Allocs  RunKind = "allocs"  // an exact profile of the allocations of N operations
	Peak    RunKind = "peak"    // a profile of the memory in use at the mark
	FitRun  RunKind = "fit"     // the whole job of a case, such as a training

	Imported RunKind = "import" // an uploaded profile, which has no run
)

// A Measurement is the value of a metric. Its unit names the metric as in the Go benchmark
// format, such as B/op.
type Measurement struct {
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
	Row   string  `json:"row,omitempty"` // see Series; "" for the row of the run
}

// A Run holds the measurements of one child.
type Run struct {
	Task
	Started      time.Time
	Duration     time.Duration // of the whole process
	Others       time.Duration // processor time of other processes during the run
	Steal        time.Duration // processor time that the hypervisor took during the run
	Calls        int64         // number of measured operations
	Measurements []Measurement
	SelfCheck    *SelfCheck  // of an allocs run
	Fit          *Fit        // of a fit run
	Profile      *Profile    // of an allocs or peak run
	Timeline     *Timeline   // of a peak run
	Environment  Environment // of the child
	Output       string      // end of the output of the child
}

// Value returns the measurement of a unit in the row of the run.
func (r *Run) Value(unit string) (float64, bool) {
	for _, m := range r.Measurements {
		if m.Unit == unit && m.Row == "" {
			return m.Value, true
		}
	}
	return 0, false
}

// A RunError says in a sentence why a child gave no result.
type RunError struct {
	Reason string
	Output string // end of the output of the child
	Limit  bool   // the child reached its time or memory limit
}

func (e *RunError) Error() string { return e.Reason }

// A SelfCheck compares an allocs profile with the runtime's count of the same operations.
type SelfCheck struct {
	Calls      int64 `json:"calls"`
	TotalAlloc int64 `json:"total_alloc" doc:"bytes that the runtime counted"`
	AllocSpace int64 `json:"alloc_space" doc:"bytes in the profile"`
	OK         bool  `json:"ok" doc:"whether both are equal, except for what the runtime allocated for itself"`
}

// A Profile is a heap profile, with a summary and a digest of its content.
type Profile struct {
	SHA256   string // of the uncompressed protobuf, in hex: the key of the profile
	Gzip     []byte // the file; nil if it was not loaded
	GzipSize int64
	Summary  Summary
	Digest   []byte // an encoded heap.Digest; nil if it was not loaded
	Fault    string // why there is neither summary nor digest, as a sentence; or ""

	// Runtime is the number of bytes that goroutines of the runtime allocated. Only a profile that a program wrote has
	// it, and it is not stored.
	Runtime int64
}

// Difference returns the bytes in the profile that the runtime did not count.
func (c *SelfCheck) Difference() int64 { return c.AllocSpace - c.TotalAlloc }

// A Summary is the part of a profile that a report shows.
type Summary struct {
	Types       []heap.Type     `json:"types" doc:"sample types of the profile"`
	TypeNames   heap.TypeNames  `json:"type_names,omitempty" doc:"names of types in the file, if they are not those of Go"`
	DefaultType heap.Type       `json:"default_type,omitempty" doc:"sample type that the producer shows first"`
	Samples     int             `json:"samples"`
	Period      int64           `json:"period" doc:"mean number of bytes between two samples; 1 if every allocation is recorded; 0 if it is not known"`
	Odd         int             `json:"odd,omitempty" doc:"negative values that count as 0"`
	Time        int64           `json:"time_ns,omitempty" doc:"when the profile was written, in nanoseconds since 1970; missing if it does not say"`
	Duration    time.Duration   `json:"duration_ns,omitempty" doc:"time that the profile covers; missing if it does not say"`
	Growth      *heap.Growth    `json:"growth,omitempty" doc:"change of the memory in use in that time, of a profile such as heap?seconds=30"`
	Process     string          `json:"process,omitempty" doc:"equal in two profiles of one process, and of its forks"`
	Totals      heap.Values     `json:"totals"`
	Error       heap.Errors     `json:"totals_error,omitzero" doc:"twice the standard deviation that sampling gives to each total; missing if there is none"`
	Functions   []heap.Function `json:"functions"` // sorted by flat bytes, largest first
	Omitted     int             `json:"omitted"`   // number of functions that are not listed
	MemStats    *heap.MemStats  `json:"memstats,omitempty" doc:"of a Go profile as text: the memory of the whole process"`
	Unchecked   bool            `json:"names_unchecked,omitempty" doc:"the names come from an uploaded program that may be another build: there was no build ID to compare"`
	Outside     *Outside        `json:"outside_ops,omitempty" doc:"of an allocs profile: what others allocated while the operations ran"`
}

// Errors returns the sampling errors of the totals. Summaries of earlier versions have none: theirs are computed as
// if all objects had the same size.
func (s *Summary) Errors() heap.Errors {
	if s.Error == (heap.Errors{}) {
		return heap.ErrorsOf(s.Totals, s.Period)
	}
	return s.Error
}

// Outside holds the part of an allocs profile that operations did not allocate themselves. Other
// goroutines did, also ones that operations or the set-up started, or the runtime.
type Outside struct {
	Totals    heap.Values     `json:"totals"`
	Functions []heap.Function `json:"functions"` // sorted by flat bytes, largest first
	Omitted   int             `json:"omitted"`   // number of functions that are not listed
}

// An Epoch is the state of a fit after one pass over its examples.
type Epoch struct {
	Loss     float64 `json:"loss"`     // mean over the epoch's examples
	Accuracy float64 `json:"accuracy"` // share of the epoch's examples with a correct prediction
}

// A Fit is the result of a case's whole job.
type Fit struct {
	Epochs     []Epoch `json:"epochs"`
	Weights    string  `json:"weights_sha256" doc:"SHA-256 of the final weights; equal if the weights are bit-identical"`
	TotalAlloc uint64  `json:"total_alloc" doc:"bytes allocated on the heap by the whole fit, including set-up"`
	LiveHeap   uint64  `json:"live_heap,omitempty" doc:"bytes in use at the peak of a step, minus the bytes in use before the fit; 0 if it was not measured"`
}

// A Series identifies the values of one metric of one variant in one row.
//
// A row is one of several results of a run, such as BenchmarkDecode/64KB, or a value of a sweep, such
// as GOGC=50. It is "" if there is only one.
type Series struct{ Variant, Row, Unit string }

// Samples holds the values of each series in the order of the runs.
type Samples map[Series][]float64

// NewSamples returns the measurements of the measure runs.
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

// Of returns the values of a variant in a row by unit, or nil if there are none.
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

// ByRow returns the samples of each row.
func (s Samples) ByRow() map[string]Samples {
	rows := map[string]Samples{}
	for key, values := range s {
		if rows[key.Row] == nil {
			rows[key.Row] = Samples{}
		}
		rows[key.Row][key] = values
	}
	return rows
}

// Rows returns the names of all rows: first the planned ones, then the others in alphabetical order.
func (s Samples) Rows(planned []string) []string {
	others := map[string]bool{}
	for key := range s {
		if !slices.Contains(planned, key.Row) {
			others[key.Row] = true
		}
	}
	rows := slices.Concat(planned, slices.Sorted(maps.Keys(others)))
	if len(rows) > 1 && len(others) > 0 { // if runs name their rows, the planned row "" is empty
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

// NewSummary returns the summary of a profile with that digest.
func NewSummary(d *heap.Digest) Summary {
	s := Summary{
		Types: d.Types, TypeNames: d.TypeNames, DefaultType: d.DefaultType, Samples: d.Samples, Period: d.Period, Odd: d.Odd,
		Time: d.Time, Duration: d.Duration, Growth: d.Growth, Process: d.Process, Totals: d.Totals, Error: d.Error,
	}
	s.Functions, s.Omitted = first(d.Functions, maxFunctions)
	return s
}

// NewOutside returns the functions of a digest that has only the samples outside of operations.
func NewOutside(d *heap.Digest) *Outside {
	allocating := slices.DeleteFunc(slices.Clone(d.Functions), func(f heap.Function) bool { return f.Flat.AllocObjects == 0 })
	o := &Outside{Totals: d.Totals}
	o.Functions, o.Omitted = first(allocating, maxOutside)
	return o
}

// Largest number of functions in a Summary and in its Outside.
const (
	maxFunctions = 200
	maxOutside   = 20
)

// first returns the first most functions, and the number of the rest.
func first(functions []heap.Function, most int) (kept []heap.Function, omitted int) {
	n := min(len(functions), most)
	return functions[:n], len(functions) - n
}

// MarshalJSON writes lists without elements as such, not as null.
func (s Summary) MarshalJSON() ([]byte, error) {
	type plain Summary // has no such method
	s.Types, s.Functions = list(s.Types), list(s.Functions)
	if s.Outside != nil {
		o := *s.Outside
		o.Functions = list(o.Functions)
		s.Outside = &o
	}
	return json.Marshal(plain(s))
}

// list returns s, or an empty slice if it is nil.
func list[E any](s []E) []E { return append([]E{}, s...) }

// An ImportedProfile is one side of an import.
type ImportedProfile struct {
	Variant string // ImportBaseline or ImportVariant
	File    string // name of the uploaded file; "" if there are several
	Profile        // of the file, or the sum of several files

	// Files has the uploaded files, if there are several. Each is a round: it is one value of a sample.
	Files []ImportedFile
}

// An ImportedFile is one of several files of a side. Its summary has no functions.
type ImportedFile struct {
	Name string
	Profile
}

// MaxImportedFiles is the largest number of files on one side of an import.
const MaxImportedFiles = 32

// Distinct returns the indexes of files whose content no earlier file has. Copies of a profile have no
// spread, so they are not rounds of their own.
func Distinct[F any](files []F, sha256 func(F) string) []int {
	var distinct []int
	seen := map[string]bool{}
	for i, f := range files {
		if sum := sha256(f); !seen[sum] {
			seen[sum] = true
			distinct = append(distinct, i)
		}
	}
	return distinct
}

// Names of the variants of an import, and of the fields of its form. They are stored in the database
// and part of the API.
const (
	ImportBaseline = "baseline"
	ImportVariant  = "variant"
)

// ImportBinary returns the name of the field with the program of a side, which names addresses.
func ImportBinary(side string) string { return side + "_binary" }

// Comparable returns the sample types that two profiles have in common.
func Comparable(a, b Summary) []heap.Type {
	return heap.Common(a.Types, b.Types, a.TypeNames, b.TypeNames)
}
