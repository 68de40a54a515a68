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
	"syscall"

	"heaplab/profiler"
	"heaplab/profiler/heap"
)

// A Spec says what a child does and within which limits. It comes on the child's standard input.
type Spec struct {
	Job  string          // name of the job
	Args json.RawMessage // of the job
	Who  string          // names the child at the beginning of a sentence

	Command *CommandSpec // run and watched instead of a job

	Config profiler.Config // limits, and settings of the runtime
}

// A Job is what a child can be asked to do. Its working directory is a private folder.
type Job func(args json.RawMessage) (Answer, error)

// Jobs are the jobs of a program by name.
type Jobs map[string]Job

// An Answer is what a child tells its parent, as one JSON document on file descriptor 3.
// Standard output and standard error belong to what it runs.
type Answer struct {
	Error        string // the child's own account of why it failed
	Calls        int64
	Measurements []profiler.Measurement
	SelfCheck    *profiler.SelfCheck
	Fit          *profiler.Fit
	Profile      *profiler.Profile // what an ingest child read
	Fault        heap.Fault        // why a file is no heap profile
	Timeline     *profiler.Timeline
	Environment  profiler.Environment
}

const (
	answerFd = 3

	// ProfileFile is where a child leaves a profile in its private folder.
	ProfileFile = "heap.pb"

	// dataHeadroom is how much a child may hold beyond its memory limit, for the runtime's own
	// data and the buckets of the profile. The stacks of its threads are added to it.
	dataHeadroom = 64 << 20
)

// Child is the main function of a child process, which is either a warden or the process that
// does a job. It reads its order from standard input, carries it out and exits. It exits at once
// when standard input ends: the parent has closed it or died.
func Child(jobs Jobs) {
	in := bufio.NewReader(os.Stdin)
	var o order
	line, err := in.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "heaplab uses this sub-command for the processes that it measures:", err)
		os.Exit(2)
	}
	switch {
	case o.Command != nil:
		runCommand(in, o)
	case !o.Measures:
		ward(in, o)
	}
	syscall.CloseOnExec(answerFd)
	if err := limitMemory(o.Config.MemoryLimit + dataHeadroom + threadStacks()); err != nil {
		fmt.Fprintln(os.Stderr, "limit memory:", err)
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
	if err := answer(a); err != nil {
		fmt.Fprintln(os.Stderr, "answer:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// answer sends a to the parent.
func answer(a Answer) error {
	return json.NewEncoder(os.NewFile(answerFd, "answer")).Encode(a)
}

// carryOut does the job that spec names.
func carryOut(jobs Jobs, spec Spec) (Answer, error) {
	switch spec.Job {
	case ingestJob:
		return ingest()
	case subtractJob:
		return subtract(spec.Args)
	}
	job := jobs[spec.Job]
	if job == nil {
		return Answer{}, fmt.Errorf("this program has no job named %q", spec.Job)
	}
	return job(spec.Args)
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

// MaxMagnitude bounds measured values: a larger one is a mistake of what was measured.
const MaxMagnitude = 1e18

// check refuses numbers that neither SQLite nor JSON can hold.
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

// faulty answers with a fault of a profile, and returns any other error.
func faulty(err error) (Answer, error) {
	var fault heap.Fault
	if errors.As(err, &fault) {
		return Answer{Fault: fault}, nil
	}
	return Answer{}, err
}
