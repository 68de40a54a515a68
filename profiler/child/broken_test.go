package child_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/child"
	"heaplab/profiler/profilertest"
	"heaplab/profiler/subject/builtin"
)

// broken returns a measure run of a variant of the case "broken".
func broken(variant string) launch {
	s := spec(profiler.Measure, variant)
	s.Case, s.Config.TimeLimit, s.Config.MemoryLimit = "broken", 2*time.Minute, 64<<20
	if strings.Contains(variant, "hangs") {
		s.Config.TimeLimit = time.Second
	}
	return s
}

// A child that fails gives a reason in a sentence, and does not affect the server.
func TestBrokenChildren(t *testing.T) {
	for _, test := range []struct {
		variant string
		reason  string // a part of it
		output  string // a part of it
	}{
		{"fails", "The measure run of fails failed: the data is <gone>.", ""},
		{"panics", "crashed: panic: no <more> tensors", "goroutine "},
		{"panics in a goroutine", "crashed: panic: no tensors here", "goroutine "},
		{"dereferences nil", "crashed: panic: runtime error: invalid memory address or nil pointer dereference", "goroutine "},
		{"recurses", "needed more memory than its limit of 64 MiB", "memory"},
		{"exits", "ended with exit status 7", ""},
		{"kills itself", "was killed by a signal (killed)", ""},
		{"hangs", "stopped at its time limit of 1s", ""},
		{"hangs and ignores signals", "stopped at its time limit of 1s", ""},
		{"leaks", "The measure run of leaks needed more memory than its limit of 64 MiB.", "memory"},
		{"unmarked", "never called mark", ""},
		{"infinite", "it reported nonsense = +Inf", ""},
		{"setup", "no such file", ""},
	} {
		t.Run(test.variant, func(t *testing.T) {
			if test.variant == "recurses" || test.variant == "hangs" {
				child.SkipInShort(t)
			}
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

// The server holds only the end of a child's output.
func TestLargeOutput(t *testing.T) {
	child.SkipInShort(t)
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
	if child.RaceEnabled {
		limit *= 4 // the race detector has shadow memory for each byte
	}
	if grown > limit {
		t.Errorf("%d MiB of output took %d MiB of memory", profilertest.Flood>>20, grown>>20)
	}
}

// peakRSS returns the high-water mark of this process's resident memory, in bytes.
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

// A child has its own folder for everything that it writes, and inherits no environment variables of the
// server.
func TestChildIsIsolated(t *testing.T) {
	t.Setenv("HEAPLAB_SECRET", "a secret")
	cases := profilertest.Subject(t)
	output := mustFail(t, cases, broken("prints what it sees")).Output
	seen := map[string][]string{} // by the first word of a line
	for line := range strings.Lines(output) {
		word, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		seen[word] = append(seen[word], value)
	}
	if len(seen["folder"]) != 1 || len(seen["made"]) != 1 {
		t.Fatalf("output = %q", output)
	}
	folder, made := seen["folder"][0], seen["made"][0]
	if filepath.Dir(folder) != cases.Executor.Dir || filepath.Dir(made) != folder {
		t.Errorf("the child worked in %s and wrote to %s, want folders of %s", folder, made, cases.Executor.Dir)
	}
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the child's folder is still there: %v", err)
	}
	var names []string
	for _, v := range seen["environment"] {
		name, _, _ := strings.Cut(v, "=")
		names = append(names, name)
	}
	slices.Sort(names)
	want := []string{"GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT", "GOTRACEBACK", "HOME", "LANG", "TMPDIR"}
	if !slices.Equal(names, want) || strings.Contains(output, "a secret") {
		t.Errorf("environment = %q, want %q", seen["environment"], want)
	}
}

func TestRunEndsWithContext(t *testing.T) {
	cause := errors.New("canceled")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(300*time.Millisecond, func() { cancel(cause) })
	if _, err := broken("hangs and ignores signals").run(ctx, profilertest.Subject(t)); !errors.Is(err, cause) {
		t.Errorf("error = %v, want %v", err, cause)
	}
}
