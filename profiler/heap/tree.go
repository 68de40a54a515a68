package heap

// stacks are the samples of a profile as paths of functions, outermost first. Neighbours share
// much of theirs, so that of each stack only what it does not share with the one before is kept.
type stacks struct {
	frames []int32  // the rests of all stacks, functions as indices in names
	start  []int    // of each rest in frames, and the end of the last
	common []int32  // how many frames each stack shares with the one before it
	sums   []Values // of all stacks before each, and of all
}

func newStacks(samples int) *stacks {
	return &stacks{
		frames: make([]int32, 0, 16*samples),
		start:  make([]int, 1, samples+1),
		common: make([]int32, 0, samples),
		sums:   make([]Values, 1, samples+1),
	}
}

// add adds a stack that shares its first frames with the last one.
func (s *stacks) add(common int, rest []int32, v Values) {
	s.frames = append(s.frames, rest...)
	s.start = append(s.start, len(s.frames))
	s.common = append(s.common, int32(common))
	v.Add(s.sums[len(s.sums)-1])
	s.sums = append(s.sums, v)
}

// total returns the values of a run of stacks.
func (s *stacks) total(from, to int) Values {
	v := s.sums[to]
	v.sub(s.sums[from])
	return v
}

// A run is a row of neighbours whose frames so far are the same, and lead to one node.
type run struct{ from, to, node int32 }

// A call goes from a node to a function.
type call struct{ node, function int32 }

// tree makes the tree of calls, parents before their children, without the paths that do not
// reach least: what those of one node hold together becomes a node Other. It goes inwards call
// by call with all stacks at once, and leaves a path as soon as it has become too small; so its
// cost is that of the large paths.
func (s *stacks) tree(least threshold) []Node {
	nodes := []Node{{Parent: -1, Function: Root, Values: s.sums[len(s.sums)-1]}}
	others := []Values{{}} // of each node, what its dropped children hold
	runs := []run{{0, int32(len(s.common)), 0}}
	for depth := int32(0); len(runs) > 0; depth++ {
		calls, parted := s.part(runs, depth)
		place := make([]int32, len(calls)) // of what a call leads to in nodes, or -1
		for i, c := range calls {
			if !c.values.reaches(least) {
				others[c.node].Add(c.values)
				place[i] = -1
				continue
			}
			place[i] = int32(len(nodes))
			nodes = append(nodes, Node{Parent: int(c.node), Function: int(c.function), Values: c.values})
			others = append(others, Values{})
		}
		runs = parted[:0]
		for _, r := range parted {
			if r.node = place[r.node]; r.node >= 0 {
				runs = append(runs, r)
			}
		}
	}
	for parent, v := range others {
		if v != (Values{}) {
			nodes = append(nodes, Node{Parent: parent, Function: Other, Values: v})
		}
	}
	return nodes
}

// A made call has the values of all stacks that make it.
type made struct {
	call
	values Values
}

// part parts runs by the calls that their stacks make at that depth, but for stacks that have
// ended there. The node of a returned run is an index in the returned calls.
func (s *stacks) part(runs []run, depth int32) (calls []made, parted []run) {
	index := map[call]int32{}
	for _, r := range runs {
		for from := r.from; from < r.to; {
			to := from + 1
			for to < r.to && s.common[to] > depth {
				to++
			}
			// It shares no more than depth frames with the stack before it: the two are in
			// different runs.
			if frame := s.start[from] + int(depth-s.common[from]); frame < s.start[from+1] {
				c := call{r.node, s.frames[frame]}
				at, known := index[c]
				if !known {
					at = int32(len(calls))
					index[c] = at
					calls = append(calls, made{call: c})
				}
				calls[at].values.Add(s.total(int(from), int(to)))
				parted = append(parted, run{from, to, at})
			}
			from = to
		}
	}
	return calls, parted
}
