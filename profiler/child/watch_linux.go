package child

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A Command is a program to run and watch.
type Command struct {
	Argv []string
	Dir  string
	Env  []string // complete environment; a program without a slash is looked up in its PATH

	// Stdout and Stderr are the command's outputs, or /dev/null if nil. Its input is /dev/null.
	Stdout, Stderr *os.File

	// MemoryLimit bounds the memory of all processes of the command together, in bytes. The
	// memory is sampled, so that a fast command can exceed the limit for a few milliseconds
	// before it is killed. 0 means no limit.
	MemoryLimit int64

	// Untraced means to watch the command without ptrace(2). Debuggers, strace and programs built
	// with LeakSanitizer trace processes themselves, and fail if they are already traced.
	Untraced bool
}

// An Observation is the result of watching a command from its start to its end. Its processes are the
// command and all descendants, including those that left its process group or session, or outlived
// their parent.
type Observation struct {
	Status syscall.WaitStatus

	// Wall is the time from just before the command is executed to its end, without the time
	// that this package needs before the first instruction.
	Wall time.Duration
	// User and System are the processor time of the command, of descendants whose parents waited
	// for them, and of orphans that ended before the command. MinorFaults and MajorFaults are the
	// page faults of the same processes.
	User, System             time.Duration
	MinorFaults, MajorFaults int64

	// PeakRSS is the highest resident memory of all processes together, in bytes. It is the
	// maximum of the peaks of single processes, which the kernel records exactly (VmHWM), and of
	// samples of several processes. A sample counts a page that several processes share once.
	PeakRSS int64
	// AtMost is an upper bound of PeakRSS: the highest sum of the exact peaks of processes
	// that ran at the same time. A process between fork and exec is taken to have no memory
	// besides its parent's. AtMost is 0 if it is not known.
	AtMost int64
	// Accuracy says how accurate PeakRSS is.
	Accuracy Accuracy

	// PeakAnon and PeakFile are the highest anonymous and file-backed memory in bytes, possibly at
	// different times. Memory shared by processes counts as file-backed. The kernel does not record
	// exact peaks of these, so both are lower bounds. They are the highest values of all samples,
	// of the last moment of each traced process, and of peaks between two samples of a process
	// that are caused by one kind of memory: see attribute.
	PeakAnon, PeakFile int64
	// Unseen is the part of PeakRSS that none of these values contains. PeakAnon or PeakFile may be
	// too low by this amount.
	Unseen int64

	Processes  int // number of processes that were seen
	Concurrent int // highest number of processes that ran at the same time

	// OverLimit reports whether MemoryLimit was exceeded. The command was then killed, unless it
	// ended first.
	OverLimit bool

	// Untraced says why the command was not traced. It is empty if it was.
	Untraced string

	Timeline []TreeSample
	Sampling time.Duration // processor time used for sampling
}

// An Accuracy says how accurate a peak is.
type Accuracy string

const (
	// Exact means that PeakRSS is the peak: no processes that ran at the same time can have had
	// more memory together.
	Exact Accuracy = "exact"
	// Bounded means that the peak is between PeakRSS and AtMost.
	Bounded Accuracy = "bounded"
	// Sampled means that the peak is PeakRSS or higher: a process was not traced, or not from
	// its start, or had most memory before it executed another program.
	Sampled Accuracy = "sampled"
)

// A TreeSample is the resident memory of all processes of a command at one time, in bytes.
type TreeSample struct {
	At         time.Duration // since the start
	Anon, File int64
}

// Watch runs a command until it ends, and then kills the processes that it left. If ctx ends, Watch
// kills the command at once. Watch returns an error only if the command could not be started or
// watched.
//
// This process must not have other children, because Watch waits for all children. It becomes a child
// subreaper. Untraced descendants of the command may still be running when Watch returns; they are then
// descendants of this process.
//
// Tracing changes how a command runs in three ways. A process stops for about 0.1 ms when it starts,
// executes a program, gets a signal or ends. The setuid and setgid bits of files have no effect, see
// execve(2). The command cannot trace its own processes.
//
// Only main threads are traced. A process that another thread starts is found within about 50 ms and
// traced from then on; a shorter one is not seen. The memory of a process is not sampled after its main
// thread has ended, even if other threads still run.
func Watch(ctx context.Context, c Command) (Observation, error) {
	runtime.LockOSThread() // ptrace(2) and Pdeathsig are about threads, not processes
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return Observation{}, fmt.Errorf("become a subreaper: %w", err)
	}
	wake, err := newWaker()
	if err != nil {
		return Observation{}, err
	}
	w := newWatch(c.MemoryLimit, wake)
	w.sampler.scan(w) // the command is not among these processes
	if err := w.launch(c); err != nil {
		return Observation{}, err
	}
	defer context.AfterFunc(ctx, w.kill)()
	o, err := w.follow()
	if err != nil {
		return Observation{}, fmt.Errorf("watch %s: %w", c.Argv[0], err)
	}
	return o, nil
}
