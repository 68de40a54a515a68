package child

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"strconv"
	"time"

	"heaplab/profiler"
)

// A CommandSpec is a command that a warden runs and watches instead of a job.
type CommandSpec struct {
	Argv     []string
	Dir      string
	Env      [][]byte // not always UTF-8, which a string in JSON would have to be
	Untraced bool     // see Command
	GCTrace  bool     // read the Go runtime's gctrace lines on standard error
}

// runCommand is the main function of a warden that watches a command. It stops everything when in ends.
func runCommand(in io.Reader, o order) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, in)
		cancel()
	}()
	a, err := measureCommand(ctx, *o.Command, o.Config.MemoryLimit)
	killChildren()
	if ctx.Err() != nil {
		os.Exit(1)
	}
	if err == nil {
		err = a.check()
	}
	if err != nil {
		a = Answer{Error: err.Error()}
	}
	env := machine()
	maps.Copy(env, a.Environment)
	a.Environment = env
	exitWithAnswer(a)
}

// measureCommand runs a command until it ends and returns its measurements. A command that fails is an
// error.
func measureCommand(ctx context.Context, spec CommandSpec, memoryLimit int64) (Answer, error) {
	env := make([]string, len(spec.Env))
	for i, v := range spec.Env {
		env[i] = string(v)
	}
	c := Command{Argv: spec.Argv, Dir: spec.Dir, Env: env, Stdout: os.Stdout, Stderr: os.Stderr, MemoryLimit: memoryLimit, Untraced: spec.Untraced}
	var trace *gcTrace
	if spec.GCTrace {
		var err error
		if trace, err = newGCTrace(os.Stderr); err != nil {
			return Answer{}, err
		}
		c.Stderr = trace.in
	}
	seen, err := Watch(ctx, c)
	var collections []profiler.Measurement
	if trace != nil {
		killChildren() // no other process may hold the trace's pipe open
		collections = trace.end()
	}
	if err != nil {
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
		Measurements: append(commandMeasurements(seen), collections...),
		Timeline:     commandTimeline(seen),
		Environment:  accuracy(seen),
	}, nil
}

// accuracy says how well the memory of a command is known. "peak" is the result of peakKnown. If it is
// bounded, "peak-at-most" is the bound in bytes. "parts" is "known" or "sampled": it is about PeakAnon and
// PeakFile.
func accuracy(seen Observation) profiler.Environment {
	env := profiler.Environment{"peak": peakKnown(seen), "parts": "known"}
	if env["peak"] == string(Bounded) {
		env["peak-at-most"] = strconv.FormatInt(seen.AtMost, 10)
	}
	if env["peak"] != "known" || seen.Unseen > slack(seen) {
		env["parts"] = string(Sampled)
	}
	return env
}

// slack returns how far a peak may be too low and still count as known: 1% or 2 MiB. 2 MiB is the memory
// of a shell that starts a command.
func slack(seen Observation) int64 { return max(seen.PeakRSS/100, 2<<20) }

// peakKnown says how well the peak of resident memory is known. It returns "known" if the peak is exact,
// or can be higher only by the slack. Otherwise it returns the Accuracy.
func peakKnown(seen Observation) string {
	if seen.Accuracy == Exact || seen.Accuracy == Bounded && seen.AtMost-seen.PeakRSS <= slack(seen) {
		return "known"
	}
	return string(seen.Accuracy)
}

// commandMeasurements returns the values of an observation by unit.
func commandMeasurements(seen Observation) []profiler.Measurement {
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

// commandTimeline returns the timeline of a command, or nil if it has no samples. The timeline has
// resident memory only, because the command's heap is not known.
func commandTimeline(seen Observation) *profiler.Timeline {
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
