package child

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// An order is the message that a child reads from its standard input.
//
// An Executor starts a warden. The warden starts a second process for the job: the same program, with
// Measures set. During the measurement the warden only waits. When that process ends, the warden kills
// everything that it started, and ends in the same way. The warden is a subreaper, see prctl(2): a
// descendant that left its process group or session becomes the warden's child when its own parent
// ends.
type order struct {
	Spec
	Measures bool
}

// runWarden is the main function of a warden that starts a job. It stops everything when in ends.
func runWarden(in io.Reader, o order) {
	runtime.LockOSThread() // Pdeathsig is about the thread that starts a process
	pid, keepOpen, err := startMeasuring(o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "start the process that measures:", err)
		os.Exit(2)
	}
	go func() {
		_, _ = io.Copy(io.Discard, in)
		_ = killGroup(pid)
	}()
	status, err := reapUntil(pid)
	if err != nil {
		fmt.Fprintln(os.Stderr, "wait for the process that measures:", err)
		os.Exit(2)
	}
	keepOpen.Close()
	_ = killGroup(pid)
	killChildren()
	if status.Signaled() {
		_ = syscall.Kill(os.Getpid(), status.Signal())
		select {} // until the signal arrives
	}
	if o.Program != nil && status.ExitStatus() == 0 {
		exitWithAnswer(Answer{Environment: machine()})
	}
	os.Exit(status.ExitStatus())
}

// closeOnExec closes the answerFd, and all files that the server inherited, in the programs that this
// process executes: a command that has the answerFd could answer in place of the warden.
func closeOnExec() {
	files, _ := os.ReadDir("/proc/self/fd")
	for _, file := range files {
		if fd, err := strconv.Atoi(file.Name()); err == nil && fd >= answerFd {
			syscall.CloseOnExec(fd)
		}
	}
}

// startMeasuring starts the process that measures, in its own process group, with the outputs and the
// answerFd of this process. That process ends when this one ends or when keepOpen is closed.
func startMeasuring(o order) (pid int, keepOpen *os.File, err error) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return 0, nil, err
	}
	stdin, keepOpen, err := os.Pipe()
	if err != nil {
		return 0, nil, err
	}
	defer stdin.Close()
	pid, err = syscall.ForkExec("/proc/self/exe", os.Args, &syscall.ProcAttr{
		Env:   os.Environ(),
		Files: []uintptr{stdin.Fd(), 1, 2, answerFd},
		Sys:   &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL},
	})
	if err != nil {
		return 0, nil, err
	}
	o.Measures = true
	if err := json.NewEncoder(keepOpen).Encode(o); err != nil {
		keepOpen.Close() // the process has ended, or reports that its order is missing
	}
	return pid, keepOpen, nil
}

// reapUntil reaps children until the child pid has ended, and returns its status.
func reapUntil(pid int) (status syscall.WaitStatus, err error) {
	for {
		ended, err := syscall.Wait4(-1, &status, 0, nil)
		if ended == pid || err != nil && !errors.Is(err, syscall.EINTR) {
			return status, err
		}
	}
}

// killChildren kills and reaps the children of this process and their descendants, which become its
// children. It returns when no child is left that it may kill.
func killChildren() {
	for {
		if ended, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); errors.Is(err, syscall.ECHILD) {
			return
		} else if ended > 0 {
			continue
		}
		killed := 0
		for _, pid := range children() {
			if syscall.Kill(pid, syscall.SIGKILL) == nil {
				killed++
			}
		}
		if killed == 0 {
			return
		}
		_, _ = syscall.Wait4(-1, nil, 0, nil)
	}
}
