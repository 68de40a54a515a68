package child_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/child"
	"heaplab/profiler/profilertest"
	"heaplab/profiler/subject/builtin"
)

// broken asks for a measure run of a variant that goes wrong.
func broken(variant string) launch {
	s := spec(profiler.Measure, variant)
	s.Case, s.Config.TimeLimit, s.Config.MemoryLimit = "broken", 20*time.Second, 64<<20
	if strings.Contains(variant, "hangs") {
		s.Config.TimeLimit = time.Second
	}
	return s
}

// A child that goes wrong is the experiment's failure, in a sentence; never the server's.
func TestBrokenChildren(t *testing.T) {
	for _, test := range []struct {
		variant string
		reason  string // part of it
		output  string // part of it
	}{
		{"fails", "The measure run of fails failed: the data is <gone>.", ""},
		{"panics", "crashed: panic: no <more> tensors", "goroutine "},
		{"panics aside", "crashed: panic: no tensors here", "goroutine "},
		{"follows nil", "crashed: panic: runtime error: invalid memory address or nil pointer dereference", "goroutine "},
		{"recurses", "needed more memory than its limit of 64 MiB", "out of memory"},
		{"exits", "ended with exit status 7", ""},
		{"kills itself", "was killed by a signal (killed)", ""},
		{"hangs", "stopped at its time limit of 1s", ""},
		{"hangs on", "stopped at its time limit of 1s", ""},
		{"leaks", "The measure run of leaks needed more memory than its limit of 64 MiB.", "out of memory"},
		{"unmarked", "never called mark", ""},
		{"infinite", "it reported nonsense = +Inf", ""},
		{"setup", "no such file", ""},
	} {
		t.Run(test.variant, func(t *testing.T) {
			failure := mustFail(t, profilertest.Subject(t), broken(test.variant))
			if !strings.Contains(failure.Reason, test.reason) {
				t.Errorf("reason = %q, want it to contain %q", failure.Reason, test.reason)
			}
			if !strings.Contains(failure.Output, test.output) {
				t.Errorf("output does not contain %q: %.400q", test.output, failure.Output)
			}
		})
	}
}

func mustFail(t *testing.T, s *builtin.Subject, l launch) *profiler.RunError {
	t.Helper()
	_, err := l.run(t.Context(), s)
	var failure *profiler.RunError
	if !errors.As(err, &failure) {
		t.Fatalf("error = %v, want a profiler.RunError", err)
	}
	return failure
}

// However much a child prints, the server keeps the end of it and holds no more than that.
func TestFlood(t *testing.T) {
	cases := profilertest.Subject(t)
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil { // resets VmHWM
		t.Fatal(err)
	}
	before := peakRSS(t)
	failure := mustFail(t, cases, broken("floods"))
	grown := peakRSS(t) - before
	if !strings.Contains(failure.Reason, "flooded") || !strings.HasSuffix(failure.Output, "the end") {
		t.Errorf("reason = %q, output ends with %q", failure.Reason, failure.Output[max(len(failure.Output)-20, 0):])
	}
	if kept := len(failure.Output); kept < 1<<20 || kept > 3<<20 {
		t.Errorf("%d bytes of output were kept", kept)
	}
	limit := int64(20 << 20)
	if raceEnabled {
		limit *= 4 // the detector remembers what touched each byte
	}
	if grown > limit {
		t.Errorf("%d MiB of output took %d MiB of memory", profilertest.Flood>>20, grown>>20)
	}
}

// peakRSS is this process's own high-water mark of resident memory, in bytes.
func peakRSS(t *testing.T) int64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	var kib int64
	if _, err := fmt.Sscan(after, &kib); err != nil {
		t.Fatal(err)
	}
	return kib << 10
}

// Nothing that a child started outlives its run, however it ended.
func TestNothingOutlivesARun(t *testing.T) {
	for _, variant := range []string{"forks", "escapes", "escapes and hangs", "escapes and works"} {
		t.Run(variant, func(t *testing.T) {
			cases := profilertest.Subject(t)
			run, err := broken(variant).run(t.Context(), cases)
			text := run.Output + fmt.Sprint(err)
			started := regexp.MustCompile(`started (\d+)`).FindAllStringSubmatch(text, -1)
			if len(started) == 0 || (err == nil) != (variant == "escapes and works") {
				t.Fatalf("error = %v, output = %q; want the id of a process", err, run.Output)
			}
			for _, match := range started {
				pid, err := strconv.Atoi(match[1])
				if err != nil {
					t.Fatal(err)
				}
				if !gone(pid) {
					t.Errorf("process %d still runs", pid)
					_ = syscall.Kill(pid, syscall.SIGKILL)
				}
			}
			if left, err := os.ReadDir(cases.Executor.Dir); err != nil || len(left) > 0 {
				t.Errorf("folders left: %v, %v", left, err)
			}
		})
	}
}

// What a child started ends with the server, too, which closes the child's standard input by
// ending, however it ends.
func TestChildrenEndWithTheirServer(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), profilertest.Executor(t).Path)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Dir = t.TempDir()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := json.NewEncoder(stdin).Encode(broken("escapes and hangs").spec(t)); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscanf(stdout, "started %d\n", &pid); err != nil {
		t.Fatal(err)
	}
	if gone(pid) {
		t.Errorf("process %d has ended before its time", pid)
	}
	stdin.Close()
	if rest, err := io.ReadAll(stdout); err != nil || len(rest) > 0 { // ends when nobody holds it any more
		t.Errorf("output = %q, %v", rest, err)
	}
	if err := cmd.Wait(); err == nil || !gone(pid) {
		t.Errorf("the child ended with %v; process %d is gone: %v", err, pid, gone(pid))
	}
}

// spec is what an Executor would send to a child that runs l.
func (l launch) spec(t *testing.T) child.Spec {
	t.Helper()
	args, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	return child.Spec{Job: "run", Args: args, Config: l.Config}
}

// gone reports whether a process has ended. It may still wait for init to reap it.
func gone(pid int) bool {
	state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(state), ") Z ")
}

// A child has a folder of its own for all that it writes, and an environment in which nothing
// is the server's.
func TestChildSeesNothingOfTheServer(t *testing.T) {
	t.Setenv("HEAPLAB_SECRET", "a secret")
	cases := profilertest.Subject(t)
	output := mustFail(t, cases, broken("tells")).Output
	told := map[string][]string{} // by first word of a line
	for line := range strings.Lines(output) {
		what, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		told[what] = append(told[what], value)
	}
	if len(told["folder"]) != 1 || len(told["made"]) != 1 {
		t.Fatalf("output = %q", output)
	}
	folder, made := told["folder"][0], told["made"][0]
	if filepath.Dir(folder) != cases.Executor.Dir || filepath.Dir(made) != folder {
		t.Errorf("the child worked in %s and wrote to %s, want folders of %s", folder, made, cases.Executor.Dir)
	}
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the child's folder is still there: %v", err)
	}
	var names []string
	for _, v := range told["environment"] {
		name, _, _ := strings.Cut(v, "=")
		names = append(names, name)
	}
	slices.Sort(names)
	want := []string{"GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT", "GOTRACEBACK", "HOME", "LANG", "TMPDIR"}
	if !slices.Equal(names, want) || strings.Contains(output, "a secret") {
		t.Errorf("environment = %q, want %q", told["environment"], want)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	why := errors.New("canceled by hand")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(300*time.Millisecond, func() { cancel(why) })
	if _, err := broken("hangs on").run(ctx, profilertest.Subject(t)); !errors.Is(err, why) {
		t.Errorf("error = %v, want %v", err, why)
	}
}
