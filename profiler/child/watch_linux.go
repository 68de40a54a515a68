package child

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A Command is a program to run and watch.
type Command struct {
	Argv []string
	Dir  string
	Env  []string // all of its environment. A name without a slash is looked up in its PATH

	// Stdout and Stderr are the command's outputs: /dev/null if nil. Its input is /dev/null.
	Stdout, Stderr *os.File

	// MemoryLimit bounds the memory of all processes of the command together, in bytes. The
	// memory is sampled, so that a fast command can exceed the limit for a few milliseconds
	// before it is killed. 0 means no limit.
	MemoryLimit int64

	// Untraced has the command watched without ptrace(2). Debuggers, strace and programs built
	// with LeakSanitizer trace processes themselves and fail if they are traced already.
	Untraced bool
}

// An Observed is what was seen of a command from outside, from its start to its end. Its
// processes are the command and all descendants, also those that left its process group or
// session or outlived their parent.
type Observed struct {
	Status syscall.WaitStatus

	// Wall is the time from just before the command is executed to its end, without the time
	// that this package took before the first instruction.
	Wall time.Duration
	// User and System are the processor time of the command, of the descendants that were
	// waited for, and of orphans that ended before the command. MinorFaults and MajorFaults
	// are the page faults of the same processes.
	User, System             time.Duration
	MinorFaults, MajorFaults int64

	// PeakRSS is the highest resident memory of all processes together, in bytes. It is the
	// highest of two kinds of values: the memory of single processes, which the kernel knows
	// exactly (VmHWM), and samples of several processes. In a sample a page that several
	// processes share counts once. How says how close PeakRSS is to the truth.
	PeakRSS int64
	// AtMost is an upper bound of PeakRSS: the highest sum of the exact peaks of processes
	// that ran at the same time. A process between fork and exec is taken to have no memory
	// besides its parent's. AtMost is 0 if it is not known.
	AtMost int64
	How    How

	// PeakAnon and PeakFile are the highest anonymous and file-backed memory, at different
	// times perhaps, in bytes. Memory shared by processes is file-backed. The kernel keeps no
	// exact peak of either, so both are lower bounds: the highest value of all samples, of the
	// last moment of each traced process, and of peaks between two samples of a process that
	// can be attributed to one kind, see attribute.
	PeakAnon, PeakFile int64
	// Unseen is the part of PeakRSS that is in none of these values. PeakAnon or PeakFile may be
	// too low by as much.
	Unseen int64

	Processes int // how many were seen in all
	Together  int // how many were seen at the same time, at most

	// OverLimit reports whether MemoryLimit was exceeded. The command was killed then, unless
	// it ended before.
	OverLimit bool

	// Untraced says why the command was not traced. It is empty if it was.
	Untraced string

	Timeline []TreeSample
	Sampling time.Duration // processor time that samples took
}

// How says how well a peak is known.
type How string

const (
	// Exact means that PeakRSS is the peak: no processes ran at the same time that could have
	// had more memory together.
	Exact How = "exact"
	// Bounded means that the peak is between PeakRSS and AtMost.
	Bounded How = "bounded"
	// Sampled means that the peak is PeakRSS or higher: a process was not traced, or not from
	// its start, or had most memory before it executed another program.
	Sampled How = "sampled"
)

// A TreeSample is the resident memory of all processes of a command at one time, in bytes.
type TreeSample struct {
	At         time.Duration // since the start
	Anon, File int64
}

// Watch runs the command to its end and kills what is left of it. When ctx is done it kills the
// command at once. Watch returns an error only if the command could not be started or watched.
//
// The process must have no other children: Watch waits for all. It becomes a child subreaper.
// The command's own untraced descendants may still be running when Watch returns; they are
// children of this process then, or theirs.
//
// A command that is traced runs as without, with these differences: it stops for some 0.1 ms
// when a process starts, executes a program, gets a signal or ends; setuid and setgid bits of
// files have no effect, see execve(2); it cannot trace its own processes.
//
// Only main threads are traced. A process that another thread starts is found within 50 ms or
// so and traced from then on; a shorter one is not seen. The memory of a process whose main
// thread has ended before the others is not sampled.
func Watch(ctx context.Context, c Command) (Observed, error) {
	runtime.LockOSThread() // ptrace(2) and Pdeathsig are about threads, not processes
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return Observed{}, fmt.Errorf("become a subreaper: %w", err)
	}
	wake, err := newWaker()
	if err != nil {
		return Observed{}, err
	}
	w := newWatch(c.MemoryLimit, wake)
	w.sampler.scan(w) // the command is not among these processes
	if err := w.launch(c); err != nil {
		return Observed{}, err
	}
	defer context.AfterFunc(ctx, w.kill)()
	o, err := w.follow()
	if err != nil {
		return Observed{}, fmt.Errorf("watch %s: %w", c.Argv[0], err)
	}
	return o, nil
}

