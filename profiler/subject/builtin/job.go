package builtin

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"

	"heaplab/profiler"
	"heaplab/profiler/child"
)

// Names of the jobs of children.
const (
	runJob     = "run"
	prepareJob = "prepare"
)

// An order is the argument of a job.
type order struct {
	profiler.Task
	Case   string
	Params profiler.Params
	Config profiler.Config
	Calls  int64 // the largest number of operations of an allocs or peak child

	Prepared string // see Input
	Folders
}

// Jobs returns the jobs of children that run cases. cases returns the cases that exist with given
// folders.
func Jobs(cases func(Folders) []Case) child.Jobs {
	job := func(do func(c *Case, v *Variant, in Input, o order) (child.Answer, error)) child.Job {
		return func(args json.RawMessage) (child.Answer, error) {
			var o order
			if err := json.Unmarshal(args, &o); err != nil {
				return child.Answer{}, err
			}
			c, v, in, err := o.find(cases(o.Folders))
			if err != nil {
				return child.Answer{}, err
			}
			return do(c, v, in, o)
		}
	}
	return child.Jobs{
		runJob: job(func(c *Case, v *Variant, in Input, o order) (child.Answer, error) {
			a, err := runVariant(v, in, o)
			a.Environment = c.dataEnvironment(in)
			return a, err
		}),
		prepareJob: job(func(c *Case, _ *Variant, in Input, _ order) (child.Answer, error) {
			return child.Answer{Calls: 1}, c.prepareFile(in, preparedFile)
		}),
	}
}

// find returns the case and the variant of an order, and the variant's input.
func (o *order) find(cases []Case) (*Case, *Variant, Input, error) {
	c := Find(cases, o.Case)
	if c == nil {
		return nil, nil, Input{}, fmt.Errorf("no case is named %q", o.Case)
	}
	v := c.Variant(o.Variant)
	if v == nil {
		return nil, nil, Input{}, fmt.Errorf("case %s has no variant %q", c.Name, o.Variant)
	}
	p, faults := c.Resolve(o.Params)
	if faults != nil {
		return nil, nil, Input{}, faults
	}
	return c, v, Input{Params: p, Prepared: o.Prepared, Folders: o.Folders}, nil
}

// runVariant runs the variant of an order.
func runVariant(v *Variant, in Input, o order) (child.Answer, error) {
	switch o.Kind {
	case profiler.Measure:
		return measureOps(v, in, o.Config)
	case profiler.Allocs:
		return profileAllocs(v, in, o.Calls)
	case profiler.Peak:
		return profilePeak(v, in, o.Calls)
	case profiler.FitRun:
		return fit(v, in)
	}
	return child.Answer{}, fmt.Errorf("a case has no run of kind %q", o.Kind)
}

// dataEnvironment returns the version of the data that a case reads from the server's folders.
func (c *Case) dataEnvironment(in Input) profiler.Environment {
	if c.Preparation == nil || c.Preparation.Data == nil {
		return nil
	}
	version := c.Preparation.Data(in)
	if version == "" { // the case reads nothing
		return nil
	}
	sum := sha256.Sum256([]byte(version))
	return profiler.Environment{"data": hex.EncodeToString(sum[:6])}
}

// warmUp sets up the work and does one operation, because the first one may do extra work.
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

// errNoMark says that a case has a bug: without a mark, its peak is unknown.
var errNoMark = errors.New("the operation never called mark, so its peak is not known")

// fit does the whole job of the case. It counts the allocated bytes, and measures the heap in use at the
// peak of the second step.
func fit(v *Variant, in Input) (child.Answer, error) {
	own, before := heapInUse(), totalAlloc()
	var live uint64
	steps := 0
	f, err := v.Fit(in, Watch{
		Epoch: func(profiler.Epoch) {},
		Mark: func() {
			if steps++; steps == 2 {
				live = heapInUse()
			}
		},
	})
	if err != nil {
		return child.Answer{}, err
	}
	f.TotalAlloc = totalAlloc() - before
	if live > own {
		f.LiveHeap = live - own
	}
	return child.Answer{Calls: 1, Fit: &f}, nil
}

// heapInUse returns the heap in use, in bytes.
func heapInUse() uint64 {
	var stats runtime.MemStats
	collect()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// totalAlloc returns the bytes allocated since the start of this process.
func totalAlloc() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}
