package profiler

import (
	"cmp"
	"slices"

	"heaplab/profiler/heap"
)

// Units of the metrics that heaplab measures. A subject may add others.
const (
	NsPerOp     = "ns/op"
	BytesPerOp  = "B/op"
	FirstOp     = "first-op-bytes"
	AllocsPerOp = "allocs/op"
	LiveHeap    = "live-heap-bytes"
	Awaiting    = "awaiting-collection-bytes"
	Retained    = "retained-bytes"
	Fragments   = "fragmentation"
	MarkRSS     = "mark-RSS-bytes"
	MarkAnon    = "mark-anon-bytes"
	MarkFile    = "mark-file-bytes"
	PeakRSS     = "peak-RSS-bytes"
	PeakAnon    = "peak-anon-bytes"
	PeakFile    = "peak-file-bytes"
	GCCycles    = "gc-cycles/op"
	GCCPU       = "gc-cpu-sec/op"
	GCPause     = "gc-pause-ns"
	HeapGoal    = "heap-goal-bytes"
	Headroom    = "gc-headroom-bytes"
	MinorFaults = "minor-faults/op"
	MajorFaults = "major-faults/op"
	PoolMisses  = "pool-misses/op"
	LinesPerOp  = "lines/op"
	WallTime    = "wall-ns"
	UserTime    = "user-ns"
	SystemTime  = "system-ns"
	Collections = "gc-cycles"
	TraceLive   = "gctrace-live-bytes"
	ModelBytes  = "model-bytes"
	DataBytes   = "data-bytes"
	MaxAbsErr   = "max-abs-err"
	Accuracy    = "accuracy"
	AccuracyMin = "accuracy-min"
	AccuracyMax = "accuracy-max"
	Loss        = "loss"

	// Of imported profiles, in all or divided by a Divisor.
	AllocatedBytes   = "allocated-bytes"
	AllocatedObjects = "allocated-objects"
	InUseBytes       = "in-use-bytes"
	InUseObjects     = "in-use-objects"
)

// A Quantity says how to scale and write the values of a unit.
type Quantity string

const (
	Bytes    Quantity = "bytes"
	Duration Quantity = "duration" // nanoseconds
	Seconds  Quantity = "seconds"
	Count    Quantity = "count"
	Share    Quantity = "share" // from 0 to 1, written in percent
)

// A Role says which aspect of a program a metric measures.
type Role string

const (
	RoleChurn      Role = "churn"      // allocations of operations
	RoleLive       Role = "live"       // heap in use
	RoleResident   Role = "resident"   // physical memory
	RoleTime       Role = "time"       // time of operations
	RoleCollector  Role = "collector"  // work of the garbage collector
	RoleFaults     Role = "faults"     // page faults
	RoleQuality    Role = "quality"    // quality of the results
	RoleArithmetic Role = "arithmetic" // computed, not measured: never evidence
	RoleOther      Role = ""
)

// A Unit describes a metric: how to write it, and when a change of it is better or worse.
type Unit struct {
	Name     string // as in the Go benchmark format
	Title    string // for people
	Quantity Quantity
	Role     Role
	Leads    bool   // represents its role if only one metric is shown
	Better   int    // −1 if less is better, +1 if more is better, otherwise 0
	Help     string // how it is measured

	// Exact says that the values hardly vary. A change needs no test; only its size counts.
	Exact bool
	// Floor is the default noise floor, as a share of the baseline. FloorAbs is a noise floor in the
	// unit itself. The larger one applies: a smaller change is never better or worse.
	Floor, FloorAbs float64
	// Step is the resolution of coarse values, in the unit itself; 0 if it does not matter.
	Step float64
	// Margin is the largest change that does not matter, as a share of the baseline, and MarginAbs
	// in the unit itself. The larger one applies. It does not depend on the noise of the machine.
	Margin, MarginAbs float64
}

// IsTime reports whether u measures time, which drifts with the load of the machine.
func (u Unit) IsTime() bool { return u.Quantity == Duration || u.Quantity == Seconds }

