package child

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"heaplab/profiler/profilertest/installed"

	"golang.org/x/sys/unix"
)

// wardenVariable is an environment variable with a Command as JSON. A test binary that has it acts as a
// warden, because a warden must not have other children than the command.
const wardenVariable = "HEAPLAB_TEST_WATCH"

// RunTestWarden acts as a warden and exits if this process was started as one.
func RunTestWarden() {
	if order := os.Getenv(wardenVariable); order != "" {
		watchAsWarden(order)
	}
}

// forbidVariable is an environment variable that makes a warden forbid ptrace(2) for itself and its
// children.
const forbidVariable = "HEAPLAB_TEST_FORBID_PTRACE"

// userVariable is an environment variable with the id of the user that a warden becomes.
const userVariable = "HEAPLAB_TEST_USER"

// forbidTracing makes the kernel refuse ptrace(2) for this thread and the processes that it starts, as in
// some containers. See seccomp(2).
func forbidTracing() error {
	runtime.LockOSThread()
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // the number of the system call
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: unix.SYS_PTRACE},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	return unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0)
}

// A watched is the answer of a test's warden.
type watched struct {
	Observation
	Error  string
	Left   int    // processes that still run after the watch
	output string // of the command
}

// watchAsWarden watches a command until its own standard input ends, and writes the answer to standard
// output.
func watchAsWarden(order string) {
	var c Command
	if err := json.Unmarshal([]byte(order), &c); err != nil {
		panic(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	c.Stdout, c.Stderr = os.Stderr, os.Stderr
	if os.Getenv(forbidVariable) != "" {
		if err := forbidTracing(); err != nil {
			panic(err)
		}
	}
	if user, err := strconv.Atoi(os.Getenv(userVariable)); err == nil {
		if err := syscall.Setuid(user); err != nil {
			panic(err)
		}
	}
	var a watched
	o, err := Watch(ctx, c)
	if a.Observation = o; err != nil {
		a.Error = err.Error()
	}
	a.Left = killLeft()
	_ = json.NewEncoder(os.Stdout).Encode(a)
	os.Exit(0)
}

// killLeft kills all children of this process and returns how many there were.
func killLeft() int {
	left := map[int]bool{}
	for {
		if _, err := wait(-1, new(syscall.WaitStatus), syscall.WNOHANG); err != nil {
			return len(left)
		}
		for _, pid := range allProcesses() {
			status := parseStatus(readProc(pid, "status", make([]byte, 4096)))
			if status.parent == os.Getpid() && syscall.Kill(pid, syscall.SIGKILL) == nil && status.HighWater > 0 {
				left[pid] = true
			}
		}
		time.Sleep(time.Millisecond)
	}
}

// SkipInShort skips a test that takes more than a second.
func SkipInShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes too long for a short run")
	}
}

const testTimeLimit = 60 * time.Second

// startWarden starts a warden. Closing stop makes it kill the command. result waits for its answer.
func startWarden(t testing.TB, c Command) (stop io.Closer, result func() watched) {
	t.Helper()
	if c.Env == nil {
		c.Env = os.Environ()
	}
	order, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), testTimeLimit)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Env = append(os.Environ(), wardenVariable+"="+string(order))
	var answer, output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &answer, &output
	cmd.WaitDelay = 5 * time.Second
	stop, err = cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return stop, func() (a watched) {
		t.Helper()
		if err := cmd.Wait(); err != nil {
			t.Fatalf("the warden of %q failed: %v\n%s", c.Argv, err, &output)
		}
		if err := json.Unmarshal(answer.Bytes(), &a); err != nil {
			t.Fatalf("the warden of %q answered %q: %v", c.Argv, &answer, err)
		}
		a.output = output.String()
		return a
	}
}

// watchCommand watches a command in a warden.
func watchCommand(t testing.TB, c Command) watched {
	t.Helper()
	_, result := startWarden(t, c)
	a := result()
	if a.Error != "" {
		t.Fatalf("watch %q: %s", c.Argv, a.Error)
	}
	return a
}

// run watches a command that must succeed.
func run(t testing.TB, argv ...string) watched {
	t.Helper()
	a := watchCommand(t, Command{Argv: argv})
	if a.Status.ExitStatus() != 0 {
		t.Fatalf("%q ended with status %#x:\n%s", argv, a.Status, a.output)
	}
	return a
}

// buildC compiles testdata/name.c.
func buildC(t testing.TB, name string) string {
	t.Helper()
	gcc := installed.Program(t, "gcc")
	binary := filepath.Join(t.TempDir(), name)
	out, err := exec.Command(gcc, "-O1", "-pthread", "-o", binary, "testdata/"+name+".c").CombinedOutput()
	if err != nil {
		t.Fatalf("compile %s: %v\n%s", name, err, out)
	}
	return binary
}

const MiB = 1 << 20

// within fails the test unless got is within slack of want, all in bytes.
func within(t testing.TB, what string, got, want, slack int64) {
	t.Helper()
	if got < want-slack || got > want+slack {
		t.Errorf("%s is %.1f MiB, want %.1f within %.1f", what, mib(got), mib(want), mib(slack))
	}
}

// withinSeen is like within, but accepts a value that is too low by at most a.Unseen.
func (a watched) withinSeen(t testing.TB, what string, got, want, slack int64) {
	t.Helper()
	within(t, what, min(max(got, want), got+a.Unseen), want, slack)
}

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }

func (a watched) String() string {
	return fmt.Sprintf("status %#x, wall %v, user %v, system %v, peak %.2f (at most %.2f, %s), anon %.2f, file %.2f, unseen %.2f MiB, processes %d, concurrent %d, faults %d+%d, samples %d, sampling %v, left %d %s",
		uint32(a.Status), a.Wall, a.User, a.System, mib(a.PeakRSS), mib(a.AtMost), a.Accuracy, mib(a.PeakAnon), mib(a.PeakFile), mib(a.Unseen),
		a.Processes, a.Concurrent, a.MinorFaults, a.MajorFaults, len(a.Timeline), a.Sampling, a.Left, a.Untraced)
}
