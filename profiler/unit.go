package profiler

import "cmp"

// Units of the metrics that heaplab itself takes. A case may add others.
const (
	NsPerOp     = "ns/op"
	BytesPerOp  = "B/op"
	AllocsPerOp = "allocs/op"
	LiveHeap    = "live-heap-bytes"
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
)

// A Quantity says how the values of a unit are scaled and written.
type Quantity string

const (
	Bytes    Quantity = "bytes"
	Duration Quantity = "duration" // nanoseconds
	Seconds  Quantity = "seconds"
	Count    Quantity = "count"
	Share    Quantity = "share" // a part of one, written in percent
)

// A Role says what a metric tells about a program.
type Role string

const (
	RoleChurn      Role = "churn"      // what operations allocate
	RoleLive       Role = "live"       // what is in use on the heap
	RoleResident   Role = "resident"   // physical memory
	RoleTime       Role = "time"       // how long operations take
	RoleCollector  Role = "collector"  // work of the garbage collector
	RoleFaults     Role = "faults"     // page faults
	RoleQuality    Role = "quality"    // how good the results are
	RoleArithmetic Role = "arithmetic" // computed, not measured: never evidence
	RoleOther      Role = ""
)

// A Unit is what is known of a metric: how to read it and when a change of it counts.
type Unit struct {
	Name     string // as in the Go benchmark format
	Title    string // for people
	Quantity Quantity
	Role     Role
	Leads    bool   // it is the metric that stands for its role where only one is shown
	Better   int    // −1 if less is better, +1 if more is, 0 if neither is
	Help     string // how the value is taken

	// Exact units have nearly no spread: a change of them is decided by its size alone,
	// without a test. See Comparison.
	Exact bool
	// Floor is the relative change below which nothing is claimed of this unit, and
	// FloorAbs the same in the unit itself; the larger of both holds.
	Floor, FloorAbs float64
}

