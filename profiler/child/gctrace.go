package child

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"heaplab/profiler"
)

// A gcTrace reads the lines that a Go program with GODEBUG=gctrace=1 writes to standard error, and passes
// on all other output. See the documentation of package runtime.
type gcTrace struct {
	in     *os.File // standard error of the command
	cycles int
	live   int64   // highest, in MiB
	cpu    float64 // milliseconds
	done   chan struct{}
}

// newGCTrace starts to read a trace. It writes all other output to rest.
func newGCTrace(rest io.Writer) (*gcTrace, error) {
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	t := &gcTrace{in: in, done: make(chan struct{})}
	go func() {
		defer close(t.done)
		defer out.Close()
		t.read(out, rest)
	}()
	return t, nil
}

// read reads lines until out ends. It passes on a line that is longer than its buffer in pieces.
func (t *gcTrace) read(out io.Reader, rest io.Writer) {
	lines := bufio.NewReaderSize(out, 64<<10)
	for {
		line, err := lines.ReadSlice('\n')
		if len(line) > 0 && !t.parse(string(line)) {
			_, _ = rest.Write(line)
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

// Limits of the values in a line: 1 TiB, and 30 years in milliseconds. A line beyond them is not the
// runtime's.
const (
	maxTraceLive = 1 << 20
	maxTraceTime = 1e12
)

// parse adds the values of a line such as
//
//	gc 7 @0.044s 4%: 0.02+1.1+0.003 ms clock, 0.05+0.3/0.9/0+0.006 ms cpu, 7->8->5 MB, 8 MB goal, 0 MB stacks, 0 MB globals, 2 P
//
// and reports whether the line is one. It ignores the third marking time, that of idle workers.
func (t *gcTrace) parse(line string) bool {
	var n int
	var at, share, clock string
	var sweep, assist, background, idle, end float64
	var before, after, live int64
	read, _ := fmt.Sscanf(line, "gc %d %s %s %s ms clock, %f+%f/%f/%f+%f ms cpu, %d->%d->%d MB",
		&n, &at, &share, &clock, &sweep, &assist, &background, &idle, &end, &before, &after, &live)
	if read < 12 || before < 0 || after < 0 || live < 0 || live > maxTraceLive {
		return false
	}
	for _, ms := range []float64{sweep, assist, background, idle, end} {
		if !(ms >= 0 && ms <= maxTraceTime) { // or NaN
			return false
		}
	}
	t.cycles++
	t.live = max(t.live, live)
	t.cpu += sweep + assist + background + end
	return true
}

// end returns the measurements, or nil if there was no collection. The command and its descendants must
// have ended.
func (t *gcTrace) end() []profiler.Measurement {
	t.in.Close()
	<-t.done
	if t.cycles == 0 {
		return nil
	}
	return []profiler.Measurement{
		{Unit: profiler.Collections, Value: float64(t.cycles)},
		{Unit: profiler.TraceLive, Value: float64(t.live << 20)},
		{Unit: profiler.GCCPU, Value: t.cpu / 1e3},
	}
}
