package child

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"syscall"

	"heaplab/profiler"
)

// errTimeLimit is the cause of a context that ends at a child's time limit.
var errTimeLimit = errors.New("time limit")

// outOfMemory matches the output of a Go program that ended because the kernel refused it memory, for
// its heap or for the stack of a thread.
var outOfMemory = regexp.MustCompile(`(?m)^fatal error: .*(out of memory|cannot allocate)|pthread_create failed`)

// newRunError returns the error of a child that failed with err.
func newRunError(ctx context.Context, spec Spec, err error, output string) *profiler.RunError {
	return &profiler.RunError{
		Reason: reason(ctx, spec, err, output),
		Output: output,
		Limit:  errors.Is(context.Cause(ctx), errTimeLimit) || outOfMemory.MatchString(output),
	}
}

// reason returns a sentence that says why a child failed.
func reason(ctx context.Context, spec Spec, err error, output string) string {
	who := spec.Who
	var exit *exec.ExitError
	switch {
	case errors.Is(context.Cause(ctx), errTimeLimit):
		return fmt.Sprintf("%s was stopped at its time limit of %v.", who, spec.Config.TimeLimit)
	case outOfMemory.MatchString(output):
		return fmt.Sprintf("%s needed more memory than its limit of %d MiB.", who, spec.Config.MemoryLimit>>20)
	case !errors.As(err, &exit):
		return fmt.Sprintf("%s failed: %v.", who, err) + traceHint(spec, output)
	}
	status := exit.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return fmt.Sprintf("%s was killed by a signal (%v); the kernel does this when the machine runs out of memory.", who, status.Signal())
	}
	if panicked := panicLine(output); panicked != "" {
		return fmt.Sprintf("%s crashed: %s.", who, panicked)
	}
	return fmt.Sprintf("%s ended with exit status %d.", who, status.ExitStatus())
}

// refusedTrace matches the output of a debugger, strace or LeakSanitizer in a process that is already
// traced.
var refusedTrace = regexp.MustCompile(`(?i)ptrace.*operation not permitted|does not work under ptrace`)

// traceHint returns a sentence to add if a command failed because this program traces it, or "".
func traceHint(spec Spec, output string) string {
	if spec.Command == nil || spec.Command.Untraced || !refusedTrace.MatchString(output) {
		return ""
	}
	return " If it uses ptrace itself, as gdb and strace do, add --no-trace."
}

// panicLine returns the line of the output that says why a Go program crashed, or "".
func panicLine(output string) string {
	for line := range strings.Lines(output) {
		line = line[strings.LastIndexByte(line, '\t')+1:] // after the name of a benchmark
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}
