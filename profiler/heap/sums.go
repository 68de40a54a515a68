package heap

// A sum holds the values of a function or line, without and with the functions that it calls.
type sum struct{ flat, cum estimate }

// sums adds up samples by function and by line. It keeps the last stack, because neighbouring
// stacks share most of their frames: shared frames get their values once, when they are popped.
type sums struct {
	names     *names
	functions []sum
	lines     []sum

	stack           []pending // outermost first
	functionsOnPath []int32   // how often each function is on the stack
	linesOnPath     []int32
}

// A pending location is on the stack. sum is that of the samples added since it was pushed.
type pending struct {
	location uint64
	outside  int // number of frames outside the location
	sum      estimate
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

// depth returns the number of frames on the stack.
func (s *sums) depth() int {
	if len(s.stack) == 0 {
		return 0
	}
	last := s.stack[len(s.stack)-1]
	return last.outside + len(s.names.frames[last.location])
}

// add adds a sample that has the current stack.
func (s *sums) add(v estimate) {
	if len(s.stack) == 0 {
		return
	}
	innermost := &s.stack[len(s.stack)-1]
	innermost.sum.add(v)
	frames := s.names.frames[innermost.location]
	f := frames[len(frames)-1]
	s.functions[f.function].flat.add(v)
	s.lines[f.line].flat.add(v)
}

// pop removes locations from the stack until depth of them are left. If a function or line
// recurs, only its outermost call adds to its cumulative sum.
func (s *sums) pop(depth int) {
	for len(s.stack) > depth {
		last := s.stack[len(s.stack)-1]
		s.stack = s.stack[:len(s.stack)-1]
		for _, f := range s.names.frames[last.location] {
			if s.functionsOnPath[f.function]--; s.functionsOnPath[f.function] == 0 {
				s.functions[f.function].cum.add(last.sum)
			}
			if s.linesOnPath[f.line]--; s.linesOnPath[f.line] == 0 {
				s.lines[f.line].cum.add(last.sum)
			}
		}
		if len(s.stack) > 0 {
			s.stack[len(s.stack)-1].sum.add(last.sum)
		}
	}
}
