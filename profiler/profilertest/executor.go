package profilertest

import (
	"fmt"
	"heaplab/profiler/child"
	"heaplab/profiler/subject/builtin"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// program is the child that Main built.
var program string

// Main is the TestMain of packages whose tests start children. It builds their program
// without the race detector, which would be measured along and needs more memory than any
// limit, and returns the exit code of the tests.
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

// Executor starts children that know Cases.
func Executor(t testing.TB) *child.Executor {
	return &child.Executor{Path: program, Dir: t.TempDir()}
}

// Subject measures Cases.
func Subject(t testing.TB) *builtin.Subject {
	return &builtin.Subject{Cases: Cases, Executor: Executor(t), Keep: t.TempDir()}
}
