package gobench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/child"
)

// An order is one start of a test binary.
type order struct {
	side
	mode   mode
	flags  []string
	env    []string // of the launch
	config profiler.Config
	task   profiler.Task
	expect int64  // live heap of the profile of mode peak, about; 0 if it is not known
	who    string // the start at the beginning of a sentence
}

// measure runs the benchmarks as go test does, and then once more to find their largest live heap: that takes
// collections that would affect the times.
func (s *Subject) measure(ctx context.Context, o order) (profiler.Run, error) {
	o.mode = modeMeasure
	results, run, err := s.settle(ctx, o)
	if err != nil {
		return run, err
	}
	o.mode, o.Leaves = modeLive, brief(o.Leaves)
	live, second, err := s.settle(ctx, o)
	if err != nil {
		return run, err
	}
	run.Duration += second.Duration
	run.Calls = results[0].N
	add := func(name string, measurements []profiler.Measurement) {
		for _, m := range measurements {
			if len(o.Leaves) > 1 {
				m.Row = name
			}
			run.Measurements = append(run.Measurements, m)
		}
	}
	for _, r := range results {
		measured := r.measurements()
		if len(results) > 1 { // the peak includes the heap of the benchmarks before
			measured = slices.DeleteFunc(measured, func(m profiler.Measurement) bool { return m.Unit == profiler.PeakRSS })
		}
		add(r.Name, measured)
	}
	for _, r := range live {
		add(r.Name, r.values)
	}
	return run, nil
}

// measurements returns the metrics of a result. What the benchmark itself reports under the name of one of them does
// not count.
func (r *result) measurements() []profiler.Measurement {
	n := float64(r.N)
	out := []profiler.Measurement{
		{Unit: profiler.NsPerOp, Value: float64(r.ns) / n},
		{Unit: profiler.BytesPerOp, Value: float64(r.bytes) / n},
		{Unit: profiler.AllocsPerOp, Value: float64(r.allocs) / n},
	}
	for _, m := range r.values {
		if !slices.ContainsFunc(out, func(own profiler.Measurement) bool { return own.Unit == m.Unit }) {
			out = append(out, m)
		}
	}
	return out
}

// brief returns leaves with fewer operations.
func brief(leaves []leaf) []leaf {
	out := slices.Clone(leaves)
	for i := range out {
		out[i].N = out[i].Brief
	}
	return out
}

// profile runs one benchmark while it records allocations.
func (s *Subject) profile(ctx context.Context, o order) (profiler.Run, error) {
	o.Leaves = brief(o.Leaves)
	if o.mode == modePeak {
		return s.peak(ctx, o)
	}
	_, run, err := s.settle(ctx, o)
	return run, err
}

// peak returns a run with a profile of the largest live heap. It repeats the run if the profile lacks much of that:
// writing a profile takes so long on a busy machine that the heap may have its peak meanwhile.
func (s *Subject) peak(ctx context.Context, o order) (best profiler.Run, err error) {
	if o.expect, err = s.liveHeap(ctx, o); err != nil {
		return best, err
	}
	for range maxPeaks {
		_, run, err := s.settle(ctx, o)
		if err != nil {
			return run, err
		}
		if best.Profile == nil || inUse(run) > inUse(best) {
			best = run
		}
		if o.expect-inUse(best) <= max(o.expect/20, littleMemory) {
			break
		}
	}
	return best, nil
}

const (
	maxPeaks     = 3        // runs for one profile
	littleMemory = 64 << 10 // bytes that a profile may lack
)

// inUse returns the bytes in use in the profile of a run.
func inUse(run profiler.Run) int64 {
	if run.Profile == nil {
		return 0
	}
	return run.Profile.Summary.Totals.InuseSpace
}

// settle runs exactly the leaves of an order. It repeats the run if a benchmark resets its timer more or less often than
// in the run before, because the window begins at the last reset.
func (s *Subject) settle(ctx context.Context, o order) ([]result, profiler.Run, error) {
	o.Leaves = slices.Clone(o.Leaves)
	o.flags = o.only(o.Leaves)
	for range maxResets {
		results, run, err := s.run(ctx, o)
		if err != nil {
			return nil, run, err
		}
		settled := true
		for i := range o.Leaves {
			l := &o.Leaves[i]
			at := slices.IndexFunc(results, func(r result) bool { return r.Name == l.Name })
			settled = settled && results[at].Resets == l.Resets
			l.Resets = results[at].Resets
		}
		if settled || o.mode == modeMeasure {
			return results, run, nil
		}
	}
	return nil, profiler.Run{}, &profiler.RunError{Reason: o.who + " could not be measured: a benchmark resets its timer a different number of times in each run."}
}