// units lists the known metrics in the order of reports. The default floors are a choice, not
// measured, as docs/measuring.md explains; a calibration replaces them. So are the margins, which nothing replaces.
var units = []Unit{
	{Name: BytesPerOp, Title: "Bytes per op", Quantity: Bytes, Role: RoleChurn, Leads: true, Better: -1, Exact: true, Floor: 0.001, FloorAbs: 64, Margin: 0.001, MarginAbs: 16,
		Help: "heap bytes allocated per operation, as the runtime counts them; of a case, after the first operation"},
	{Name: AllocsPerOp, Title: "Allocations per op", Quantity: Count, Role: RoleChurn, Better: -1, Exact: true, Floor: 0.001, FloorAbs: 0.5, Margin: 0.001, MarginAbs: 0.5,
		Help: "heap allocations per operation, as the runtime counts them; of a case, after the first operation"},
	{Name: FirstOp, Title: "First operation", Quantity: Bytes, Role: RoleChurn, Better: -1, Exact: true, Floor: 0.001, FloorAbs: 64, Margin: 0.001, MarginAbs: 16,
		Help: "heap bytes that the first operation after set-up allocates, including memory that later ones reuse"},
	{Name: LiveHeap, Title: "Live heap", Quantity: Bytes, Role: RoleLive, Leads: true, Better: -1, Floor: 0.01, FloorAbs: 64 << 10, Margin: 0.01, MarginAbs: 4 << 10,
		Help: "of a case: heap in use after two collections at the mark, where the memory of an operation is at its peak, minus the heap in use before set-up; of a benchmark: the largest heap in use after a collection while the timer runs, minus the heap in use before: a lower bound"},
	{Name: Awaiting, Title: "Awaiting collection", Quantity: Bytes, Role: RoleLive, Floor: 0.01, FloorAbs: 64 << 10, Margin: 0.01, MarginAbs: 4 << 10,
		Help: "heap that is no longer in use at the mark, but that only a second collection frees: objects with finalizers, and the contents of a sync.Pool; neither better nor worse"},
	{Name: Retained, Title: "Retained after a burst", Quantity: Bytes, Role: RoleLive, Better: -1, Floor: 0.01, FloorAbs: 64 << 10, Margin: 0.01, MarginAbs: 4 << 10,
		Help: "heap in use after a burst and two collections, minus the heap in use before the pool was made; the second collection empties a sync.Pool"},
	{Name: Fragments, Title: "Fragmentation", Quantity: Count, Role: RoleLive, Better: -1, Floor: 0.01, FloorAbs: 0.01, Margin: 0.01, MarginAbs: 0.01,
		Help: "size of the heap spans in use divided by the live heap, after two collections at the mark, each minus its value before set-up; 1 if no span has a gap; not measured below 1 MiB of live heap"},
	{Name: NsPerOp, Title: "Time per op", Quantity: Duration, Role: RoleTime, Leads: true, Better: -1, Floor: 0.05, Margin: 0.05,
		Help: "time of an operation, measured by package testing"},
	{Name: WallTime, Title: "Wall time", Quantity: Duration, Role: RoleTime, Leads: true, Better: -1, Floor: 0.05, FloorAbs: 1e6, Margin: 0.05,
		Help: "time from the start of a command to its end"},
	{Name: UserTime, Title: "User CPU time", Quantity: Duration, Role: RoleTime, Better: -1, Floor: 0.05, FloorAbs: 1e6, Margin: 0.05,
		Help: "processor time of a command and its descendants in user mode"},
	{Name: SystemTime, Title: "System CPU time", Quantity: Duration, Role: RoleTime, Better: -1, Floor: 0.05, FloorAbs: 1e6, Margin: 0.05,
		Help: "processor time of a command and its descendants in the kernel"},
	{Name: TraceLive, Title: "Live heap by gctrace", Quantity: Bytes, Role: RoleLive, Better: -1, Floor: 0.05, FloorAbs: 1 << 20, Step: 1 << 20, Margin: 0.01, MarginAbs: 4 << 10,
		Help: "largest live heap after a collection of a Go program, from its gctrace: in whole MiB, including objects allocated while marking"},
	{Name: MarkRSS, Title: "RSS at the mark", Quantity: Bytes, Role: RoleResident, Better: -1, Floor: 0.01, FloorAbs: 1 << 20, Margin: 0.02, MarginAbs: 256 << 10,
		Help: "resident memory at the mark, after free heap was returned to the kernel, minus the resident memory before set-up"},
	{Name: MarkAnon, Title: "Anonymous at the mark", Quantity: Bytes, Role: RoleResident, Better: -1, Floor: 0.01, FloorAbs: 1 << 20, Margin: 0.02, MarginAbs: 256 << 10,
		Help: "the part of the RSS at the mark that no file backs (RssAnon): the kernel can only swap it"},
	{Name: MarkFile, Title: "File-backed at the mark", Quantity: Bytes, Role: RoleResident, Floor: 0.01, FloorAbs: 1 << 20, Margin: 0.02, MarginAbs: 256 << 10,
		Help: "the part of the RSS at the mark that a file backs (RssFile): the kernel can drop it"},
	{Name: PeakRSS, Title: "Peak RSS", Quantity: Bytes, Role: RoleResident, Leads: true, Better: -1, Floor: 0.05, FloorAbs: 1 << 20, Margin: 0.02, MarginAbs: 256 << 10,
		Help: "largest resident memory: of the child of a case after set-up (VmHWM), of a benchmark while it runs, or of all processes of a command together"},
	{Name: PeakAnon, Title: "Peak anonymous", Quantity: Bytes, Role: RoleResident, Better: -1, Floor: 0.05, FloorAbs: 1 << 20, Margin: 0.02, MarginAbs: 256 << 10,
		Help: "largest anonymous resident memory (RssAnon), sampled every 5 ms: a lower bound"},
	{Name: PeakFile, Title: "Peak file-backed", Quantity: Bytes, Role: RoleResident, Floor: 0.05, FloorAbs: 1 << 20, Margin: 0.02, MarginAbs: 256 << 10,
		Help: "largest file-backed resident memory (RssFile), sampled every 5 ms: a lower bound"},
	{Name: GCCycles, Title: "GC cycles per op", Quantity: Count, Role: RoleCollector, Better: -1, Floor: 0.05, FloorAbs: 0.01, Margin: 0.05, MarginAbs: 0.01,
		Help: "collections that the runtime started by itself, per operation; of a case, counted after the second one, or in the second half of the operations if that begins earlier"},
	{Name: Collections, Title: "Collections", Quantity: Count, Role: RoleCollector, Better: -1, Floor: 0.05, FloorAbs: 1, Margin: 0.05, MarginAbs: 1,
		Help: "collections of a Go program, from its gctrace, including forced ones"},
	{Name: GCCPU, Title: "GC CPU time per op", Quantity: Seconds, Role: RoleCollector, Leads: true, Better: -1, Floor: 0.05, Margin: 0.05,
		Help: "CPU time of these collections, per operation; 0 if none ended"},
	{Name: GCPause, Title: "GC pauses", Quantity: Duration, Role: RoleCollector, Better: -1, Floor: 0.05, FloorAbs: 100_000, Margin: 0.05, MarginAbs: 100_000,
		Help: "time that these collections stopped the program, scaled to all operations"},
	{Name: HeapGoal, Title: "Heap goal", Quantity: Bytes, Role: RoleCollector, Floor: 0.05, FloorAbs: 64 << 10, Margin: 0.05, MarginAbs: 4 << 10,
		Help: "heap size at which the next collection would start, after the last operation"},
	{Name: Headroom, Title: "GC headroom", Quantity: Bytes, Role: RoleCollector, Floor: 0.05, FloorAbs: 64 << 10, Margin: 0.05, MarginAbs: 4 << 10,
		Help: "the heap goal minus the live heap of the last collection: room for garbage"},
	{Name: MinorFaults, Title: "Minor page faults per op", Quantity: Count, Role: RoleFaults, Leads: true, Better: -1, Floor: 0.05, FloorAbs: 1, Margin: 0.05, MarginAbs: 1,
		Help: "page faults that the kernel served without reading a file, per operation; of a case, counted after the second collection, or in the second half of the operations if that begins earlier; left out if the heap still grew in that half, into pages that heaplab had returned to the kernel"},
	{Name: MajorFaults, Title: "Major page faults per op", Quantity: Count, Role: RoleFaults, Better: -1, Floor: 0.05, FloorAbs: 0.1, Margin: 0.05, MarginAbs: 0.1,
		Help: "page faults for which the kernel read a file, per operation; of a case, counted as minor ones are"},
	{Name: PoolMisses, Title: "Pool misses per op", Quantity: Count, Role: RoleChurn, Better: -1, Floor: 0.001, FloorAbs: 0.5, Margin: 0.001, MarginAbs: 0.5,
		Help: "buffers allocated per operation because there is no pool or it was empty"},
	{Name: LinesPerOp, Title: "Cache lines per op", Quantity: Count, Role: RoleArithmetic, Better: -1, Exact: true,
		Help: "cache lines of 64 bytes that an operation loads into a first-level cache of 32 KiB; computed, not measured, so never evidence"},
	{Name: ModelBytes, Title: "Model size", Quantity: Bytes, Role: RoleArithmetic, Better: -1, Exact: true, Floor: 0,
		Help: "size of the weights; computed, not measured, so never evidence"},
	{Name: DataBytes, Title: "Data size", Quantity: Bytes, Role: RoleArithmetic, Better: -1, Exact: true, Floor: 0,
		Help: "size of the data; computed, not measured, so never evidence"},
	{Name: MaxAbsErr, Title: "Largest error", Quantity: Count, Role: RoleQuality, Leads: true, Better: -1, Exact: true, FloorAbs: 0.001, MarginAbs: 0.001,
		Help: "largest difference between an output and its expected value, over all test examples; a change of less than 0.001 counts as none"},
	{Name: Accuracy, Title: "Accuracy", Quantity: Share, Role: RoleQuality, Leads: true, Better: +1, Exact: true, FloorAbs: 0.005, MarginAbs: 0.005,
		Help: "share of the test examples with a correct prediction; a change of less than half a point counts as none"},
	{Name: AccuracyMin, Title: "Accuracy, worst seed", Quantity: Share, Role: RoleQuality, Better: +1, Exact: true, FloorAbs: 0.005, MarginAbs: 0.005,
		Help: "lowest accuracy of several trainings with different initial weights; Accuracy is their mean"},
	{Name: AccuracyMax, Title: "Accuracy, best seed", Quantity: Share, Role: RoleQuality, Better: +1, Exact: true, FloorAbs: 0.005, MarginAbs: 0.005,
		Help: "highest accuracy of several trainings with different initial weights"},
	{Name: Loss, Title: "Loss", Quantity: Count, Role: RoleQuality, Leads: true, Better: -1, Exact: true, Floor: 0.01, FloorAbs: 0.001, Margin: 0.01, MarginAbs: 0.001,
		Help: "mean loss over the test examples"},
	{Name: InUseBytes, Title: "Bytes in use", Quantity: Bytes, Role: RoleLive, Better: -1, Floor: 0.01, Margin: 0.01,
		Help: "heap in use when an imported profile was written"},
	{Name: AllocatedBytes, Title: "Allocated bytes", Quantity: Bytes, Role: RoleChurn, Better: -1, Floor: 0.01, Margin: 0.01,
		Help: "heap bytes allocated by the process of an imported profile"},
	{Name: InUseObjects, Title: "Objects in use", Quantity: Count, Role: RoleLive, Better: -1, Floor: 0.01, Margin: 0.01,
		Help: "objects in use when an imported profile was written"},
	{Name: AllocatedObjects, Title: "Allocated objects", Quantity: Count, Role: RoleChurn, Better: -1, Floor: 0.01, Margin: 0.01,
		Help: "objects allocated by the process of an imported profile"},
}

