package profilertest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"heaplab/profiler/child"
	"heaplab/profiler/subject/builtin"
)

// program is the path of the child program that Main built.
var program string

// Main runs the tests of a package that start children, and returns their exit code. It builds the child
// program without the race detector, whose memory would be measured and would exceed all limits.
func Main(m *testing.M) int {
	dir, err := os.MkdirTemp("", "heaplab-profilertest-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "child")
	out, err := exec.Command("go", "build", "-o", program, "heaplab/profiler/profilertest/child").CombinedOutput()
	if err != nil {
		fmt.Fprintf(os.Stderr, "build the child: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// Executor returns an executor of children that know Cases.
func Executor(t testing.TB) *child.Executor {
	return &child.Executor{Path: program, Dir: t.TempDir()}
}

// Subject returns a subject that measures Cases.
func Subject(t testing.TB) *builtin.Subject {
	return &builtin.Subject{Cases: Cases, Executor: Executor(t), Keep: t.TempDir()}
}
