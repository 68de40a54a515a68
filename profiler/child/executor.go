package child

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"heaplab/profiler"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// An Executor starts child processes that measure.
type Executor struct {
	Path string   // the program, which calls Child when started with Args
	Args []string // its arguments
	Dir  string   // for private folders of children and uploads; nobody else uses it
}

// outputLimit is how much of the end of each of a child's two outputs is kept, in bytes.
const outputLimit = 1 << 20

// killDelay is how long a child may take to end once it was told to, and its pipes to close
// once it has ended, before both are given up.
const killDelay = 2 * time.Second

// Clean removes files left by a previous server.
func (e *Executor) Clean() error {
	if err := os.RemoveAll(e.Dir); err != nil {
		return err
	}
	return os.MkdirAll(e.Dir, 0o700)
}

// allocsTries is how often an allocs child is run until its profile passes the self-check: now
// and then the runtime allocates for itself without recording it.
const allocsTries = 3

// Run starts a child for a task, waits for it and returns what it measured. If the child is to
// blame for a failure, the error is a *profiler.RunError; if ctx ended, it is ctx's cause.
func (e *Executor) Run(ctx context.Context, spec Spec, task profiler.Task) (run profiler.Run, err error) {
	for range allocsTries {
		run, err = e.try(ctx, spec, task, nil)
		if err != nil || run.SelfCheck == nil || run.SelfCheck.OK {
			break
		}
	}
	return run, err
}

// Make starts a child that makes a file in its private folder, and moves that file to the name
// to, which must be on the same file system as Dir. Errors are as those of Run.
func (e *Executor) Make(ctx context.Context, spec Spec, file, to string) error {
	_, err := e.try(ctx, spec, profiler.Task{}, func(dir string) error { return os.Rename(filepath.Join(dir, file), to) })
	return err
}

// try runs a child once. After the child has done its work, keep may move files out of its
// folder; it may be nil.
func (e *Executor) try(ctx context.Context, spec Spec, task profiler.Task, keep func(dir string) error) (profiler.Run, error) {
	dir, err := os.MkdirTemp(e.Dir, "run-")
	if err != nil {
		return profiler.Run{}, fmt.Errorf("make a folder for the child: %w", err)
	}
	defer os.RemoveAll(dir)

	limited, cancel := context.WithTimeoutCause(ctx, spec.Config.TimeLimit, errTimeLimit)
	defer cancel()
	started, neighbours := time.Now(), watchNeighbours()
	a, output, used, err := e.start(limited, spec, dir)
	others, steal := neighbours.since(used)
	run := profiler.Run{
		Task:         task,
		Started:      started,
		Duration:     time.Since(started),
		Others:       others,
		Steal:        steal,
		Calls:        a.Calls,
		Measurements: a.Measurements,
		SelfCheck:    a.SelfCheck,
		Fit:          a.Fit,
		Timeline:     a.Timeline,
		Environment:  a.Environment,
		Output:       output,
	}
	switch {
	case ctx.Err() != nil:
		return run, context.Cause(ctx)
	case err != nil:
		return run, newRunError(limited, spec, err, output)
	}
	if keep != nil {
		if err := keep(dir); err != nil {
			return run, fmt.Errorf("keep the child's file: %w", err)
		}
	}
	if task.Kind != profiler.Allocs && task.Kind != profiler.Peak {
		return run, nil
	}
	run.Profile, err = e.keepProfile(ctx, dir)
	switch {
	case ctx.Err() != nil:
		return run, context.Cause(ctx)
	case err != nil:
		return run, &profiler.RunError{Reason: spec.Who + ": " + err.Error(), Output: output}
	}
	run.SelfCheck = compareWith(run.SelfCheck, run.Profile)
	return run, nil
}

