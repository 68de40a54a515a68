package child

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// An order is what a child reads from its standard input. An Executor starts a warden. The warden
// starts the process that does the job, which is the same program with Measures set, ends as that
// process ends, and kills everything that it started. A descendant that has left its group or its
// session becomes the warden's child when its own parent ends, because the warden is a subreaper,
// see prctl(2). During a measurement the warden only waits.
type order struct {
	Spec
	Measures bool
}

// ward is the main function of a warden. The end of in is the word to stop everything.
func ward(in io.Reader, o order) {
	runtime.LockOSThread() // Pdeathsig is about the thread that starts a process
	pid, hold, err := startMeasuring(o)
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
	hold.Close()
	_ = killGroup(pid) // what is left of it, at one go
	endChildren()
	if status.Signaled() {
		_ = syscall.Kill(os.Getpid(), status.Signal())
		select {} // until it arrives
	}
	os.Exit(status.ExitStatus())
}

// startMeasuring starts the process that measures, in a group of its own, with this one's
// outputs and answerFd. It ends when this process does, or when hold is closed.
func startMeasuring(o order) (pid int, hold *os.File, err error) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return 0, nil, err
	}
	stdin, hold, err := os.Pipe()
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
	if err := json.NewEncoder(hold).Encode(o); err != nil {
		hold.Close() // it says itself that it misses its order, or has ended already
	}
	return pid, hold, nil
}

// reapUntil waits for children until that one has ended, and returns how.
func reapUntil(pid int) (status syscall.WaitStatus, err error) {
	for {
		ended, err := syscall.Wait4(-1, &status, 0, nil)
		if ended == pid || err != nil && !errors.Is(err, syscall.EINTR) {
			return status, err
		}
	}
}

// endChildren kills and reaps this process's children, and theirs, which become its own, until
// none is left, or none that it may kill.
func endChildren() {
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

// children are the processes whose parent this one is, see proc_pid_stat(5).
func children() (pids []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // fails on a wrong pattern alone
	for _, name := range stats {
		stat, _ := os.ReadFile(name) // empty of a process that has ended meanwhile
		_, after, _ := strings.Cut(string(stat), ") ")
		var state string
		var parent int
		if _, err := fmt.Sscan(after, &state, &parent); err != nil || parent != os.Getpid() {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}
