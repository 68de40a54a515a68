package profiler

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"runtime/pprof"
	"sync"
	"time"
)

// A Spec is what the parent asks of a child; it comes on the child's standard input.
type Spec struct {
	Task
	Case   string
	Params Params
	Config Config
	Calls  int64 // operations that an allocs child runs at the most
}

// An answer is what a child tells its parent, as one JSON document on file descriptor 3.
// Standard output and standard error are the case's own.
type answer struct {
	Error        string // the child's own account of why it failed
	Calls        int64
	Measurements []Measurement
	SelfCheck    *SelfCheck
	Fit          *Fit
	Summary      *Summary // of the profile in profileFile
}

const (
	answerFd    = 3
	profileFile = "heap.pb.gz" // in the child's private folder, its working directory

	// allocsBudget bounds the measured window of an allocs child: recording every
	// allocation makes code that allocates much in small pieces up to 50 times slower.
	allocsBudget = 5 * time.Second

	// dataHeadroom is what a child may hold beyond its memory limit: the runtime's own
	// data and the buckets of the profile.
	dataHeadroom = 64 << 20
)

// Child is the main function of a child process. It reads its Spec from standard input,
// measures, answers and exits. It exits at once when standard input ends, which is when
// the parent dies.
func Child(cases []Case) {
	in := bufio.NewReader(os.Stdin)
	var spec Spec
	line, err := in.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &spec)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "this sub-command is heaplab's own, for the processes that it measures:", err)
		os.Exit(2)
	}
	if err := limitMemory(spec.Config.MemoryLimit + dataHeadroom); err != nil {
		fmt.Fprintln(os.Stderr, "limit memory:", err)
		os.Exit(2)
	}
	go exitWithParent(in)

	a, err := measure(cases, spec)
	if err != nil {
		a.Error = err.Error()
	}
	out := os.NewFile(answerFd, "answer")
	if err := json.NewEncoder(out).Encode(a); err != nil {
		fmt.Fprintln(os.Stderr, "answer:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// exitWithParent ends the process when the parent's end of standard input is closed.
func exitWithParent(in io.Reader) {
	var b [1]byte
	for {
		if _, err := in.Read(b[:]); err != nil {
			os.Exit(1)
		}
	}
}

// measure does what spec asks for.
func measure(cases []Case, spec Spec) (answer, error) {
	c := Find(cases, spec.Case)
	if c == nil {
		return answer{}, fmt.Errorf("no case is named %q", spec.Case)
	}
	v := c.Variant(spec.Variant)
	if v == nil {
		return answer{}, fmt.Errorf("case %s has no variant %q", c.Name, spec.Variant)
	}
	p, faults := c.Resolve(spec.Params)
	if faults != nil {
		return answer{}, faults
	}
	switch spec.Kind {
	case Measure:
		return measureOps(v, p, spec.Config)
	case Allocs:
		return profileAllocs(v, p, spec.Calls)
	case Peak:
		return profilePeak(v, p)
	case FitRun:
		return fit(v, p)
	}
	return answer{}, fmt.Errorf("no child is of kind %q", spec.Kind)
}

// errNoMark is a mistake of the case: nothing can be said of its peak.
var errNoMark = errors.New("the operation never called mark, so its peak is not known")

// profileAllocs records exactly what n operations allocate, warm-up and set-up left out.
// Heap profiles know nothing younger than the last collection but one, so a collection
// stands before the window and another before writing; and the profile is written at once,
// before anything else allocates. Its total then equals the runtime's own count of the
// window to the byte, which the self-check asserts.
func profileAllocs(v *Variant, p Params, n int64) (answer, error) {
	file, err := os.Create(profileFile)
	if err != nil {
		return answer{}, err
	}
	defer file.Close()
	work, err := v.Setup(p)
	if err != nil {
		return answer{}, fmt.Errorf("set up: %w", err)
	}
	if err := work.Op(unmarked); err != nil {
		return answer{}, fmt.Errorf("warm-up op: %w", err)
	}

	var before, after runtime.MemStats
	var calls int64
	startThreads(4 * runtime.GOMAXPROCS(0))
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	runtime.MemProfileRate = 1
	for calls < max(n, 1) && (calls == 0 || time.Since(start) < allocsBudget) {
		if err = work.Op(unmarked); err != nil {
			break
		}
		calls++
	}
	runtime.MemProfileRate = 0
	runtime.ReadMemStats(&after)
	runtime.GC()
	if werr := pprof.Lookup("allocs").WriteTo(file, 0); err == nil {
		err = werr
	}
	if err == nil {
		err = file.Close()
	}
	if err == nil {
		err = work.Close()
	}
	if err != nil {
		return answer{}, err
	}

	summary, err := summarizeFile(profileFile)
	if err != nil {
		return answer{}, err
	}
	counted := int64(after.TotalAlloc - before.TotalAlloc)
	return answer{
		Calls:   calls,
		Summary: summary,
		SelfCheck: &SelfCheck{
			Calls:      calls,
			TotalAlloc: counted,
			AllocSpace: summary.Totals.AllocSpace,
			OK:         counted == summary.Totals.AllocSpace,
		},
	}, nil
}

// startThreads has the runtime start n threads, which it keeps for when it needs one. What
// it allocates for a thread it does not always record: seen as 5,576 bytes that its own
// count held and the profile did not, whenever a thread started within the window.
func startThreads(n int) {
	var started, all sync.WaitGroup
	release := make(chan struct{})
	for range n {
		started.Add(1)
		all.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread() // without it the thread would end
			started.Done()
			<-release
		})
	}
	started.Wait()
	close(release)
	all.Wait()
}

// profilePeak writes what is in use at the mark of the second operation. It relies on every
// allocation since the process started being recorded (GODEBUG=memprofilerate=1): what was
// set up beforehand is part of the peak.
func profilePeak(v *Variant, p Params) (answer, error) {
	file, err := os.Create(profileFile)
	if err != nil {
		return answer{}, err
	}
	defer file.Close()
	work, err := v.Setup(p)
	if err != nil {
		return answer{}, fmt.Errorf("set up: %w", err)
	}
	if err := work.Op(unmarked); err != nil {
		return answer{}, fmt.Errorf("warm-up op: %w", err)
	}
	werr := errNoMark
	err = work.Op(func() {
		runtime.GC()
		werr = pprof.Lookup("heap").WriteTo(file, 0)
	})
	if err := errors.Join(err, werr, file.Close(), work.Close()); err != nil {
		return answer{}, err
	}
	summary, err := summarizeFile(profileFile)
	return answer{Calls: 1, Summary: summary}, err
}

// fit does the case's whole job and counts what it allocates.
func fit(v *Variant, p Params) (answer, error) {
	before := totalAlloc()
	f, err := v.Fit(p, func(Epoch) {})
	if err != nil {
		return answer{}, err
	}
	f.TotalAlloc = totalAlloc() - before
	return answer{Calls: 1, Fit: &f}, nil
}

func totalAlloc() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}

// automaticCycles counts the collections that the runtime started by itself since the
// process began.
func automaticCycles() uint64 {
	s := []metrics.Sample{{Name: "/gc/cycles/automatic:gc-cycles"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

func summarizeFile(name string) (*Summary, error) {
	data, err := os.ReadFile(filepath.Clean(name))
	if err != nil {
		return nil, err
	}
	s, err := Summarize(data)
	return &s, err
}
