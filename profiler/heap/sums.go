package heap

// A sum is what a function or line allocates itself, and with what it calls.
type sum struct{ flat, cum Values }

// sums adds up by function and by line. It keeps the stack that was added last, for neighbours
// share most of theirs: what they have in common is added once, when they part.
type sums struct {
	names     *names
	functions []sum
	lines     []sum

	stack           []pending // outermost first
	functionsOnPath []int32   // how often each is on the stack
	linesOnPath     []int32
}

// A pending location is on the stack; its values are of the samples added since it came there.
type pending struct {
	location uint64
	outside  int // frames of the locations before it
	values   Values
}

func newSums(n *names) *sums {
	return &sums{
		names:     n,
		functions: make([]sum, len(n.functions)), functionsOnPath: make([]int32, len(n.functions)),
		lines: make([]sum, len(n.lines)), linesOnPath: make([]int32, len(n.lines)),
	}
}

func (s *sums) push(location uint64) {
	s.stack = append(s.stack, pending{location: location, outside: s.depth()})
	for _, f := range s.names.frames[location] {
		s.functionsOnPath[f.function]++
		s.linesOnPath[f.line]++
	}
}

// depth is how many frames the stack has.
func (s *sums) depth() int {
	if len(s.stack) == 0 {
		return 0
	}
	last := s.stack[len(s.stack)-1]
	return last.outside + len(s.names.frames[last.location])
}

// add adds the values of a sample with the stack as it is.
func (s *sums) add(v Values) {
	if len(s.stack) == 0 {
		return
	}
	innermost := &s.stack[len(s.stack)-1]
	innermost.values.Add(v)
	frames := s.names.frames[innermost.location]
	f := frames[len(frames)-1]
	s.functions[f.function].flat.Add(v)
	s.lines[f.line].flat.Add(v)
}

// pop takes locations off the stack until depth of them are left. Of a function or line that
// recurs, only its outermost call adds to its cumulative sum.
func (s *sums) pop(depth int) {
	for len(s.stack) > depth {
		last := s.stack[len(s.stack)-1]
		s.stack = s.stack[:len(s.stack)-1]
		for _, f := range s.names.frames[last.location] {
			if s.functionsOnPath[f.function]--; s.functionsOnPath[f.function] == 0 {
				s.functions[f.function].cum.Add(last.values)
			}
			if s.linesOnPath[f.line]--; s.linesOnPath[f.line] == 0 {
				s.lines[f.line].cum.Add(last.values)
			}
		}
		if len(s.stack) > 0 {
			s.stack[len(s.stack)-1].values.Add(last.values)
		}
	}
}
