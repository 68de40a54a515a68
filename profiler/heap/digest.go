package heap

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// A Digest is a heap profile added up, once and for all: by function, by path of calls, and
// by line of source. Its sums are exact.
type Digest struct {
	Types     []Type // that the profile has
	Samples   int
	Period    int64 // bytes between two samples, on average; 1 or less: every allocation is recorded
	Totals    Values
	Functions []Function // all, the largest first
	Nodes     []Node     // the tree of calls, parents before their children; the first is its root
	Lines     []Line     // where at least one total's thousandth passes, by function and line
}

// A Function is a row of a profile's table: Flat is what the function allocated itself, Cum
// what it and those that it called did, each allocation counted once however often the
// function recurs.
type Function struct {
	Name string `json:"name"`
	Flat Values `json:"flat"`
	Cum  Values `json:"cum"`
}

// A Node is a function at the end of one path of calls. Its values are of the path and all
// that it leads to; what its children do not make up is its own.
type Node struct {
	Parent   int // index in Nodes; of the root -1
	Function int // index in Functions, or one of Root and Other
	Values   Values
}

// Functions of nodes that stand for no function.
const (
	Root  = -1 // all stacks
	Other = -2 // paths that are too small to be kept one by one
)

// A Line is one line of source in a profile, as a Function is.
type Line struct {
	Function int    // index in Functions
	File     string // its name without folders
	Line     int
	Flat     Values
	Cum      Values
}

// maxFrames bounds a stack with all calls that were inlined into its locations.
const maxFrames = 4096

// smallest is the part of a total under which a path is not kept on its own.
const smallest = 0.001

// NewDigest adds a heap profile up, and changes it on the way. The error is a Fault.
func NewDigest(prof *profile.Profile) (*Digest, error) {
	columns, err := newColumns(prof)
	if err != nil {
		return nil, err
	}
	d := &Digest{Types: columns.present(), Samples: len(prof.Sample), Period: prof.Period}
	normalize(prof)
	names := newNames(prof)
	sums, stacks := newSums(names), newStacks(len(prof.Sample))
	var last []*profile.Location
	var inner []int32
	churn := true // nothing is in use that was not allocated
	for _, sample := range prof.Sample {
		v, err := columns.values(sample)
		if err != nil {
			return nil, err
		}
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
			return nil, Fault(fmt.Sprintf("has a stack of %d frames with those that were inlined, over the limit of %d", deep, maxFrames))
		}
		sums.add(v)
		stacks.add(frames, inner, v)
	}
	sums.pop(0)
	if !churn {
		d.Types = slices.DeleteFunc(d.Types, func(t Type) bool { return t == ChurnSpace || t == ChurnObjects })
	}
	least := newThreshold(d.Totals, smallest)
	d.Nodes = stacks.tree(least)
	place := d.addFunctions(sums)
	d.addLines(sums, place, least)
	return d, nil
}

// normalize numbers locations from 1, which producers need not, such as those that number by
// address; and it gives samples without a stack one.
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

// commonCalls is how many of their outermost locations two stacks have in common. Stacks have
// the innermost call first.
func commonCalls(a, b []*profile.Location) int {
	n := 0
	for n < len(a) && n < len(b) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return n
}

// over reports whether any of the values exceeds a bound.
func (v Values) over(bound int64) bool {
	return max(v.AllocObjects, v.AllocSpace, v.InuseObjects, v.InuseSpace) > bound
}

// addFunctions fills in the table of functions, has the tree point into it, and returns where
// in it each name stands.
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
		d.Functions = append(d.Functions, Function{Name: s.names.functions[i], Flat: s.functions[i].flat, Cum: s.functions[i].cum})
	}
	for i := range d.Nodes {
		if node := &d.Nodes[i]; node.Function >= 0 {
			node.Function = place[node.Function]
		}
	}
	return place
}

// addLines lists the lines that matter.
func (d *Digest) addLines(s *sums, place []int, least threshold) {
	for i, sum := range s.lines {
		if at := s.names.lines[i]; at.number > 0 && sum.cum.reaches(least) {
			d.Lines = append(d.Lines, Line{Function: place[at.function], File: at.file, Line: int(at.number), Flat: sum.flat, Cum: sum.cum})
		}
	}
	slices.SortFunc(d.Lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(a.Function, b.Function), strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
}
