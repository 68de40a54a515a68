package profilertest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"heaplab/profiler"
)

// child is the program that Main built.
var child string

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
	child = filepath.Join(dir, "child")
	out, err := exec.Command("go", "build", "-o", child, "heaplab/profiler/profilertest/child").CombinedOutput()
	if err != nil {
		fmt.Fprintf(os.Stderr, "build the child: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// Executor starts children that know Cases.
func Executor(t testing.TB) *profiler.Executor {
	return &profiler.Executor{Path: child, Dir: t.TempDir(), Keep: t.TempDir()}
}