// liveHeap returns the largest live heap of the first benchmark, in bytes.
func (s *Subject) liveHeap(ctx context.Context, o order) (int64, error) {
	o.mode, o.task = modeLive, profiler.Task{}
	results, _, err := s.settle(ctx, o)
	if err != nil {
		return 0, err
	}
	i := slices.IndexFunc(results[0].values, func(m profiler.Measurement) bool { return m.Unit == profiler.LiveHeap })
	if i < 0 {
		return 0, nil
	}
	return int64(results[0].values[i].Value), nil
}

// maxResets is the number of tries of a benchmark that did not reset its timer as often as before.
const maxResets = 3

// only returns the flags of a test binary that runs exactly the leaves.
func (o *order) only(leaves []leaf) []string {
	var names []string
	for _, l := range leaves {
		names = append(names, exactly(l.Name))
	}
	return []string{"-test.bench=" + strings.Join(names, "|"), "-test.benchtime=1x"}
}

// exactly returns the pattern of -test.bench that only one benchmark matches. The pattern is split at slashes.
func exactly(name string) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	return strings.Join(parts, "/")
}

// run starts a test binary and returns its results.
func (s *Subject) run(ctx context.Context, o order) (results []result, run profiler.Run, err error) {
	program := child.Program{
		Spec: func(dir string) (child.ProgramSpec, error) {
			argv := append([]string{o.Binary, "-test.run=^$", "-test.count=1", "-test.timeout=0"}, o.flags...)
			return child.ProgramSpec{Argv: argv, Dir: o.Dir, Env: bytesOf(o.environ(dir))}, writeOrder(dir, o.mode, child.ProfileFile, o.expect, o.Leaves)
		},
		Answer: func(dir string) (a child.Answer, err error) {
			if results, err = readResults(dir); err != nil {
				return a, err
			}
			if name := o.missing(results); name != "" {
				return a, &profiler.RunError{Reason: o.who + " gave no result: " + name + " did not do all its operations."}
			}
			return o.answer(results), nil
		},
	}
	run, err = s.Executor.RunProgram(ctx, child.Spec{Who: o.who, Config: o.config}, program, o.task)
	run.Output = "" // it can be confidential, and only the output of a failure is needed
	return results, run, o.named(err)
}

// missing returns the name of the first benchmark without a result of all its operations, or "".
func (o *order) missing(results []result) string {
	for _, l := range o.Leaves {
		if !slices.ContainsFunc(results, func(r result) bool { return r.Name == l.Name && r.N == l.N }) {
			return l.Name
		}
	}
	return ""
}

// answer returns what a profile of the first benchmark needs.
func (o *order) answer(results []result) child.Answer {
	a := child.Answer{
		Profiled:    child.Profiled{Drop: hookPattern, Roots: []string{o.Source, o.Root}},
		Environment: profiler.Environment{profiler.EnvToolchain: o.Go},
	}
	if len(o.Submodules) > 0 {
		a.Environment[profiler.EnvSubmodules] = strings.Join(o.Submodules, ", ")
	}
	if len(o.LeftOut) > 0 {
		a.Environment[profiler.EnvLeftOut] = strings.Join(o.LeftOut, ", ")
	}
	if len(results) == 0 {
		return a
	}
	r := results[0]
	a.Calls = r.N
	if o.mode == modeAllocs {
		a.Profiled.Caller = "testing"
		a.SelfCheck = &profiler.SelfCheck{Calls: r.N, TotalAlloc: r.bytes}
	}
	return a
}

// environ returns the environment of a test binary with its private folder.
func (o *order) environ(dir string) []string {
	env := setEnv(o.env,
		"TMPDIR="+dir,
		orderVariable+"="+filepath.Join(dir, orderFile),
		"GOGC="+o.config.GOGC,
		"GOMEMLIMIT="+o.config.GOMEMLIMIT,
		"GOMAXPROCS="+strconv.Itoa(o.config.GOMAXPROCS),
		"GOTRACEBACK=single",
	)
	switch o.mode {
	case modeAllocs:
		return addDebug(env, "memprofilerate=0") // the rate is set when the window begins
	case modePeak, modeLive:
		return addDebug(env, "memprofilerate=0,gcstoptheworld=1") // objects allocated while a collection marks would count as live
	}
	return env
}

// addDebug adds settings to the variable GODEBUG.
func addDebug(env []string, settings string) []string {
	const name = "GODEBUG="
	for _, v := range env {
		if value, ok := strings.CutPrefix(v, name); ok && value != "" {
			settings = value + "," + settings
		}
	}
	return setEnv(env, fmt.Sprint(name, settings))
}

// failedBenchmark matches the line of a benchmark that failed.
var failedBenchmark = regexp.MustCompile(`(?m)^--- FAIL: (\S+)`)

// named returns an error that names the benchmark that failed, if err is about one.
func (o *order) named(err error) error {
	failed, ok := errors.AsType[*profiler.RunError](err)
	if !ok {
		return err
	}
	if found := failedBenchmark.FindStringSubmatch(failed.Output); found != nil {
		failed.Reason = fmt.Sprintf("%s failed: %s reported a failure.", o.who, found[1])
	}
	return failed
}
