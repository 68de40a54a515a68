package heap

// stacks holds the samples of a profile as paths of functions, outermost first. Neighbouring stacks
// share many frames, so each stack keeps only the frames that it does not share with the one before.
type stacks struct {
	frames []int32    // the frames of all stacks that are not shared; functions are indices in names
	start  []int      // where each stack starts in frames, and where the last one ends
	common []int32    // how many frames each stack shares with the one before it
	sums   []estimate // the sum of all stacks before each one, and the sum of all
}

func newStacks(samples int) *stacks {
	return &stacks{
		frames: make([]int32, 0, 16*samples),
		start:  make([]int, 1, samples+1),
		common: make([]int32, 0, samples),
		sums:   make([]estimate, 1, samples+1),
	}
}

// add adds a stack that shares its first common frames with the last one.
func (s *stacks) add(common int, rest []int32, v estimate) {
	s.frames = append(s.frames, rest...)
	s.start = append(s.start, len(s.frames))
	s.common = append(s.common, int32(common))
	v.add(s.sums[len(s.sums)-1])
	s.sums = append(s.sums, v)
}

// total returns the sum of the stacks from index from up to, but not including, index to.
func (s *stacks) total(from, to int) estimate {
	v := s.sums[to]
	v.sub(s.sums[from])
	return v
}

// A run is a range of neighbouring stacks that have the same frames so far and end at one node.
type run struct{ from, to, node int32 }

// A call goes from a node to a function.
type call struct{ node, function int32 }

// tree returns the call tree, parents before children. Paths that do not reach least are dropped;
// the dropped children of a node are summed in a node Other. All stacks are followed together, one
// call at a time, and a path is dropped as soon as it is too small. So small paths cost little.
func (s *stacks) tree(least threshold) []Node {
	nodes := []Node{{Parent: -1, Function: Root, Values: s.sums[len(s.sums)-1].Values, Error: s.sums[len(s.sums)-1].errors()}}
	others := []estimate{{}} // the sum of each node's dropped children
	runs := []run{{0, int32(len(s.common)), 0}}
	for depth := int32(0); len(runs) > 0; depth++ {
		calls, split := s.split(runs, depth)
		place := make([]int32, len(calls)) // index in nodes of each call's callee, or -1
		for i, c := range calls {
			if !c.sum.reaches(least) {
				others[c.node].add(c.sum)
				place[i] = -1
				continue
			}
			place[i] = int32(len(nodes))
			nodes = append(nodes, Node{Parent: int(c.node), Function: int(c.function), Values: c.sum.Values, Error: c.sum.errors()})
			others = append(others, estimate{})
		}
		runs = split[:0]
		for _, r := range split {
			if r.node = place[r.node]; r.node >= 0 {
				runs = append(runs, r)
			}
		}
	}
	for parent, sum := range others {
		if sum.Values != (Values{}) {
			nodes = append(nodes, Node{Parent: parent, Function: Other, Values: sum.Values, Error: sum.errors()})
		}
	}
	return nodes
}

// A callSum is a call with the sum of all stacks that contain it.
type callSum struct {
	call
	sum estimate
}

// split splits runs by the call that their stacks make at depth. It leaves out stacks that end
// there. The node of a returned run is an index in the returned calls.
func (s *stacks) split(runs []run, depth int32) (calls []callSum, split []run) {
	index := map[call]int32{}
	for _, r := range runs {
		for from := r.from; from < r.to; {
			to := from + 1
			for to < r.to && s.common[to] > depth {
				to++
			}
			// The stack before this one is in another run. So the two share at most depth frames,
			// and this one stores its frame at depth.
			if frame := s.start[from] + int(depth-s.common[from]); frame < s.start[from+1] {
				c := call{r.node, s.frames[frame]}
				at, known := index[c]
				if !known {
					at = int32(len(calls))
					index[c] = at
					calls = append(calls, callSum{call: c})
				}
				calls[at].sum.add(s.total(int(from), int(to)))
				split = append(split, run{from, to, at})
			}
			from = to
		}
	}
	return calls, split
}