// start runs the process to its end. It returns what the process answered and printed, and
// the processor time that it used.
func (e *Executor) start(ctx context.Context, spec Spec, dir string) (a Answer, output string, used time.Duration, err error) {
	// Standard input stays open for as long as the child may live: see ward.
	stdin, keepOpen, err := os.Pipe()
	if err != nil {
		return a, "", 0, err
	}
	defer stdin.Close()
	defer keepOpen.Close()
	answerOut, answerIn, err := os.Pipe()
	if err != nil {
		return a, "", 0, err
	}
	defer answerOut.Close()

	cmd := exec.CommandContext(ctx, e.Path, e.Args...)
	stdout, stderr := &tail{limit: outputLimit}, &tail{limit: outputLimit}
	cmd.Dir, cmd.Env = dir, environ(spec, dir)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, stderr
	cmd.ExtraFiles = []*os.File{answerIn} // becomes answerFd
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = keepOpen.Close
	cmd.WaitDelay = killDelay

	err = cmd.Start()
	answerIn.Close()
	if err != nil {
		return a, "", 0, fmt.Errorf("start %s: %w", e.Path, err)
	}
	if err := json.NewEncoder(keepOpen).Encode(order{Spec: spec}); err != nil && !errors.Is(err, syscall.EPIPE) && ctx.Err() == nil {
		return a, "", 0, errors.Join(err, keepOpen.Close(), cmd.Wait())
	}
	received := receive(answerOut)
	err = cmd.Wait()
	_ = answerOut.SetReadDeadline(time.Now().Add(killDelay))
	a, aerr := readAnswer(<-received)
	output = string(stdout.Bytes()) + string(stderr.Bytes())
	used = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return a, output, used, outcome(a, err, aerr)
}

// receive reads what the child answers, until it has closed its end.
func receive(from io.Reader) <-chan []byte {
	received := make(chan []byte, 1)
	go func() {
		b, _ := io.ReadAll(io.LimitReader(from, maxAnswer)) // what is missing cannot be decoded
		received <- b
	}()
	return received
}

// outcome is why there is no result, of what the child says, how it ended and whether its
// answer could be read.
func outcome(a Answer, ended, unread error) error {
	switch {
	case a.Error != "":
		return errors.New(a.Error)
	case errors.Is(ended, exec.ErrWaitDelay) && unread == nil:
		return nil // it left a process behind that held its output, but had done its work
	case ended != nil:
		return ended
	}
	return unread
}

// maxAnswer bounds what a child may answer, in bytes.
const maxAnswer = 16 << 20

func readAnswer(b []byte) (a Answer, err error) {
	if err := json.NewDecoder(bytes.NewReader(b)).Decode(&a); err != nil {
		return Answer{}, fmt.Errorf("gave no answer: %w", err)
	}
	return a, nil
}

// environ is all of the child's environment: nothing of the server's reaches it.
func environ(spec Spec, dir string) []string {
	return []string{
		"HOME=" + dir,
		"TMPDIR=" + dir,
		"LANG=C.UTF-8",
		"GODEBUG=memprofilerate=0", // children that profile set it where their window begins
		"GOGC=" + spec.Config.GOGC,
		"GOMEMLIMIT=" + spec.Config.GOMEMLIMIT,
		"GOMAXPROCS=" + strconv.Itoa(spec.Config.GOMAXPROCS),
		"GOTRACEBACK=single",
	}
}

// killGroup kills the process that leads a group, and all others in it.
func killGroup(pid int) error {
	if err := syscall.Kill(-pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}

// outOfMemory is how the Go runtime ends when the kernel refuses it memory, wherever it was, also
// for the stack of a thread.
var outOfMemory = regexp.MustCompile(`(?m)^fatal error: .*(out of memory|cannot allocate)|pthread_create failed`)

var errTimeLimit = errors.New("time limit")

func newRunError(ctx context.Context, spec Spec, err error, output string) *profiler.RunError {
	return &profiler.RunError{
		Reason: reason(ctx, spec, err, output),
		Output: output,
		Limit:  errors.Is(context.Cause(ctx), errTimeLimit) || outOfMemory.MatchString(output),
	}
}

// reason says why a child failed, in a sentence.
func reason(ctx context.Context, spec Spec, err error, output string) string {
	who := spec.Who
	var exit *exec.ExitError
	switch {
	case errors.Is(context.Cause(ctx), errTimeLimit):
		return fmt.Sprintf("%s was stopped at its time limit of %v.", who, spec.Config.TimeLimit)
	case outOfMemory.MatchString(output):
		return fmt.Sprintf("%s needed more memory than its limit of %d MiB.", who, spec.Config.MemoryLimit>>20)
	case !errors.As(err, &exit):
		return fmt.Sprintf("%s failed: %v.", who, err)
	}
	status := exit.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return fmt.Sprintf("%s was killed by a signal (%v); the kernel does so when the machine runs out of memory.", who, status.Signal())
	}
	if panicked := panicLine(output); panicked != "" {
		return fmt.Sprintf("%s crashed: %s.", who, panicked)
	}
	return fmt.Sprintf("%s ended with exit status %d.", who, status.ExitStatus())
}

// panicLine returns the line in which Go says why it crashed, or "".
func panicLine(output string) string {
	for line := range strings.Lines(output) {
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}
