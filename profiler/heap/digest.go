package heap

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/pprof/profile"
)

// A Digest is a heap profile summed by function, by call path and by source line. Its sums are
// exact.
type Digest struct {
	Types       []Type    // the types that the profile has
	DefaultType Type      // the one that its producer shows first, or ""
	TypeNames   TypeNames // in the file; nil if all are those of Go
	Samples     int
	Period      int64         // mean bytes between two samples; 1: every allocation is recorded; 0: not known
	Odd         int           // negative values that count as 0
	Growth      *Growth       // of a profile that covers a time, such as heap?seconds=30; nil if it is of all memory
	Time        int64         // when it was written, in nanoseconds since 1970; 0 if it does not say
	Duration    time.Duration // that it covers; 0 if it does not say
	Process     string        // equal in two profiles of one process, see process; or ""
	Labels      []string      // keys of the labels of samples
	Totals      Values
	Error       Errors     // of the totals
	Functions   []Function // all functions, largest first
	Nodes       []Node     // the call tree, parents before children; the first is the root
	Lines       []Line     // lines with at least 0.1% of a total, sorted by function and line
}

// A Function is a row of a profile's function table. Flat is what the function allocated itself;
// Cum includes the functions that it called. Each allocation counts once, even if the function
// recurs.
type Function struct {
	Name string `json:"name"`
	File string `json:"-"` // path of its source file; "" if unknown
	Flat Values `json:"flat"`
	Cum  Values `json:"cum"`

	FlatError Errors `json:"flat_error,omitzero" doc:"twice the standard deviation that sampling gives to each value; missing if there is none"`
	CumError  Errors `json:"cum_error,omitzero"`

	StartLine int `json:"-"` // line of the declaration; 0 if unknown
}

// A Node is the function at the end of a call path. Its values include those of its children; the
// rest is its own.
type Node struct {
	Parent   int // index in Nodes; -1 for the root
	Function int // index in Functions, or one of Root and Other
	Values   Values
	Error    Errors
}

// Values of Node.Function for nodes that are not a function.
const (
	Root  = -1 // all stacks
	Other = -2 // the sum of paths that are too small to keep
)

// A Line is a source line in a profile. Flat and Cum are like those of a Function.
type Line struct {
	Function int    // index in Functions
	File     string // file name without folders
	Line     int
	Flat     Values
	Cum      Values
}

// maxFrames limits the frames of a stack, including inlined calls.
const maxFrames = 4096

// smallest is the share of each total below which a path is not kept.
const smallest = 0.001

// NewDigest sums a heap profile. It changes prof. The error is a Fault.
func NewDigest(prof *profile.Profile) (*Digest, error) {
	columns, err := newColumns(prof)
	if err != nil {
		return nil, err
	}
	growth, odd, err := columns.takeNegatives(prof)
	if err != nil {
		return nil, err
	}
	d := &Digest{
		Types: columns.present(), DefaultType: columns.standard(prof), TypeNames: columns.names,
		Samples: len(prof.Sample), Period: samplingPeriod(prof), Odd: odd, Growth: growth,
		Time: max(prof.TimeNanos, 0), Duration: time.Duration(max(prof.DurationNanos, 0)), Process: process(prof), Labels: labels(prof),
	}
	prof = dropFrames(prof)
	normalize(prof)
	names := newNames(prof)
	sums, stacks := newSums(names), newStacks(len(prof.Sample))
	var last []*profile.Location
	var inner []int32
	churn := true // no sample has more in use than it allocated
	for _, sample := range prof.Sample {
		v, err := columns.values(sample)
		if err != nil {
			return nil, err
		}
		v = v.nonNegative()
		churn = churn && v.AllocSpace >= v.InuseSpace && v.AllocObjects >= v.InuseObjects
		if d.Totals.Add(v); d.Totals.over(maxTotal) {
			return nil, Fault("adds up to more than any memory holds")
		}
		shared := commonCalls(last, sample.Location)
		last = sample.Location
		sums.pop(shared)
		frames := sums.depth()
		inner = inner[:0]
		for _, loc := range slices.Backward(last[:len(last)-shared]) {
			sums.push(loc.ID)
			for _, f := range names.frames[loc.ID] {
				inner = append(inner, f.function)
			}
		}
		if deep := frames + len(inner); deep > maxFrames {
			return nil, Fault(fmt.Sprintf("has a stack of %d frames including inlined calls, over the limit of %d", deep, maxFrames))
		}
		e := newEstimate(v, d.Period)
		sums.add(e)
		stacks.add(frames, inner, e)
	}
	sums.pop(0)
	if !churn {
		d.Types = slices.DeleteFunc(d.Types, func(t Type) bool { return t == ChurnSpace || t == ChurnObjects })
	}
	least := newThreshold(d.Totals, smallest)
	d.Nodes = stacks.tree(least)
	d.Error = d.Nodes[0].Error
	place := d.addFunctions(sums)
	d.addLines(sums, place, least)
	return d, nil
}

