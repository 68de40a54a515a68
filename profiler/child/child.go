// Package child runs one process under limits and reads what it measured: a job of this program, or
// any command.
package child

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"

	"heaplab/profiler"
	"heaplab/profiler/heap"
)

// A Spec says what a child does, and within which limits. The child reads it from standard input.
type Spec struct {
	Job  string          // name of the job
	Args json.RawMessage // arguments of the job
	Who  string          // name of the child at the start of a sentence

	Command *CommandSpec // run and watched instead of a job, if not nil
	Program *ProgramSpec // run instead of a job, if not nil

	Config profiler.Config // limits, and settings of the Go runtime
}

// A Job is a function that a child can be asked to run. Its working directory is a private folder.
type Job func(args json.RawMessage) (Answer, error)

// Jobs maps names to the jobs of a program.
type Jobs map[string]Job

// An Answer is the result of a child. The child writes it as one JSON document to file descriptor 3.
// Standard output and standard error belong to the code that it runs.
type Answer struct {
	Error        string // why the child failed
	Calls        int64
	Measurements []profiler.Measurement
	SelfCheck    *profiler.SelfCheck
	Profiled     Profiled // of an allocs or peak run
	Fit          *profiler.Fit
	Profile      *profiler.Profile // result of an ingest child
	Converted    bool              // the ingest child also wrote the profile in pprof's format
	Fault        heap.Fault        // why a file is not a heap profile, or a program gives it no names
	Symbols      heap.Symbols      // result of a symbolize child
	Timeline     *profiler.Timeline
	Environment  profiler.Environment
}

// Profiled says how to read the profile that a child wrote.
type Profiled struct {
	Caller string   // of an allocs run: the package that calls the operations; "" if there is none
	Drop   string   // regular expression: samples with a matching function are removed; "" removes none
	Roots  []string // folders that are removed from the names of source files
}

const (
	answerFd = 3

	// ProfileFile is the name of the profile that a child writes in its private folder.
	ProfileFile = "heap.pb"

	// MaxMagnitude is the largest absolute value of a valid measurement.
	MaxMagnitude = 1e18

	// dataHeadroom is the memory that a child may use above its memory limit, in bytes. It is for
	// the runtime's own data and the buckets of the profile. The stacks of the child's threads are
	// added to it.
	dataHeadroom = 64 << 20
)

// Child is the main function of a child process. It reads an order from standard input, carries it
// out and exits. The process is a warden, or the process that the warden starts for a job: see order.
// It exits at once when standard input ends, because then the parent closed it or died.
func Child(jobs Jobs) {
	in := bufio.NewReader(os.Stdin)
	var o order
	line, err := in.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "this command is for heaplab's own child processes:", err)
		os.Exit(2)
	}
	closeOnExec()
	switch {
	case o.Command != nil:
		runCommand(in, o)
	case !o.Measures:
		runWarden(in, o)
	}
	if err := limitMemory(o.Config.MemoryLimit + dataHeadroom + threadStacks()); err != nil {
		fmt.Fprintln(os.Stderr, "limit memory:", err)
		os.Exit(2)
	}
	if o.Program != nil {
		fmt.Fprintln(os.Stderr, "heaplab:", execProgram(*o.Program))
		os.Exit(2)
	}
	go exitWithParent(in)

	a, err := carryOut(jobs, o.Spec)
	if err == nil {
		err = a.check()
	}
	if err != nil {
		a = Answer{Error: err.Error()}
	}
	env := ownEnvironment()
	maps.Copy(env, a.Environment)
	a.Environment = env
	exitWithAnswer(a)
}

// exitWithParent ends the process when the parent closes its end of standard input.
func exitWithParent(in io.Reader) {
	var b [1]byte
	for {
		if _, err := in.Read(b[:]); err != nil {
			os.Exit(1)
		}
	}
}

// carryOut does the job that spec names.
func carryOut(jobs Jobs, spec Spec) (Answer, error) {
	switch spec.Job {
	case ingestJob:
		return ingest(spec.Args)
	case mergeJob:
		return merge(spec.Args)
	case subtractJob:
		return subtract(spec.Args)
	case labelJob:
		return byLabel(spec.Args)
	case symbolizeJob:
		return symbolize(spec.Args)
	}
	job := jobs[spec.Job]
	if job == nil {
		return Answer{}, fmt.Errorf("this program has no job named %q", spec.Job)
	}
	return job(spec.Args)
}

// exitWithAnswer sends a to the parent and ends the process.
func exitWithAnswer(a Answer) {
	if err := json.NewEncoder(os.NewFile(answerFd, "answer")).Encode(a); err != nil {
		fmt.Fprintln(os.Stderr, "answer:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// check returns an error if a contains a number that SQLite or JSON cannot store.
func (a *Answer) check() error {
	numbers := slices.Clone(a.Measurements)
	if a.Fit != nil {
		for _, e := range a.Fit.Epochs {
			numbers = append(numbers, profiler.Measurement{Unit: profiler.Loss, Value: e.Loss}, profiler.Measurement{Unit: profiler.Accuracy, Value: e.Accuracy})
		}
	}
	for _, m := range numbers {
		if math.IsNaN(m.Value) || math.Abs(m.Value) > MaxMagnitude {
			return fmt.Errorf("it reported %s = %v, which is not a valid measurement", m.Unit, m.Value)
		}
	}
	return nil
}

// faultAnswer returns an answer with the heap.Fault that err is. It returns any other error.
func faultAnswer(err error) (Answer, error) {
	var fault heap.Fault
	if errors.As(err, &fault) {
		return Answer{Fault: fault}, nil
	}
	return Answer{}, err
}