// launch starts the command. Where tracing is not permitted, the command runs without.
func (w *watch) launch(c Command) error {
	path, err := lookUp(c)
	if err != nil {
		return fmt.Errorf("start %s: %w", c.Argv[0], err)
	}
	files, err := openFiles(c)
	if err != nil {
		return err
	}
	defer files[0].Close()
	start := func(traced bool) (pid int, err error) {
		w.before = childrenUsage()
		w.begun = time.Now()
		return syscall.ForkExec(path, c.Argv, &syscall.ProcAttr{
			Dir:   c.Dir,
			Env:   c.Env,
			Files: []uintptr{files[0].Fd(), files[1].Fd(), files[2].Fd()},
			Sys:   &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, Ptrace: traced},
		})
	}
	if c.Untraced {
		w.untraced = "not asked for"
	} else {
		w.command, err = start(true)
		if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSYS) {
			w.untraced = "ptrace: " + err.Error()
		}
	}
	if w.untraced != "" {
		w.command, err = start(false)
	}
	if err != nil {
		return startError(c, path, err)
	}
	if w.untraced == "" {
		err = w.seizeCommand()
	} else {
		w.enter(w.command, os.Getpid(), false, false)
		w.sampler.sample(w)
		yieldToKiller(w.command)
	}
	w.inherited = ownHighWater()
	return err
}

// yieldToKiller has the kernel end the process before the server, should the machine run out of
// memory. Failing at this does not matter to a measurement.
func yieldToKiller(pid int) {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid), []byte("500"), 0)
}

// openFiles returns the command's input and outputs. The first is to be closed.
func openFiles(c Command) (files [3]*os.File, err error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return files, err
	}
	files = [3]*os.File{null, null, null}
	if c.Stdout != nil {
		files[1] = c.Stdout
	}
	if c.Stderr != nil {
		files[2] = c.Stderr
	}
	return files, nil
}

// lookUp returns the path of the command's program.
func lookUp(c Command) (string, error) {
	name := c.Argv[0]
	if c.Dir != "" {
		if info, err := os.Stat(c.Dir); err != nil || !info.IsDir() {
			return "", fmt.Errorf("there is no folder %s", c.Dir)
		}
	}
	if strings.Contains(name, "/") {
		return name, checkProgram(c.Dir, name)
	}
	var path string
	for _, v := range c.Env {
		if p, ok := strings.CutPrefix(v, "PATH="); ok {
			path = p
		}
	}
	err := error(fs.ErrNotExist)
	for _, dir := range filepath.SplitList(path) {
		if dir == "" {
			dir = "."
		}
		program := dir + "/" + name
		switch found := checkProgram(c.Dir, program); {
		case found == nil:
			return program, nil
		case !errors.Is(found, fs.ErrNotExist):
			err = found
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%w: no such program in the PATH %q", fs.ErrNotExist, path)
	}
	return "", err
}

// checkProgram returns an error unless the file, relative to dir, can be executed.
func checkProgram(dir, name string) error {
	if !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%s is a folder", name)
	case unix.Access(name, unix.X_OK) != nil:
		return fmt.Errorf("%s is not executable: %w", name, fs.ErrPermission)
	}
	return nil
}

// startError says why a program that exists could not be executed.
func startError(c Command, path string, err error) error {
	switch {
	case errors.Is(err, syscall.ENOENT):
		return fmt.Errorf("start %s: the interpreter of %s does not exist: %w", c.Argv[0], path, err)
	case errors.Is(err, syscall.ENOEXEC):
		return fmt.Errorf("start %s: %s is not a program, nor a script that begins with #!: %w", c.Argv[0], path, err)
	}
	return fmt.Errorf("start %s: %w", c.Argv[0], err)
}

// usage is what the kernel adds up of children that were waited for, and of theirs.
type usage struct {
	user, system             time.Duration
	minorFaults, majorFaults int64
}

// childrenUsage returns the usage of all children that this process has reaped. The usage that
// wait4(2) returns does not do: of a traced process that is another's child it comes twice,
// once to the tracer and once in the usage of its parent.
func childrenUsage() usage {
	var r unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_CHILDREN, &r) // fails only for a wrong argument
	return usage{
		user:        time.Duration(r.Utime.Nano()),
		system:      time.Duration(r.Stime.Nano()),
		minorFaults: r.Minflt,
		majorFaults: r.Majflt,
	}
}

// ownHighWater returns the highest resident memory that this process has had, in bytes.
func ownHighWater() int64 {
	s, _ := readStatus(os.Getpid(), make([]byte, 4096))
	return s.highWater
}