// units are the known metrics, in the order in which a report shows them. The floors are
// chosen: they hold where no calibration measured others, and docs/measuring.md says so to
// readers of reports.
var units = []Unit{
	{Name: BytesPerOp, Title: "Bytes per op", Quantity: Bytes, Role: RoleChurn, Leads: true, Better: -1, Exact: true, Floor: 0.001, FloorAbs: 64,
		Help: "heap bytes allocated per operation, from the runtime's own count"},
	{Name: AllocsPerOp, Title: "Allocations per op", Quantity: Count, Role: RoleChurn, Better: -1, Exact: true, Floor: 0.001, FloorAbs: 0.5,
		Help: "heap allocations per operation, from the runtime's own count"},
	{Name: LiveHeap, Title: "Live heap", Quantity: Bytes, Role: RoleLive, Leads: true, Better: -1, Floor: 0.01, FloorAbs: 64 << 10,
		Help: "heap in use after a collection at the mark, where the operation's memory is at its peak, less what the process held before set-up"},
	{Name: Retained, Title: "Retained after a burst", Quantity: Bytes, Role: RoleLive, Better: -1, Floor: 0.01, FloorAbs: 64 << 10,
		Help: "heap that is still held once a burst is over and two collections are, less what was held before the pool was made: a sync.Pool gives up what it holds at the second"},
	{Name: Fragments, Title: "Fragmentation", Quantity: Count, Role: RoleLive, Better: -1, Floor: 0.01, FloorAbs: 0.01,
		Help: "heap in spans that hold anything, over the live heap, after a collection at the mark, each less the same before set-up: 1 where no span has a gap; not taken below 1 MiB of live heap"},
	{Name: NsPerOp, Title: "Time per op", Quantity: Duration, Role: RoleTime, Leads: true, Better: -1, Floor: 0.05,
		Help: "time of an operation as testing.Benchmark takes it"},
	{Name: WallTime, Title: "Wall time", Quantity: Duration, Role: RoleTime, Leads: true, Better: -1, Floor: 0.05, FloorAbs: 1e6,
		Help: "time from the start of a command to its end"},
	{Name: UserTime, Title: "User CPU time", Quantity: Duration, Role: RoleTime, Better: -1, Floor: 0.05, FloorAbs: 1e6,
		Help: "processor time of a command and its descendants in their own code"},
	{Name: SystemTime, Title: "System CPU time", Quantity: Duration, Role: RoleTime, Better: -1, Floor: 0.05, FloorAbs: 1e6,
		Help: "processor time of a command and its descendants in the kernel"},
	{Name: TraceLive, Title: "Live heap by gctrace", Quantity: Bytes, Role: RoleLive, Better: -1, Floor: 0.05, FloorAbs: 1 << 20,
		Help: "highest heap marked live by a collection of a Go program, as its gctrace has it: in whole MiB, with objects allocated while marking"},
	{Name: MarkRSS, Title: "RSS at the mark", Quantity: Bytes, Role: RoleResident, Better: -1, Floor: 0.01, FloorAbs: 1 << 20,
		Help: "resident memory at the mark, once free heap was given back to the kernel, less what was resident before set-up"},
	{Name: MarkAnon, Title: "Anonymous at the mark", Quantity: Bytes, Role: RoleResident, Better: -1, Floor: 0.01, FloorAbs: 1 << 20,
		Help: "the part of the RSS at the mark that no file holds (RssAnon): it has to stay, or to be swapped"},
	{Name: MarkFile, Title: "File-backed at the mark", Quantity: Bytes, Role: RoleResident, Better: -1, Floor: 0.01, FloorAbs: 1 << 20,
		Help: "the part of the RSS at the mark that a file holds as well (RssFile): the kernel may take it back"},
	{Name: PeakRSS, Title: "Peak RSS", Quantity: Bytes, Role: RoleResident, Leads: true, Better: -1, Floor: 0.05, FloorAbs: 1 << 20,
		Help: "high-water mark of resident memory: of a case's child after set-up (VmHWM), of a command over all its processes"},
	{Name: PeakAnon, Title: "Peak anonymous", Quantity: Bytes, Role: RoleResident, Better: -1, Floor: 0.05, FloorAbs: 1 << 20,
		Help: "highest anonymous resident memory seen (RssAnon), sampled every 5 ms: a lower bound"},
	{Name: PeakFile, Title: "Peak file-backed", Quantity: Bytes, Role: RoleResident, Better: -1, Floor: 0.05, FloorAbs: 1 << 20,
		Help: "highest file-backed resident memory seen (RssFile), sampled every 5 ms: a lower bound"},
	{Name: GCCycles, Title: "GC cycles per op", Quantity: Count, Role: RoleCollector, Better: -1, Floor: 0.05, FloorAbs: 0.01,
		Help: "collections that the runtime started by itself, per operation"},
	{Name: Collections, Title: "Collections", Quantity: Count, Role: RoleCollector, Better: -1, Floor: 0.05, FloorAbs: 1,
		Help: "collections of a Go program, as its gctrace has them, forced ones included"},
	{Name: GCCPU, Title: "GC CPU time per op", Quantity: Seconds, Role: RoleCollector, Leads: true, Better: -1, Floor: 0.05,
		Help: "CPU time that those collections took, per operation; 0 where none ended"},
	{Name: GCPause, Title: "GC pauses", Quantity: Duration, Role: RoleCollector, Better: -1, Floor: 0.05, FloorAbs: 100_000,
		Help: "time that the program stood still for those collections, in all operations together"},
	{Name: HeapGoal, Title: "Heap goal", Quantity: Bytes, Role: RoleCollector, Better: -1, Floor: 0.05, FloorAbs: 64 << 10,
		Help: "heap size at which the next collection would have begun, after the last operation: what the live heap is given room to grow to"},
	{Name: Headroom, Title: "GC headroom", Quantity: Bytes, Role: RoleCollector, Better: -1, Floor: 0.05, FloorAbs: 64 << 10,
		Help: "the heap goal less what the last collection found alive: room for garbage"},
	{Name: MinorFaults, Title: "Minor page faults per op", Quantity: Count, Role: RoleFaults, Leads: true, Better: -1, Floor: 0.05, FloorAbs: 1,
		Help: "pages that the kernel handed out without reading them from anywhere, per operation"},
	{Name: MajorFaults, Title: "Major page faults per op", Quantity: Count, Role: RoleFaults, Better: -1, Floor: 0.05, FloorAbs: 0.1,
		Help: "pages that had to be read from a file first, per operation"},
	{Name: PoolMisses, Title: "Pool misses per op", Quantity: Count, Role: RoleChurn, Better: -1, Floor: 0.001, FloorAbs: 0.5,
		Help: "buffers that had to be allocated, because there is no pool or it had none, per operation"},
	{Name: LinesPerOp, Title: "Cache lines per op", Quantity: Count, Role: RoleArithmetic, Better: -1, Exact: true,
		Help: "lines of 64 bytes that an operation fetches into a first-level cache of 32 KiB, by arithmetic: for orientation, never evidence"},
	{Name: ModelBytes, Title: "Model size", Quantity: Bytes, Role: RoleArithmetic, Better: -1, Exact: true, Floor: 0,
		Help: "size of the weights by arithmetic: for orientation, never evidence"},
	{Name: DataBytes, Title: "Data size", Quantity: Bytes, Role: RoleArithmetic, Better: -1, Exact: true, Floor: 0,
		Help: "size of the data by arithmetic: for orientation, never evidence"},
	{Name: MaxAbsErr, Title: "Largest error", Quantity: Count, Role: RoleQuality, Leads: true, Better: -1, Exact: true, FloorAbs: 0.001,
		Help: "largest difference of an output from what it should be, over all test examples; of probabilities, less than 0.001 is the same"},
	{Name: Accuracy, Title: "Accuracy", Quantity: Share, Role: RoleQuality, Leads: true, Better: +1, Exact: true, FloorAbs: 0.005,
		Help: "share of the test examples that are predicted right; less than half a point is the same"},
	{Name: AccuracyMin, Title: "Accuracy, worst seed", Quantity: Share, Role: RoleQuality, Better: +1, Exact: true, FloorAbs: 0.005,
		Help: "of trainings from several first weights, the accuracy of the one that came out worst; accuracy is their mean"},
	{Name: AccuracyMax, Title: "Accuracy, best seed", Quantity: Share, Role: RoleQuality, Better: +1, Exact: true, FloorAbs: 0.005,
		Help: "the same of the one that came out best"},
	{Name: Loss, Title: "Loss", Quantity: Count, Role: RoleQuality, Leads: true, Better: -1, Exact: true, Floor: 0.01, FloorAbs: 0.001,
		Help: "mean loss over the test examples"},
}

// LookupUnit returns what is known of a unit. Of an unknown one it assumes what the Go
// benchmark format does: less is better, and its noise is that of time.
func LookupUnit(name string) Unit {
	for _, u := range units {
		if u.Name == name {
			return u
		}
	}
	return Unit{Name: name, Title: name, Quantity: Count, Better: -1, Floor: 0.05}
}

// CompareUnits orders the names of units as reports show them; unknown ones come last, by name.
func CompareUnits(a, b string) int {
	return cmp.Or(cmp.Compare(unitOrder(a), unitOrder(b)), cmp.Compare(a, b))
}

// unitOrder is the place of a unit in a report; unknown ones come last.
func unitOrder(name string) int {
	for i, u := range units {
		if u.Name == name {
			return i
		}
	}
	return len(units)
}

// Leads returns the units that stand for the given roles, in the order of the roles and then of
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
