package child

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"heaplab/profiler"
)

// A CommandSpec is a command that a warden runs and watches instead of a process that does a job.
type CommandSpec struct {
	Argv     []string
	Dir      string
	Env      []string
	Untraced bool // see Command
	GCTrace  bool // read the garbage collector's trace on its standard error
}

// runCommand is the main function of a warden that watches a command. The end of in is the word to
// stop everything.
func runCommand(in io.Reader, o order) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, in)
		cancel()
	}()
	a, err := measureCommand(ctx, *o.Command, o.Config.MemoryLimit)
	endChildren()
	if ctx.Err() != nil {
		os.Exit(1)
	}
	if err != nil {
		a = Answer{Error: err.Error()}
	}
	env := machine()
	if a.Environment != nil {
		env["peak"] = a.Environment["peak"]
	}
	a.Environment = env
	if err := answer(a); err != nil {
		fmt.Fprintln(os.Stderr, "answer:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// measureCommand runs a command to its end and returns what was measured of it. A command that
// fails is an error.
func measureCommand(ctx context.Context, spec CommandSpec, memoryLimit int64) (Answer, error) {
	c := Command{Argv: spec.Argv, Dir: spec.Dir, Env: spec.Env, Stdout: os.Stdout, Stderr: os.Stderr, MemoryLimit: memoryLimit, Untraced: spec.Untraced}
	var trace *gcTrace
	if spec.GCTrace {
		var err error
		if trace, err = newGCTrace(os.Stderr); err != nil {
			return Answer{}, err
		}
		c.Stderr = trace.in
	}
	seen, err := Watch(ctx, c)
	var collected []profiler.Measurement
	if trace != nil {
		endChildren() // nobody else may hold the trace's pipe
		collected = trace.end()
	}
	if err != nil {
		var missing *exec.Error
		if errors.As(err, &missing) {
			return Answer{}, missing
		}
		return Answer{}, err
	}
	switch status := seen.Status; {
	case seen.OverLimit:
		return Answer{}, fmt.Errorf("it needed more memory than its limit of %d MiB", memoryLimit>>20)
	case status.Signaled():
		return Answer{}, fmt.Errorf("it was killed by a signal (%v)", status.Signal())
	case status.ExitStatus() != 0:
		return Answer{}, fmt.Errorf("it ended with exit status %d", status.ExitStatus())
	}
	return Answer{
		Calls:        1,
		Measurements: append(commandMeasurements(seen), collected...),
		Timeline:     commandTimeline(seen),
		Environment:  profiler.Environment{"peak": peakKnown(seen)},
	}, nil
}

// peakKnown says how well the peak of resident memory is known: "known" if it is exact, or cannot be
// more than a hundredth or 2 MiB higher, which a shell in front of a command takes; otherwise
// "bounded" or "sampled", see How.
func peakKnown(seen Observed) string {
	slack := max(seen.PeakRSS/100, 2<<20)
	if seen.How == Exact || seen.How == Bounded && seen.AtMost-seen.PeakRSS <= slack {
		return "known"
	}
	return string(seen.How)
}

func commandMeasurements(seen Observed) []profiler.Measurement {
	return []profiler.Measurement{
		{Unit: profiler.WallTime, Value: float64(seen.Wall)},
		{Unit: profiler.UserTime, Value: float64(seen.User)},
		{Unit: profiler.SystemTime, Value: float64(seen.System)},
		{Unit: profiler.PeakRSS, Value: float64(seen.PeakRSS)},
		{Unit: profiler.PeakAnon, Value: float64(seen.PeakAnon)},
		{Unit: profiler.PeakFile, Value: float64(seen.PeakFile)},
		{Unit: profiler.MinorFaults, Value: float64(seen.MinorFaults)},
		{Unit: profiler.MajorFaults, Value: float64(seen.MajorFaults)},
	}
}

// commandTimeline has resident memory only: nothing is known of a command's heap.
func commandTimeline(seen Observed) *profiler.Timeline {
	moments := make([]moment, len(seen.Timeline))
	for i, s := range seen.Timeline {
		moments[i] = moment{at: s.At, anon: s.Anon, file: s.File}
	}
	if len(moments) == 0 {
		return nil
	}
	t := newTimeline(moments)
	t.Heap, t.Live = nil, nil
	t.Ops = 1
	t.Mark = t.T[len(t.T)-1]
	if n := len(moments) - 1; n > 0 {
		t.Interval = (moments[n].at - moments[0].at) / time.Duration(n)
	}
	if seen.Wall > 0 {
		t.Cost = seen.Sampling.Seconds() / seen.Wall.Seconds()
	}
	return t
}

// A gcTrace reads the lines that GODEBUG=gctrace=1 has a Go program write to its standard error,
// and passes all others on. See the documentation of package runtime.
type gcTrace struct {
	in     *os.File // for the command to write to
	cycles int
	live   int64   // highest, in MiB
	cpu    float64 // milliseconds
	done   chan struct{}
}

func newGCTrace(rest io.Writer) (*gcTrace, error) {
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(int(out.Fd()))
	t := &gcTrace{in: in, done: make(chan struct{})}
	go func() {
		defer close(t.done)
		defer out.Close()
		lines := bufio.NewReaderSize(out, 64<<10)
		for {
			line, err := lines.ReadString('\n')
			if line != "" && !t.take(line) {
				_, _ = io.WriteString(rest, line)
			}
			if err != nil {
				return
			}
		}
	}()
	return t, nil
}

// take reads a line such as
//
//	gc 7 @0.044s 4%: 0.02+1.1+0.003 ms clock, 0.05+0.3/0.9/0+0.006 ms cpu, 7->8->5 MB, 8 MB goal, 0 MB stacks, 0 MB globals, 2 P
//
// and reports whether it is one. The time of idle workers, the third of the four marking times, is
// not counted.
func (t *gcTrace) take(line string) bool {
	var n int
	var at, share, clock string
	var sweep, assist, background, idle, end float64
	var before, after, live int64
	read, _ := fmt.Sscanf(line, "gc %d %s %s %s ms clock, %f+%f/%f/%f+%f ms cpu, %d->%d->%d MB",
		&n, &at, &share, &clock, &sweep, &assist, &background, &idle, &end, &before, &after, &live)
	if read < 12 {
		return false
	}
	t.cycles++
	t.live = max(t.live, live)
	t.cpu += sweep + assist + background + end
	return true
}

// end returns what the trace came to. The command and its descendants must have ended.
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