// dropFrames returns a profile without the frames that the producer calls uninteresting, such as those of
// an allocator, as pprof does. It keeps all frames if the producer's pattern is invalid.
func dropFrames(prof *profile.Profile) *profile.Profile {
	if prof.DropFrames == "" || len(prof.Function) == 0 || prof.RemoveUninteresting() != nil {
		return prof
	}
	return prof.Compact() // without the functions of these frames
}

// normalize numbers locations from 1, because some producers use addresses as ids. It gives
// samples without a stack a stack of one frame.
func normalize(prof *profile.Profile) {
	none := &profile.Location{Line: []profile.Line{{Function: &profile.Function{Name: "(no stack)"}}}}
	missing := false
	for _, sample := range prof.Sample {
		if len(sample.Location) == 0 {
			sample.Location = []*profile.Location{none}
			missing = true
		}
	}
	if missing {
		prof.Location = append(prof.Location, none)
	}
	for i, loc := range prof.Location {
		loc.ID = uint64(i + 1)
	}
}

// commonCalls returns how many outermost locations two stacks share. Stacks begin with the
// innermost call.
func commonCalls(a, b []*profile.Location) int {
	n := 0
	for n < len(a) && n < len(b) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return n
}

// over reports whether any value exceeds bound.
func (v Values) over(bound int64) bool {
	return max(v.AllocObjects, v.AllocSpace, v.InuseObjects, v.InuseSpace) > bound
}

// addFunctions fills the function table, makes the tree refer to it, and returns the index in it
// of each name.
func (d *Digest) addFunctions(s *sums) (place []int) {
	byWeight := make([]int, len(s.functions))
	for i := range byWeight {
		byWeight[i] = i
	}
	slices.SortFunc(byWeight, func(i, j int) int {
		a, b := s.functions[i], s.functions[j]
		return cmp.Or(
			cmp.Compare(b.flat.weight(), a.flat.weight()),
			cmp.Compare(b.cum.weight(), a.cum.weight()),
			strings.Compare(s.names.functions[i], s.names.functions[j]),
		)
	})
	place = make([]int, len(byWeight))
	for at, i := range byWeight {
		place[i] = at
		sum := &s.functions[i]
		d.Functions = append(d.Functions, Function{
			Name: s.names.functions[i], File: s.names.files[i], Flat: sum.flat.Values, Cum: sum.cum.Values, FlatError: sum.flat.errors(), CumError: sum.cum.errors(),
			StartLine: int(s.names.startLines[i]),
		})
	}
	for i := range d.Nodes {
		if node := &d.Nodes[i]; node.Function >= 0 {
			node.Function = place[node.Function]
		}
	}
	return place
}

// addLines adds the lines that reach least.
func (d *Digest) addLines(s *sums, place []int, least threshold) {
	for i, sum := range s.lines {
		if at := s.names.lines[i]; at.number > 0 && sum.cum.reaches(least) {
			d.Lines = append(d.Lines, Line{Function: place[at.function], File: at.file, Line: int(at.number), Flat: sum.flat.Values, Cum: sum.cum.Values})
		}
	}
	slices.SortFunc(d.Lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(a.Function, b.Function), strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
}
