package child

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"heaplab/profiler"
)

// An Executor starts child processes that measure.
type Executor struct {
	Path string   // program that calls Child when started with Args
	Args []string // its arguments
	Dir  string   // folder for private folders of children and for uploads; only this executor uses it
}

const (
	// outputLimit is the number of bytes kept from the end of each of a child's two outputs.
	outputLimit = 1 << 20
	// killDelay is the time limit for a child to end after it was asked to, and for its pipes to close
	// after it ended.
	killDelay = 2 * time.Second
	// maxAnswer is the maximum size of a child's answer, in bytes.
	maxAnswer = 16 << 20
)

// Clean removes files left by a previous server.
func (e *Executor) Clean() error {
	if err := os.RemoveAll(e.Dir); err != nil {
		return err
	}
	return os.MkdirAll(e.Dir, 0o700)
}

// allocsTries is the number of tries of an allocs child whose profile fails the self-check. The
// runtime sometimes allocates memory for itself that the profile does not record.
const allocsTries = 3

// Run starts a child for a task, waits for it and returns what it measured. If the child failed, the
// error is a *profiler.RunError. If ctx ended, the error is the cause of ctx.
func (e *Executor) Run(ctx context.Context, spec Spec, task profiler.Task) (run profiler.Run, err error) {
	return e.tryRun(ctx, spec, task, folder{})
}

// tryRun is Run with functions for the child's private folder.
func (e *Executor) tryRun(ctx context.Context, spec Spec, task profiler.Task, f folder) (run profiler.Run, err error) {
	for range allocsTries {
		run, err = e.runOnce(ctx, spec, task, f)
		if err != nil || run.SelfCheck == nil || run.SelfCheck.OK {
			break
		}
	}
	return run, err
}

// Make starts a child that writes a file in its private folder, and moves that file to the path to,
// which must be on the same file system as Dir. It returns the same errors as Run.
func (e *Executor) Make(ctx context.Context, spec Spec, file, to string) error {
	_, err := e.runOnce(ctx, spec, profiler.Task{}, folder{after: func(dir string, _ *Answer) error {
		return os.Rename(filepath.Join(dir, file), to)
	}})
	return err
}

// A folder has functions for the private folder of a child. Each may be nil.
type folder struct {
	before func(dir string, spec *Spec) error // completes the spec before the child starts
	after  func(dir string, a *Answer) error  // completes the answer of a child that succeeded, or moves files out
}

// runOnce runs a child once.
func (e *Executor) runOnce(ctx context.Context, spec Spec, task profiler.Task, f folder) (profiler.Run, error) {
	dir, err := os.MkdirTemp(e.Dir, "run-")
	if err != nil {
		return profiler.Run{}, fmt.Errorf("make a folder for the child: %w", err)
	}
	defer os.RemoveAll(dir)
	if f.before != nil {
		if err := f.before(dir, &spec); err != nil {
			return profiler.Run{}, fmt.Errorf("prepare the folder of the child: %w", err)
		}
	}

	limited, cancel := context.WithTimeoutCause(ctx, spec.Config.TimeLimit, errTimeLimit)
	defer cancel()
	started, neighbours := time.Now(), watchNeighbours()
	a, output, used, err := e.start(limited, spec, dir)
	others, steal := neighbours.since(used)
	var unread error
	if err == nil && f.after != nil {
		unread = f.after(dir, &a)
	}
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
	case unread != nil:
		if failed, ok := errors.AsType[*profiler.RunError](unread); ok {
			failed.Output = output
			return run, failed
		}
		return run, fmt.Errorf("read the files of the child: %w", unread)
	}
	if task.Kind != profiler.Allocs && task.Kind != profiler.Peak {
		return run, nil
	}
	run.Profile, err = e.keepProfile(ctx, dir, a.Profiled)
	switch {
	case ctx.Err() != nil:
		return run, context.Cause(ctx)
	case err != nil:
		return run, &profiler.RunError{Reason: spec.Who + ": " + err.Error(), Output: output}
	}
	run.SelfCheck = compareWith(run.SelfCheck, run.Profile)
	return run, nil
}

// runLimited runs a child until it ends or reaches its time limit. If the child gives no answer, the
// error is a *profiler.RunError. If ctx ended, the error is the cause of ctx.
func (e *Executor) runLimited(ctx context.Context, spec Spec, dir string) (Answer, error) {
	limited, cancel := context.WithTimeoutCause(ctx, spec.Config.TimeLimit, errTimeLimit)
	defer cancel()
	a, output, _, err := e.start(limited, spec, dir)
	switch {
	case ctx.Err() != nil:
		return a, context.Cause(ctx)
	case err != nil:
		return a, newRunError(limited, spec, err, output)
	}
	return a, nil
}

// start starts a child process and waits for its end. It returns the answer and the output of the
// process, and the processor time that it used.
func (e *Executor) start(ctx context.Context, spec Spec, dir string) (a Answer, output string, used time.Duration, err error) {
	// The child exits when its standard input is closed: see runWarden.
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

// environ returns the complete environment of a child. The child does not inherit any variable of the
// server.
func environ(spec Spec, dir string) []string {
	return []string{
		"HOME=" + dir,
		"TMPDIR=" + dir,
		"LANG=C.UTF-8",
		"GODEBUG=memprofilerate=0", // a child that profiles sets the rate when its window begins
		"GOGC=" + spec.Config.GOGC,
		"GOMEMLIMIT=" + spec.Config.GOMEMLIMIT,
		"GOMAXPROCS=" + strconv.Itoa(spec.Config.GOMAXPROCS),
		"GOTRACEBACK=single",
	}
}

// receive reads a child's answer in a goroutine until the child closes its end.
func receive(from io.Reader) <-chan []byte {
	received := make(chan []byte, 1)
	go func() {
		b, _ := io.ReadAll(io.LimitReader(from, maxAnswer)) // readAnswer rejects an incomplete answer
		received <- b
	}()
	return received
}

func readAnswer(b []byte) (a Answer, err error) {
	if err := json.NewDecoder(bytes.NewReader(b)).Decode(&a); err != nil {
		return Answer{}, fmt.Errorf("gave no answer: %w", err)
	}
	return a, nil
}

// outcome returns why a child failed, or nil. ended is the error of waiting for the child, unread the
// error of reading its answer.
func outcome(a Answer, ended, unread error) error {
	switch {
	case a.Error != "":
		return errors.New(a.Error)
	case errors.Is(ended, exec.ErrWaitDelay) && unread == nil:
		return nil // the child did its work, but left a process that holds its output open
	case ended != nil:
		return ended
	}
	return unread
}

// killGroup kills all processes of the group that pid leads.
func killGroup(pid int) error {
	if err := syscall.Kill(-pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}
