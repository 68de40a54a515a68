package profiler

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"runtime"
	"slices"
	"syscall"

	"heaplab/profiler/heap"
)

// A Spec is what the parent asks of a child; it comes on the child's standard input.
type Spec struct {
	Task
	Case   string
	Params Params
	Config Config
	Calls  int64 // operations that an allocs or peak child runs at the most

	Prepared string // as of Input
	Folders

	Comment string // a child that subtracts writes it into the difference
}

// An answer is what a child tells its parent, as one JSON document on file descriptor 3.
// Standard output and standard error are the case's own.
type answer struct {
	Error        string // the child's own account of why it failed
	Calls        int64
	Measurements []Measurement
	SelfCheck    *SelfCheck
	Fit          *Fit
	Profile      *Profile   // of an ingest child: what it read
	Fault        heap.Fault // likewise, and of one that subtracts: why that is no heap profile
	Timeline     *Timeline  // of a peak child
	Environment  Environment
}

const (
	answerFd    = 3
	profileFile = "heap.pb" // a profile in the child's private folder, its working directory

	// dataHeadroom is what a child may hold beyond its memory limit: the runtime's own
	// data and the buckets of the profile. The stacks of its threads come on top.
	dataHeadroom = 64 << 20
)

// Child is the main function of a child process, a warden or the process that measures. It
// reads its order from standard input, carries it out and exits. The cases are those that there
// are with the folders of the order. It exits at once when
// standard input ends, which is when the parent wants it to or dies.
func Child(cases func(Folders) []Case) {
	in := bufio.NewReader(os.Stdin)
	var o order
	line, err := in.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "this sub-command is heaplab's own, for the processes that it measures:", err)
		os.Exit(2)
	}
	if !o.Measures {
		ward(in, o)
	}
	syscall.CloseOnExec(answerFd)
	if err := limitMemory(o.Config.MemoryLimit + dataHeadroom + threadStacks()); err != nil {
		fmt.Fprintln(os.Stderr, "limit memory:", err)
		os.Exit(2)
	}
	go exitWithParent(in)

	a, err := measure(cases, o.Spec)
	if err == nil {
		err = a.check()
	}
	if err != nil {
		a = answer{Error: err.Error()}
	}
	env := ownEnvironment()
	maps.Copy(env, a.Environment)
	a.Environment = env
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
func measure(cases func(Folders) []Case, spec Spec) (answer, error) {
	switch spec.Kind {
	case Ingest:
		return ingest()
	case Subtract:
		return subtract(spec.Comment)
	}
	c := Find(cases(spec.Folders), spec.Case)
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
	if v.When != nil && !v.When(p) {
		return answer{}, fmt.Errorf("variant %s of case %s does not apply to these params", v.Name, c.Name)
	}
	in := Input{Params: p, Prepared: spec.Prepared, Folders: spec.Folders}
	a, err := c.carryOut(v, in, spec)
	a.Environment = c.dataEnvironment(in)
	return a, err
}

// dataEnvironment tells versions of what a case reads from the server's folders apart.
func (c *Case) dataEnvironment(in Input) Environment {
	if c.Preparation == nil || c.Preparation.Data == nil {
		return nil
	}
	version := c.Preparation.Data(in)
	if version == "" { // nothing is read
		return nil
	}
	sum := sha256.Sum256([]byte(version))
	return Environment{"data": hex.EncodeToString(sum[:6])}
}

// carryOut has a variant do what the order is.
func (c *Case) carryOut(v *Variant, in Input, spec Spec) (answer, error) {
	switch spec.Kind {
	case Measure:
		return measureOps(v, in, spec.Config)
	case Allocs:
		return profileAllocs(v, in, spec.Calls)
	case Peak:
		return profilePeak(v, in, spec.Calls)
	case FitRun:
		return fit(v, in)
	case Prepare:
		return prepare(c, in)
	}
	return answer{}, fmt.Errorf("no child is of kind %q", spec.Kind)
}

// warmUp sets work up and does one operation, so that what only the first one does is over.
func warmUp(v *Variant, in Input) (Work, error) {
	work, err := v.Setup(in)
	if err != nil {
		return nil, fmt.Errorf("set up: %w", err)
	}
	if err := work.Op(unmarked); err != nil {
		return nil, fmt.Errorf("warm-up op: %w", err)
	}
	return work, nil
}

// errNoMark is a mistake of the case: nothing can be said of its peak.
var errNoMark = errors.New("the operation never called mark, so its peak is not known")

// fit does the case's whole job, counts what it allocates, and looks at what is in use at the
// peak of its second step.
func fit(v *Variant, in Input) (answer, error) {
	own, before := heapInUse(), totalAlloc()
	var live uint64
	steps := 0
	f, err := v.Fit(in, Watch{
		Epoch: func(Epoch) {},
		Mark: func() {
			if steps++; steps == 2 {
				live = heapInUse()
			}
		},
	})
	if err != nil {
		return answer{}, err
	}
	f.TotalAlloc = totalAlloc() - before
	if live > own {
		f.LiveHeap = live - own
	}
	return answer{Calls: 1, Fit: &f}, nil
}

// heapInUse is the heap in use after a collection, in bytes.
func heapInUse() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func totalAlloc() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}

// maxMagnitude bounds what is measured: what is larger is a mistake of the case.
const maxMagnitude = 1e18

// check refuses numbers that neither SQLite nor JSON can hold.
func (a *answer) check() error {
	numbers := slices.Clone(a.Measurements)
	if a.Fit != nil {
		for _, e := range a.Fit.Epochs {
			numbers = append(numbers, Measurement{Loss, e.Loss}, Measurement{"accuracy", e.Accuracy})
		}
	}
	for _, m := range numbers {
		if math.IsNaN(m.Value) || math.Abs(m.Value) > maxMagnitude {
			return fmt.Errorf("it reported %s = %v, which is no measurement", m.Unit, m.Value)
		}
	}
	return nil
}