// TypeUnit returns the metric of the total of a sample type, or "" if it has none.
func TypeUnit(t heap.Type) string {
	switch t {
	case heap.AllocSpace:
		return AllocatedBytes
	case heap.AllocObjects:
		return AllocatedObjects
	case heap.InuseSpace:
		return InUseBytes
	case heap.InuseObjects:
		return InUseObjects
	}
	return ""
}

// LookupUnit returns the unit with that name. For an unknown unit it assumes that less is better, as
// the Go benchmark format does, and that it is as noisy as time.
func LookupUnit(name string) Unit {
	for _, u := range units {
		if u.Name == name {
			return u
		}
	}
	return Unit{Name: name, Title: name, Quantity: Count, Better: -1, Floor: 0.05, Margin: 0.05}
}

// CompareUnits compares the names of units by their order in reports. Unknown units come last, by name.
func CompareUnits(a, b string) int {
	return cmp.Or(cmp.Compare(unitOrder(a), unitOrder(b)), cmp.Compare(a, b))
}

// unitOrder returns the position of a unit in reports. Unknown units come last.
func unitOrder(name string) int {
	for i, u := range units {
		if u.Name == name {
			return i
		}
	}
	return len(units)
}

// IsLead reports whether a unit represents one of the given roles.
func IsLead(unit string, roles ...Role) bool {
	u := LookupUnit(unit)
	return u.Leads && slices.Contains(roles, u.Role)
}

// Leads returns the units that represent the given roles, in the order of the roles and then of
// reports.
func Leads(roles ...Role) []string {
	var out []string
	for _, role := range roles {
		for _, u := range units {
			if u.Leads && u.Role == role {
				out = append(out, u.Name)
			}
		}
	}
	return out
}
