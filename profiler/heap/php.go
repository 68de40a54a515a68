package heap

import (
	"encoding/binary"
	"fmt"

	"github.com/google/pprof/profile"
)

// phpSection begins the stacks of php-memprof, which come after symbols. They are in the binary format of
// gperftools' CPU profiles (https://gperftools.github.io/gperftools/cpuprofile-fileformat.html), with bytes in
// use instead of counts and without a sampling period.
const phpSection = "--- profile"

// readPHP reads the stacks behind phpSection: words of 64 bits. Each stack is a size, a depth and its
// addresses, innermost first. The error is a Fault.
func (r *textReader) readPHP(content []byte) (*profile.Profile, error) {
	next := func() (word uint64, ok bool) {
		if len(content) < 8 {
			return 0, false
		}
		word, content = binary.LittleEndian.Uint64(content), content[8:]
		return word, true
	}
	const ended = Fault("ends early: the upload or the copy is incomplete")
	for i, want := range []uint64{0, 3, 0, 0, 0} { // words of the header, their number, the version, the period, and padding
		switch got, ok := next(); {
		case !ok:
			return nil, ended
		case got != want:
			return nil, Fault(fmt.Sprintf("has symbols and stacks that are not of php-memprof, but probably of a CPU profile (word %d is not %d). %s", i, want, formatsRead))
		}
	}
	r.Period = everyAllocation
	for len(content) > 0 {
		size, _ := next()
		depth, ok := next()
		switch {
		case !ok || depth > uint64(len(content)/8):
			return nil, ended
		case depth > uint64(r.limits.Depth):
			return nil, tooDeep(int(depth), r.limits)
		case size > maxTotal:
			return nil, Fault("has a size that is larger than any memory")
		}
		stack := make([]*profile.Location, depth)
		for i := range stack {
			address, _ := next()
			name := r.symbols[address]
			if name == "" {
				return nil, Fault("has a stack with an address without a name")
			}
			loc, err := r.location(name, "", 0)
			if err != nil {
				return nil, err
			}
			stack[i] = loc
		}
		if err := r.add(stack, int64(size)); err != nil {
			return nil, err
		}
	}
	return r.Profile, nil
}
